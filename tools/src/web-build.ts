/**
 * Builds the dashboard when there is no build or it is older than its source. "Older" is decided by content: a build carries
 * the digest of everything it was made from, so a checkout whose files only got new times is not built again.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** What the page is made from: its own folder, the packages it may import, and the versions of all others. */
const SOURCES = [
  "packages/web/index.html",
  "packages/web/public",
  "packages/web/src",
  "packages/web/vite.config.ts",
  "packages/client/src",
  "packages/protocol/src",
  "packages/base/src",
  "package-lock.json",
];
const STAMP = "source-digest.txt";
const TEST_FILE = /\.(test|testing|contract)\.tsx?$/;

export interface WebBuild {
  readonly outcome: "fresh" | "built";
}

/**
 * @param checkout  the repository's root
 * @throws with the bundler's own words when the build fails; the build that was there before stays
 */
export function buildWeb(checkout: string): WebBuild {
  const folder = join(checkout, "packages/web");
  const digest = digestOf(checkout);
  const dist = join(folder, "dist");
  const stamp = join(dist, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return { outcome: "fresh" };
  // Beside the old one, so that a server that runs never meets half a build.
  const fresh = `${dist}.new-${process.pid}`;
  const old = `${dist}.old-${process.pid}`;
  try {
    runBundler(checkout, fresh);
    writeFileSync(join(fresh, STAMP), digest);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  return { outcome: "built" };
}

function runBundler(checkout: string, outDir: string): void {
  const vite = join(checkout, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--logLevel", "warn", "--emptyOutDir", "--outDir", outDir];
  // Whoever starts the build may be a test: its environment must not make the page a page for tests.
  const env = { ...process.env, NODE_ENV: "production" };
  const done = spawnSync(process.execPath, args, {
    cwd: join(checkout, "packages/web"),
    encoding: "utf8",
    env,
  });
  if (done.status !== 0) throw new Error(`the dashboard was not built:\n${done.stdout}${done.stderr}`);
}

function digestOf(checkout: string): string {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const path of filesBelow(join(checkout, source))) {
      if (TEST_FILE.test(path)) continue;
      const bytes = readFileSync(path);
      hash.update(`${relative(checkout, path)}\0${bytes.length}\0`).update(bytes);
    }
  }
  return hash.digest("hex");
}

/** The file itself, or every file below a folder, sorted. */
function filesBelow(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
