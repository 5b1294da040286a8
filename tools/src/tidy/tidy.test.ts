import { describe, expect, test } from "vitest";
import { pageTables, writePageTables } from "./page-rule.ts";
import { checkRepository } from "./tidy.ts";

const PAGE = writePageTables(
  pageTables()
    .map((table) => `<!-- tidy: ${table.name} -->\n`)
    .join("\n"),
);

const MANIFESTS = {
  "package.json": { devDependencies: { vitest: "1" } },
  "packages/base/package.json": {},
  "packages/format/package.json": {
    dependencies: { "@ironcore-backup/base": "1" },
    exports: { ".": "./src/index.ts", "./words": "./src/words.ts" },
  },
  "packages/engine/package.json": {
    dependencies: { "@ironcore-backup/base": "1", "@ironcore-backup/format": "1" },
  },
  "packages/server/package.json": {
    dependencies: { "@ironcore-backup/engine": "1", "@ironcore-backup/agent": "1" },
  },
  "packages/web/package.json": {},
};

/** The rules that refuse one file in an otherwise tidy repository. */
function refusals(path: string, text: string): { rule: string; line: number; message: string }[] {
  const house = Object.entries(MANIFESTS).map(([name, manifest]) => ({
    path: name,
    text: JSON.stringify(manifest),
  }));
  return checkRepository([...house, { path: "ARCHITECTURE.md", text: PAGE }, { path, text }]).map(
    ({ rule, line, message }) => ({ rule, line, message }),
  );
}

const rules = (path: string, text: string): string[] => refusals(path, text).map(({ rule }) => rule);

/** Each row: what is tried, where, what is refused there, and the twin that is allowed. */
interface Pair {
  readonly title: string;
  readonly rule: string;
  readonly bad: readonly [path: string, text: string];
  readonly good: readonly [path: string, text: string];
}

const MARK = "<".repeat(7);
const OPEN_WORK = "TODO";
const LONG_BODY = "  step();\n".repeat(69);
const LONG_FILE = "step();\n".repeat(401);
const HERE = "packages/engine/src/chunk-store/chunk-store.ts";

