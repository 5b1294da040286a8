/** The house's own rules over a whole repository: arrows, bans, growth, leftovers, and the page that tells of them. */

import type { RepositoryFile } from "../repository.ts";
import { checkArrows } from "./arrow-rule.ts";
import type { Manifest, Manifests } from "./arrow-rule.ts";
import { checkBans } from "./ban-rule.ts";
import { compareFindings } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { checkGrowth } from "./growth-rule.ts";
import { checkLeftovers } from "./leftover-rule.ts";
import { checkPage } from "./page-rule.ts";
import { parseSourceFile } from "./source-file.ts";
import { checkWords } from "./word-rule.ts";

const CODE_FILE = /\.(ts|tsx|js|mjs)$/;

/** Everything tidy refuses, sorted by path and line. */
export function checkRepository(files: readonly RepositoryFile[]): Finding[] {
  const manifests = readManifests(files);
  const findings = checkPage(files.find((file) => file.path === "ARCHITECTURE.md")?.text);
  for (const file of files) {
    findings.push(...checkLeftovers(file));
    if (!CODE_FILE.test(file.path)) continue;
    const source = parseSourceFile(file);
    findings.push(...checkArrows(source, manifests), ...checkBans(source), ...checkGrowth(source));
    findings.push(...checkWords(source));
  }
  return findings.sort(compareFindings);
}

const DEPENDENCY_KEYS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/** What each workspace's `package.json` says, by the workspace's folder name; the root's under `""`. */
function readManifests(files: readonly RepositoryFile[]): Manifests {
  const manifests = new Map<string, Manifest>();
  for (const file of files) {
    const parts = file.path.split("/");
    if (parts.at(-1) !== "package.json" || parts.length > 3) continue;
    const manifest: unknown = JSON.parse(file.text);
    manifests.set(parts.at(-2) ?? "", {
      dependencies: new Set(DEPENDENCY_KEYS.flatMap((key) => namesUnder(manifest, key))),
      doors: new Set(namesUnder(manifest, "exports")),
    });
  }
  return manifests;
}

function namesUnder(manifest: unknown, key: string): string[] {
  if (typeof manifest !== "object" || manifest === null) return [];
  const listed: unknown = Reflect.get(manifest, key);
  return typeof listed === "object" && listed !== null ? Object.keys(listed) : [];
}
