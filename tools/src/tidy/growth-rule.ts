/** Keeps functions on one screen and files to one noun. What wants to be longer says why: `// Long because …`. */

import ts from "typescript";
import type { Finding } from "./finding.ts";
import { lineOf, walk } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 400;

const REASON = /\bLong because\b/;
const FILE_REASON_WITHIN_LINES = 30;

export function checkGrowth(file: SourceFile): Finding[] {
  const findings: Finding[] = [];
  const lines = file.text.split("\n");
  const lineCount = lines.length - (lines.at(-1) === "" ? 1 : 0);
  if (lineCount > FILE_LINES_MAX && !REASON.test(lines.slice(0, FILE_REASON_WITHIN_LINES).join("\n"))) {
    const message = `${lineCount} lines (more than ${FILE_LINES_MAX} are usually two nouns); split it, or say "Long because …" at the top`;
    findings.push({ path: file.path, line: 1, rule: "file-growth", message });
  }
  walk(file.tree, (node) => {
    if (!isFunctionWithBody(node) || isSuite(node)) return;
    const firstLine = lineOf(file.tree, node.getStart(file.tree));
    const length = lineOf(file.tree, node.getEnd()) - firstLine + 1;
    if (length <= FUNCTION_LINES_MAX || hasReasonAbove(file, node)) return;
    const message = `${length} lines (more than ${FUNCTION_LINES_MAX}); split it, or say "Long because …" in a line above`;
    findings.push({ path: file.path, line: firstLine, rule: "function-growth", message });
  });
  return findings;
}

function isFunctionWithBody(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

/** The callback of `describe` is a list of tests, not a function that somebody follows line by line. */
function isSuite(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression.getText().startsWith("describe");
}

/** The comments directly above the statement or member that holds the function. */
function hasReasonAbove(file: SourceFile, node: ts.Node): boolean {
  let holder = node;
  while (!ts.isStatement(holder) && !ts.isClassElement(holder) && !ts.isPropertyAssignment(holder)) {
    holder = holder.parent;
  }
  const comments = ts.getLeadingCommentRanges(file.text, holder.getFullStart()) ?? [];
  return comments.some((comment) => REASON.test(file.text.slice(comment.pos, comment.end)));
}