const PAIRS: readonly Pair[] = [
  {
    title: "an import against the packages' arrows",
    rule: "arrow",
    bad: ["packages/format/src/blob/blob.ts", 'import { open } from "@ironcore-backup/engine";'],
    good: [HERE, 'import { encode } from "@ironcore-backup/format";'],
  },
  {
    title: "a re-export against the packages' arrows",
    rule: "arrow",
    bad: ["packages/base/src/names.ts", 'export { encode } from "@ironcore-backup/format";'],
    good: ["packages/base/src/names.ts", 'export { baseErrors } from "./errors.ts";'],
  },
  {
    title: "a dynamic import against the packages' arrows",
    rule: "arrow",
    bad: ["packages/base/src/names.ts", 'await import("@ironcore-backup/format");'],
    good: [HERE, 'await import("@ironcore-backup/format");'],
  },
  {
    title: "a type taken against the packages' arrows",
    rule: "arrow",
    bad: ["packages/format/src/blob/blob.ts", 'type A = import("@ironcore-backup/engine").A;'],
    good: [HERE, 'type A = import("@ironcore-backup/format").A;'],
  },
  {
    title: "an import upwards in the rooms of the page",
    rule: "arrow",
    bad: ["packages/web/src/live/live.ts", 'import { Panel } from "../parts/panel.tsx";'],
    good: ["packages/web/src/pages/tasks/tasks-page.tsx", 'import { Panel } from "../../parts/panel.tsx";'],
  },
  {
    title: "a module of Node in the page",
    rule: "arrow",
    bad: ["packages/web/src/main.tsx", 'import { join } from "node:path";'],
    good: ["packages/web/src/parts/panel.test.tsx", 'import { join } from "node:path";'],
  },
  {
    title: "the machine's clock in a page",
    rule: "real-parts",
    bad: ["packages/web/src/parts/instant.tsx", "createSystemClock();"],
    good: ["packages/web/src/main.tsx", "createSystemClock();"],
  },
  {
    title: "words between the tags of a page",
    rule: "word",
    bad: ["packages/web/src/shell/shell.tsx", "<p>No task runs.</p>;"],
    good: ["packages/web/src/shell/shell.tsx", '<p>{t("shell.counter.none")} · {count}</p>;'],
  },
  {
    title: "an attribute that is read out",
    rule: "word",
    bad: ["packages/web/src/shell/shell.tsx", '<nav aria-label="Pages" />;'],
    good: ["packages/web/src/shell/shell.tsx", '<nav className="wide nav" role="navigation" />;'],
  },
  {
    title: "a phrase in the code of a page",
    rule: "word",
    bad: ["packages/web/src/shell/keys.ts", "const does = `Go to ${page}`;"],
    good: ["packages/web/src/shell/keys.ts", 'throw new Error("no page has that key");'],
  },
  {
    title: "the agent outside server/operations",
    rule: "arrow",
    bad: ["packages/server/src/workers/worker.ts", 'import { back } from "@ironcore-backup/agent";'],
    good: ["packages/server/src/operations/backup.ts", 'import { back } from "@ironcore-backup/agent";'],
  },
  {
    title: "an engine room that looks upwards",
    rule: "arrow",
    bad: ["packages/engine/src/disk/real-disk.ts", 'import { insert } from "../chunk-store/chunk-store.ts";'],
    good: [HERE, 'import { realDisk } from "../disk/real-disk.ts";'],
  },
  {
    title: "a module named by its URL against the rooms' arrows",
    rule: "arrow",
    bad: ["packages/engine/src/disk/real-disk.ts", 'new URL("../chunk-store/writer.ts", import.meta.url);'],
    good: [
      "packages/engine/src/sessions/session.ts",
      'new URL("../chunk-store/writer.ts", import.meta.url);',
    ],
  },
  {
    title: "a server room outside its row",
    rule: "arrow",
    bad: ["packages/server/src/tasks/life.ts", 'import { route } from "../api/route.ts";'],
    good: ["packages/server/src/api/tasks/list.ts", 'import { life } from "../../tasks/life.ts";'],
  },
  {
    title: "a test that looks into a room it may not use",
    rule: "arrow",
    bad: ["packages/server/src/tasks/life.test.ts", 'import { route } from "../api/route.ts";'],
    good: ["packages/server/src/server.test.ts", 'import { route } from "./api/route.ts";'],
  },
  {
    title: "a fixture outside of tests",
    rule: "arrow",
    bad: ["packages/server/src/tasks/life.ts", 'import { house } from "../testing/house.ts";'],
    good: ["packages/server/src/tasks/life.test.ts", 'import { house } from "../testing/house.ts";'],
  },
  {
    title: "a room that is in no table",
    rule: "arrow",
    bad: ["packages/server/src/services/a.ts", "export {};"],
    good: ["packages/server/src/main.ts", 'import { life } from "./tasks/life.ts";'],
  },
  {
    title: "a deep import into another package",
    rule: "arrow",
    bad: [HERE, 'import { a } from "@ironcore-backup/format/src/blob/blob.ts";'],
    good: [HERE, 'import { a } from "@ironcore-backup/format";'],
  },
  {
    title: "a path below a package that is no door of it",
    rule: "arrow",
    bad: [HERE, 'import { a } from "@ironcore-backup/format/blob";'],
    good: [HERE, 'import { a } from "@ironcore-backup/format/words";'],
  },
  {
    title: "a relative import out of the package",
    rule: "arrow",
    bad: [HERE, 'import { a } from "../../../format/src/index.ts";'],
    good: [HERE, 'import { a } from "../errors.ts";'],
  },
  {
    title: "a dependency that the package does not list",
    rule: "arrow",
    bad: [HERE, 'import { expect } from "vitest";'],
    good: [HERE.replace(".ts", ".test.ts"), 'import { expect } from "vitest";'],
  },
  {
    title: "Node in a package for the browser",
    rule: "arrow",
    bad: ["packages/base/src/names.ts", 'import { join } from "node:path";'],
    good: ["packages/format/src/blob/blob.ts", 'import { crc32 } from "node:zlib";'],
  },
  {
    title: "the disk in format",
    rule: "arrow",
    bad: ["packages/format/src/blob/blob.ts", 'import { readFileSync } from "node:fs";'],
    good: ["packages/format/src/blob/blob.test.ts", 'import { readFileSync } from "node:fs";'],
  },
  {
    title: "files outside engine/disk",
    rule: "arrow",
    bad: [HERE, 'import { readFileSync } from "node:fs";'],
    good: ["packages/engine/src/disk/real-disk.ts", 'import { readFileSync } from "node:fs";'],
  },
  {
    title: "a Node module without its prefix",
    rule: "arrow",
    bad: ["packages/engine/src/disk/real-disk.ts", 'import { readFileSync } from "fs";'],
    good: ["packages/engine/src/disk/real-disk.ts", 'import { readFileSync } from "node:fs";'],
  },
  {
    title: "Date.now",
    rule: "direct-clock",
    bad: [HERE, "const at = Date.now();"],
    good: [HERE, "const at = clock.now();"],
  },
  {
    title: "new Date without an argument",
    rule: "direct-clock",
    bad: [HERE, "const at = new Date();"],
    good: [HERE, "const at = new Date(clock.now());"],
  },
  {
    title: "performance.now through globalThis",
    rule: "direct-clock",
    bad: [HERE, "const at = globalThis.performance.now();"],
    good: [HERE.replace(".ts", ".test.ts"), "const at = performance.now();"],
  },
  {
    title: "sleeping on a timer",
    rule: "direct-sleep",
    bad: [HERE, "await new Promise((wake) => setTimeout(wake, 100));"],
    good: [HERE, "const timer = setTimeout(() => giveUp(), 100);"],
  },
  {
    title: "the sleep of node:timers/promises",
    rule: "direct-sleep",
    bad: [HERE, 'import { setTimeout } from "node:timers/promises";'],
    good: [HERE, "await clock.sleep(100, signal);"],
  },
  {
    title: "Math.random",
    rule: "direct-chance",
    bad: [HERE, "const dice = Math.random();"],
    good: ["packages/base/src/random.ts", "const dice = Math.random();"],
  },
  {
    title: "crypto.getRandomValues",
    rule: "direct-chance",
    bad: [HERE, "crypto.getRandomValues(bytes);"],
    good: [HERE, "random.bytes(32);"],
  },
  {
    title: "randomBytes under another name",
    rule: "direct-chance",
    bad: [HERE, 'import { randomBytes as dice } from "node:crypto";'],
    good: [HERE, 'import { hash as dice } from "node:crypto";'],
  },
  {
    title: "a real clock made anywhere",
    rule: "real-parts",
    bad: [HERE, "const clock = createSystemClock();"],
    good: ["packages/server/src/main.ts", "const clock = createSystemClock();"],
  },
  {
    title: "the environment",
    rule: "environment",
    bad: ["packages/server/src/api/a.ts", "const home = process.env.HOME;"],
    good: ["packages/server/src/config/a.ts", "const home = process.env.HOME;"],
  },
  {
    title: "a variable of the environment in what a child gets",
    rule: "environment",
    bad: [HERE, "new Worker(url, { env: { LEVEL: process.env['LEVEL'] } });"],
    good: [HERE, "new Worker(url, { env: { ...process.env, LEVEL: level } });"],
  },
  {
    title: "printing",
    rule: "console",
    bad: [HERE, 'console.error("no");'],
    good: ["packages/cli/src/print.ts", 'console.error("no");'],
  },
  {
    title: "a function of more than 70 lines without its reason",
    rule: "function-growth",
    bad: [HERE, `function long() {\n${LONG_BODY}}\n`],
    good: [HERE, `// Long because the steps are one table.\nfunction long() {\n${LONG_BODY}}\n`],
  },
  {
    title: "a long arrow function",
    rule: "function-growth",
    bad: [HERE, `const long = () => {\n${LONG_BODY}};\n`],
    good: [HERE, `describe("a list of tests", () => {\n${LONG_BODY}});\n`],
  },
  {
    title: "a file of more than 400 lines without its reason",
    rule: "file-growth",
    bad: [HERE, LONG_FILE],
    good: [HERE, `/** Long because one table fills it. */\n${LONG_FILE}`],
  },
  {
    title: "open work without an issue",
    rule: "todo",
    bad: [HERE, `// ${OPEN_WORK}: later`],
    good: [HERE, `// ${OPEN_WORK} #12: later`],
  },
  {
    title: "a debugger statement",
    rule: "leftover",
    bad: [HERE, "  debugger;"],
    good: [HERE, 'const tool = "debugger";'],
  },
  {
    title: "a test that runs alone",
    rule: "leftover",
    bad: ["packages/base/src/a.test.ts", 'test.only("a", () => {});'],
    good: ["packages/base/src/a.test.ts", 'test("a", () => {});'],
  },
  {
    title: "an unfinished merge",
    rule: "conflict",
    bad: ["docs/format.md", `${MARK} HEAD`],
    good: ["docs/format.md", "Heading\n======="],
  },
  {
    title: "a path of one machine",
    rule: "machine-path",
    bad: ["docs/format.md", "see /work/main"],
    good: ["docs/format.md", "see docs/work/main"],
  },
  {
    title: "a name without a noun",
    rule: "name",
    bad: ["packages/base/src/utils.ts", "export {};"],
    good: ["packages/base/src/digest.ts", "export {};"],
  },
  {
    title: "a file name in camel case",
    rule: "name",
    bad: ["packages/base/src/chunkStore.ts", "export {};"],
    good: ["packages/base/src/chunk-store.property.test.ts", "export {};"],
  },
  {
    title: "a file that a merge left",
    rule: "name",
    bad: ["docs/format.md.orig", ""],
    good: ["docs/format.md", ""],
  },
];

