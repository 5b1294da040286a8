/** borg as Debian ships it: zstd 3; `none` writes plain chunks, `repokey` encrypts them. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "./contestant.ts";
import { addCosts, measureAlone, run } from "./measure.ts";

export function createBorg(scratch: string, encryption: "none" | "repokey"): Contestant {
  let folder = "";
  let backupCount = 0;
  const command = (args: readonly string[], cwd = scratch) => ({
    program: "borg",
    args,
    cwd,
    exitCodesAllowed: [0, 1], // 1: done with warnings
    env: {
      BORG_REPO: join(folder, "repository"),
      BORG_BASE_DIR: join(folder, "base"),
      BORG_PASSPHRASE: "benchmark",
      BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
      BORG_RELOCATED_REPO_ACCESS_IS_OK: "yes",
    },
  });
  const measure = (args: readonly string[], cwd?: string) =>
    Promise.resolve(measureAlone(command(args, cwd), scratch));
  return {
    name: encryption === "none" ? "borg" : "borg-key",
    version: run({ program: "borg", args: ["--version"] }).trim(),
    open: (path) => {
      folder = path;
      backupCount = 0;
      mkdirSync(folder, { recursive: true });
      run(command(["init", "--encryption", encryption]));
      return Promise.resolve();
    },
    backup: (source) => measure(["create", "--compression", "zstd,3", `::${++backupCount}`, source]),
    restore: (_source, target) => measure(["extract", `::${backupCount}`], target),
    restoredPath: (source, target) => join(target, source),
    verify: () => measure(["check", "--verify-data"]),
    prune: async () => addCosts(await measure(["prune", "--keep-last", "1"]), await measure(["compact"])),
    repositoryPath: () => join(folder, "repository"),
    close: () => Promise.resolve(),
  };
}
