/** What somebody meant to take away before the commit, names that hide the noun, and paths of one machine. */

import { basename } from "node:path";
import type { RepositoryFile } from "../repository.ts";
import type { Finding } from "./finding.ts";

const NOUNLESS = new Set(["utils", "util", "helpers", "helper", "common", "misc", "types", "manager"]);
const MERGE_FILE = /\.(orig|rej|bak|swp)$|~$/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|js|tsx)$/;

/** Tidy's own folder names what it refuses. */
const OWN_FOLDER = "tools/src/tidy/";

interface LineRule {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly appliesTo: RegExp;
  readonly message: string;
}

const LINE_RULES: readonly LineRule[] = [
  {
    rule: "todo",
    pattern: /\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d)/,
    appliesTo: /\.(ts|js|tsx|css|html|sh|md|yml)$|^\.ci\//,
    message: "open work names its issue (#12), or is done now",
  },
  {
    rule: "leftover",
    pattern: /^\s*debugger\b/,
    appliesTo: /\.(ts|js|tsx)$/,
    message: "a debugger statement stops nobody but the operator",
  },
  {
    rule: "leftover",
    pattern: /\b(test|it|describe)\.(only|skip)\(/,
    appliesTo: /\.(test|contract)\.tsx?$/,
    message: "a test runs, or is removed with its reason in the commit (skipIf may name a condition)",
  },
  {
    rule: "conflict",
    pattern: /^(<{7}|>{7}|\|{7})( |$)/,
    appliesTo: /./,
    message: "a merge was not finished here",
  },
  {
    rule: "machine-path",
    pattern: /(^|[\s"'`(=:])\/work\//,
    appliesTo: /./,
    message: "this path exists on one machine only; say it relative to the checkout",
  },
];

export function checkLeftovers(file: RepositoryFile): Finding[] {
  const findings: Finding[] = checkName(file.path);
  if (file.path.startsWith(OWN_FOLDER)) return findings;
  const rules = LINE_RULES.filter((rule) => rule.appliesTo.test(file.path));
  for (const [index, text] of file.text.split("\n").entries()) {
    for (const { rule, pattern, message } of rules) {
      if (pattern.test(text)) findings.push({ path: file.path, line: index + 1, rule, message });
    }
  }
  return findings;
}

function checkName(path: string): Finding[] {
  const refuse = (message: string): Finding[] => [{ path, line: 1, rule: "name", message }];
  if (MERGE_FILE.test(path)) return refuse("left over by a merge or an editor; remove it");
  const words = path.split("/").map((part) => part.split(".")[0] ?? "");
  const nounless = words.find((word) => NOUNLESS.has(word));
  if (nounless !== undefined)
    return refuse(`"${nounless}" names no noun; find the noun, and the folder follows`);
  const isCode = /\.(ts|js|tsx)$/.test(path);
  if (isCode && !KEBAB.test(basename(path)))
    return refuse("file names are kebab-case, the noun of the main export");
  return [];
}