describe("tidy", () => {
  test.each(PAIRS)("refuses $title, and nothing of its good twin", ({ rule, bad, good }) => {
    expect(rules(...bad)).toEqual([rule]);
    expect(rules(...good)).toEqual([]);
  });

  test("names the missing arrow and why it does not exist", () => {
    const [refused] = refusals("packages/base/src/a.ts", '\nimport { a } from "@ironcore-backup/format";');
    expect(refused?.line).toBe(2);
    expect(refused?.message).toContain("base → format");
    expect(refused?.message).toContain("base stands on nothing");
  });

  test("tells what to write instead of a banned call", () => {
    expect(refusals(HERE, "Date.now();")[0]?.message).toContain("clock.now()");
  });

  test("refuses a page whose table differs from the arrows", () => {
    const withPage = (text: string) => checkRepository([{ path: "ARCHITECTURE.md", text }]);
    expect(withPage(PAGE)).toEqual([]);
    const drawn = PAGE.replace("| base, format | Node |", "| base, format, server | Node |");
    expect(drawn).not.toBe(PAGE);
    expect(withPage(drawn)[0]?.message).toContain("engine");
    expect(withPage("no table")[0]?.rule).toBe("page");
  });

  test("reads a page whose columns were padded", () => {
    const padded = PAGE.replaceAll(" | ", "   |  ");
    expect(checkRepository([{ path: "ARCHITECTURE.md", text: padded }])).toEqual([]);
  });
});
