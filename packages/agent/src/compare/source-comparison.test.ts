import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentBench } from "../testing/agent-bench.testing.ts";
import { compareWithSource } from "./source-comparison.ts";

let bench: AgentBench;
beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.dispose());

const at = (...parts: string[]): string => join(bench.source, ...parts);

/** Backs up, restores, lets the test change things, and compares. @returns `what path`, in the order found */
async function compare(
  change: (restored: string) => void,
  given: { readonly excludes?: string[]; readonly paths?: string[]; readonly signal?: AbortSignal } = {},
): Promise<{ readonly found: string[]; readonly comparedCount: number }> {
  const { paths = [bench.source], excludes = [] } = given;
  const { manifest } = await bench.backup({ sources: paths, excludes });
  const { target } = await bench.restore();
  change(target);
  const found: string[] = [];
  const plan = { manifest, restored: target, paths, excludes, oneFileSystem: false };
  const { comparedCount } = await compareWithSource(plan, {
    signal: given.signal ?? new AbortController().signal,
    onDifference: (path, what) => found.push(`${what} ${path.replace(`${bench.source}/`, "")}`),
  });
  return { found, comparedCount };
}

test("finds nothing where nothing changed, whatever the patterns and exclude files left out", async () => {
  for (const folder of ["a", "a/b", "cache"]) mkdirSync(at(folder));
  writeFileSync(at("a", "one.txt"), bench.noise(3 << 20));
  writeFileSync(at("a", "b", "empty"), "");
  writeFileSync(at("a", "b", "skip.log"), "x");
  writeFileSync(at("a", ".pxarexclude"), "*.log\n");
  writeFileSync(at("cache", "page"), "x");
  writeFileSync(at("caf\u00e9 \n"), "odd name");
  symlinkSync("nowhere", at("link"));
  const { found, comparedCount } = await compare(() => undefined, { excludes: ["/cache/"] });
  expect(found).toEqual([]);
  // The source, a, .pxarexclude, a/b, empty, one.txt, café, link.
  expect(comparedCount).toBe(8);
});

test("says of each path what is different about it", async () => {
  for (const name of ["gone", "grown", "kind", "mode", "time"]) writeFileSync(at(name), `${name} 1`);
  for (const folder of ["old-folder", "folder-mode"]) mkdirSync(at(folder));
  writeFileSync(at("old-folder", "inside"), "x");
  symlinkSync("here", at("link"));
  const { found } = await compare(() => {
    writeFileSync(at("grown"), "longer than before");
    chmodSync(at("mode"), 0o600);
    chmodSync(at("folder-mode"), 0o700);
    utimesSync(at("time"), 1, 1);
    for (const name of ["gone", "kind", "link", "old-folder"]) rmSync(at(name), { recursive: true });
    mkdirSync(at("kind"));
    symlinkSync("there", at("link"));
    mkdirSync(at("new-folder"));
    writeFileSync(at("new-folder", "a"), "");
  });
  expect(found).toEqual([
    "mode folder-mode",
    "removed gone",
    "size grown",
    "type kind",
    "link link",
    "mode mode",
    "added new-folder",
    "removed old-folder",
    "time time",
  ]);
});

test("reads every byte where size and time agree, the last of several mebibytes too", async () => {
  writeFileSync(at("large"), bench.noise(2 * (1 << 20) + 17));
  const { found } = await compare((restored) => {
    const path = join(restored, "large");
    const { mtimeNs } = lstatSync(path, { bigint: true });
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(path, bytes);
    // Whole seconds on both sides, so that the times agree to the nanosecond.
    const seconds = Number(mtimeNs / 1_000_000_000n);
    utimesSync(path, seconds, seconds);
    utimesSync(at("large"), seconds, seconds);
  });
  expect(found).toEqual(["content large"]);
});

test("takes each of several sources with its own archive, and a source that is gone as removed", async () => {
  const paths = ["one", "two"].map((name) => at(name));
  for (const path of paths) {
    mkdirSync(path);
    writeFileSync(join(path, "file"), path);
  }
  const { found } = await compare(
    () => {
      rmSync(at("two"), { recursive: true });
      writeFileSync(at("one", "more"), "");
    },
    { paths },
  );
  expect(found).toEqual(["added one/more", "removed two"]);
});

test("ends when it is told to", async () => {
  writeFileSync(at("file"), "x");
  const stop = new AbortController();
  await expect(compare(() => stop.abort(), { signal: stop.signal })).rejects.toMatchObject({
    code: "CANCELLED",
  });
});
