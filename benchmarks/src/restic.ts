/** restic as Debian ships it: repository version 2, automatic compression, always encrypted. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "./contestant.ts";
import { measureAlone, run } from "./measure.ts";

export function createRestic(scratch: string): Contestant {
  let folder = "";
  const command = (...args: string[]) => ({
    program: "restic",
    args: ["--compression", "auto", ...args],
    env: {
      RESTIC_REPOSITORY: join(folder, "repository"),
      RESTIC_PASSWORD: "benchmark",
      RESTIC_CACHE_DIR: join(folder, "cache"),
    },
  });
  const measure = (...args: string[]) => Promise.resolve(measureAlone(command("--quiet", ...args), scratch));
  return {
    name: "restic",
    version: run({ program: "restic", args: ["version"] })
      .split(" ")
      .slice(0, 2)
      .join(" "),
    open: (path) => {
      folder = path;
      mkdirSync(folder, { recursive: true });
      run(command("init", "--repository-version", "2"));
      return Promise.resolve();
    },
    backup: (source) => measure("backup", source),
    restore: (_source, target) => measure("restore", "latest", "--target", target),
    restoredPath: (source, target) => join(target, source),
    verify: () => measure("check", "--read-data"),
    prune: () => measure("forget", "--keep-last", "1", "--prune"),
    repositoryPath: () => join(folder, "repository"),
    close: () => Promise.resolve(),
  };
}
