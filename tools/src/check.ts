/**
 * `npm run check`: everything about the source that can be said without running it. Each step prints one line; a failing
 * one prints what it found. All steps run, so that one look shows everything.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { CHECKOUT } from "./repository.ts";

const OUTPUT_SIZE_BYTES_MAX = 64 << 20;
const BIN = join(CHECKOUT, "node_modules/.bin");
const TYPESCRIPT = "node_modules/@typescript/native/bin/tsc";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** What to do when it fails. */
  readonly remedy: string;
}

/** Packages for browser and Node alike are checked twice: without Node's types, and with them for their tests. */
function typeSteps(): Step[] {
  const folders = ["packages", "."].flatMap((parent) =>
    readdirSync(join(CHECKOUT, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
      .map((entry) => join(parent, entry.name)),
  );
  const configs = folders.flatMap((folder) =>
    ["tsconfig.json", "tsconfig.test.json"]
      .map((name) => join(folder, name))
      .filter((path) => existsSync(join(CHECKOUT, path))),
  );
  return configs.map((config) => ({
    name: `types ${relative(".", config)}`,
    command: [process.execPath, TYPESCRIPT, "-p", config, "--pretty", "false"],
    remedy: "correct the types named above",
  }));
}

const STEPS: readonly Step[] = [
  {
    name: "tidy",
    command: [process.execPath, "tools/src/tidy/main.ts"],
    remedy: "each line says what to write instead",
  },
  {
    name: "format",
    command: [join(BIN, "prettier"), "--check", "--log-level", "warn", "."],
    remedy: "npm run format",
  },
  ...typeSteps(),
  {
    name: "lint",
    command: [join(BIN, "oxlint"), "--deny-warnings", "--format", "unix"],
    remedy: "correct what is named above; the rules are in .oxlintrc.json",
  },
  {
    name: "dead code",
    command: [join(BIN, "knip"), "--no-progress", "--no-config-hints"],
    remedy: "remove what nobody uses; entry points that are loaded by name are listed in knip.json",
  },
];

/** Runs one step. True when it passed. */
function runStep(step: Step): boolean {
  const startedMs = performance.now();
  const [command = "", ...args] = step.command;
  const done = spawnSync(command, args, {
    cwd: CHECKOUT,
    encoding: "utf8",
    maxBuffer: OUTPUT_SIZE_BYTES_MAX,
    // The wrappers in node_modules/.bin look up `node` on the path; the installed one must be found first.
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  const passed = done.status === 0;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${passed ? "ok    " : "FAILED"}  ${step.name}  (${seconds} s)`);
  if (passed) return true;
  const said = [done.stdout, done.stderr, done.error?.message].filter(Boolean).join("\n").trim();
  console.log(`${said.replaceAll(/^/gm, "        ")}\n        → ${step.remedy}`);
  return false;
}

const failed = STEPS.filter((step) => !runStep(step));
console.log(
  failed.length === 0 ? "All checks passed." : `Failed: ${failed.map((step) => step.name).join(", ")}.`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
