/**
 * Bans with replacements: what would make the house hard to test or to trust, and what to write instead.
 *
 * Clock, chance and environment are handed in, so that a test can stand in any second, roll any dice and set any
 * variable. The real ones are made at entry points.
 */

import ts from "typescript";
import type { Finding } from "./finding.ts";
import { lineOf, walk } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";

/** Files that make the real parts: entry points of processes and threads. */
const ENTRY_POINT = /\/bin\/|(-|\/)(main|serve|thread|process|entry|watchdog)\.tsx?$/;

/** The two files that wrap the machine's clock and chance. */
const REAL_PARTS = new Set(["packages/base/src/clock.ts", "packages/base/src/random.ts"]);

const CHANCE_NAMES = new Set([
  "randomBytes",
  "randomInt",
  "randomUUID",
  "randomFillSync",
  "randomFill",
  "getRandomValues",
]);

interface Ban {
  readonly rule: string;
  readonly instead: string;
  readonly isAllowedIn: (file: SourceFile) => boolean;
  readonly matches: (node: ts.Node) => boolean;
}

const isHouseTool = (file: SourceFile): boolean =>
  file.isTest || file.packageName === "tools" || file.packageName === "benchmarks";
const isRealPart = (file: SourceFile): boolean => isHouseTool(file) || REAL_PARTS.has(file.path);
const isEntryPoint = (file: SourceFile): boolean => isHouseTool(file) || ENTRY_POINT.test(file.path);

const BANS: readonly Ban[] = [
  {
    rule: "direct-clock",
    instead: "take a Clock (base) as an argument: clock.now() for showing, clock.elapsedMs() for measuring",
    isAllowedIn: isRealPart,
    matches: (node) =>
      isMember(node, "Date", "now") || isMember(node, "performance", "now") || isNewDate(node),
  },
  {
    rule: "direct-sleep",
    instead:
      "take a Clock (base) as an argument: clock.sleep(durationMs, signal) ends at once when cancelled",
    isAllowedIn: isRealPart,
    matches: (node) => isTimeoutInPromise(node) || isImportOf(node, "node:timers/promises"),
  },
  {
    rule: "direct-chance",
    instead: "take a Random (base) as an argument: random.bytes(count), random.integer(min, max)",
    isAllowedIn: isRealPart,
    matches: (node) => isMember(node, "Math", "random") || isChance(node),
  },
  {
    rule: "real-parts",
    instead: "take the Clock or Random as an argument; the real ones are made in main.ts and thread entries",
    isAllowedIn: (file) => isEntryPoint(file) || REAL_PARTS.has(file.path) || file.packageName === "cli",
    matches: (node) =>
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      (node.expression.text === "createSystemClock" || node.expression.text === "createSystemRandom"),
  },
  {
    rule: "environment",
    instead: "read settings in server/config or at an entry point and hand them in",
    isAllowedIn: (file) => isEntryPoint(file) || (file.packageName === "server" && file.room === "config"),
    matches: (node) => isMember(node, "process", "env") && !isHandedToChild(node),
  },
  {
    rule: "console",
    instead: "log through the task's or the server's log; only the command line prints",
    isAllowedIn: (file) => isHouseTool(file) || file.packageName === "cli",
    matches: (node) =>
      ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === "console",
  },
];

export function checkBans(file: SourceFile): Finding[] {
  const bans = BANS.filter((ban) => !ban.isAllowedIn(file));
  const findings: Finding[] = [];
  walk(file.tree, (node) => {
    for (const ban of bans) {
      if (!ban.matches(node)) continue;
      const line = lineOf(file.tree, node.getStart(file.tree));
      const seen = node.getText(file.tree).split("\n")[0]?.slice(0, 60) ?? "";
      findings.push({ path: file.path, line, rule: ban.rule, message: `${seen} — ${ban.instead}` });
    }
  });
  return findings;
}

/** `object.name`, also through `globalThis.object.name`. */
function isMember(node: ts.Node, object: string, name: string): boolean {
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== name) return false;
  const owner = node.expression;
  if (ts.isIdentifier(owner)) return owner.text === object;
  return ts.isPropertyAccessExpression(owner) && owner.name.text === object;
}

/** `{ env: { ...process.env, X: "1" } }`: a thread or process inherits the environment; nobody reads a setting from it. */
function isHandedToChild(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node.parent) || ts.isElementAccessExpression(node.parent)) return false;
  for (let up = node.parent; !ts.isStatement(up); up = up.parent) {
    if (ts.isPropertyAssignment(up)) return up.name.getText() === "env";
  }
  return false;
}

function isNewDate(node: ts.Node): boolean {
  const isDate = (callee: ts.Expression): boolean => ts.isIdentifier(callee) && callee.text === "Date";
  if (ts.isNewExpression(node)) return isDate(node.expression) && (node.arguments?.length ?? 0) === 0;
  return ts.isCallExpression(node) && isDate(node.expression);
}

/** `new Promise((wake) => setTimeout(wake, …))`: a sleep. A timer that guards a wait is not inside an executor. */
function isTimeoutInPromise(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || node.expression.getText() !== "setTimeout") return false;
  const wake = node.arguments[0];
  if (wake === undefined || !ts.isIdentifier(wake)) return false;
  for (let up: ts.Node = node.parent; !ts.isSourceFile(up); up = up.parent) {
    if (ts.isNewExpression(up) && up.expression.getText() === "Promise") {
      const executor = up.arguments?.[0];
      if (executor === undefined || !(ts.isArrowFunction(executor) || ts.isFunctionExpression(executor)))
        return false;
      return executor.parameters.some((parameter) => parameter.name.getText() === wake.text);
    }
  }
  return false;
}

function isImportOf(node: ts.Node, module: string): boolean {
  return (
    ts.isImportDeclaration(node) &&
    ts.isStringLiteral(node.moduleSpecifier) &&
    node.moduleSpecifier.text === module
  );
}

/** `crypto.randomBytes`, and the same names imported from `node:crypto`. */
function isChance(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) {
    const owner = node.expression.getText();
    return CHANCE_NAMES.has(node.name.text) && (owner === "crypto" || owner.endsWith(".crypto"));
  }
  if (!ts.isImportSpecifier(node)) return false;
  const from = node.parent.parent.parent.moduleSpecifier.getText();
  return from.includes("node:crypto") && CHANCE_NAMES.has((node.propertyName ?? node.name).text);
}
