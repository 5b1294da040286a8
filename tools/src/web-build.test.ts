import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { buildWeb } from "./web-build.ts";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true })));

/** Stands for the bundler: the page is its source, and a source that says so cannot be built. */
const BUNDLER = `
  const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
  const source = readFileSync("src/main.tsx", "utf8");
  if (source.includes("broken")) { console.error("src/main.tsx is broken"); process.exit(1); }
  const out = process.argv[process.argv.indexOf("--outDir") + 1];
  mkdirSync(out, { recursive: true });
  writeFileSync(out + "/index.html", source);
`;

function aCheckout(): { root: string; write: (path: string, text: string) => void; page: () => string } {
  const root = mkdtempSync(join(tmpdir(), "ironcore-test-"));
  made.push(root);
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("node_modules/vite/bin/vite.js", BUNDLER);
  write("packages/web/src/main.tsx", "one");
  write("packages/client/src/client.ts", "client");
  return { root, write, page: () => readFileSync(join(root, "packages/web/dist/index.html"), "utf8") };
}

test("builds what was never built, and then only when something it is made from has changed", () => {
  const { root, write, page } = aCheckout();
  expect(buildWeb(root)).toEqual({ outcome: "built" });
  expect(buildWeb(root)).toEqual({ outcome: "fresh" });
  utimesSync(join(root, "packages/web/src/main.tsx"), 1, 1);
  write("packages/web/src/page.test.tsx", "a test is no part of the page");
  expect(buildWeb(root)).toEqual({ outcome: "fresh" });
  write("packages/web/src/main.tsx", "two");
  expect(buildWeb(root)).toEqual({ outcome: "built" });
  expect(page()).toBe("two");
  write("packages/client/src/client.ts", "another client");
  expect(buildWeb(root)).toEqual({ outcome: "built" });
});

test("a build that fails says why and leaves the one before in place, and nothing beside it", () => {
  const { root, write, page } = aCheckout();
  buildWeb(root);
  write("packages/web/src/main.tsx", "broken");
  expect(() => buildWeb(root)).toThrow("src/main.tsx is broken");
  expect(page()).toBe("one");
  expect(readdirSync(join(root, "packages/web"))).toEqual(["dist", "src"]);
  expect(() => buildWeb(root)).toThrow("not built");
});
