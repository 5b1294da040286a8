/**
 * Writes `docs/errors.md` from the error tables of all packages, by reading their source: a message is a small function,
 * and the page shows its shape, with `<name>` where a value will stand.
 */

import ts from "typescript";
import type { RepositoryFile } from "./repository.ts";

/** A package's table, and the rows that its rooms bring to it. */
const TABLE_FILE = /^packages\/([^/]+)\/src\/(?:errors|[a-z-]+\/[a-z-]+-error-rows)\.ts$/;

const RETRY_WORDS: Readonly<Record<string, string>> = {
  never: "no, something must change first",
  later: "later, once the cause is gone",
  now: "at once",
};

export interface ErrorRow {
  readonly packageName: string;
  readonly code: string;
  /** The message with `<name>` for each value; alternatives as `(one | other)`. */
  readonly message: string;
  readonly remedy: string;
  readonly retry: string;
}

/** Every row of every package's table, packages in the order of `files`. @throws when a row cannot be read */
export function readErrorRows(files: readonly RepositoryFile[]): ErrorRow[] {
  return files.flatMap((file) => {
    const packageName = TABLE_FILE.exec(file.path)?.[1];
    if (packageName === undefined) return [];
    const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
    const rows: ErrorRow[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAssignment(node) && ts.isCallExpression(node.initializer)) {
        if (node.initializer.expression.getText() === "errorEntry") {
          rows.push({
            packageName,
            code: node.name.getText().replaceAll(/["']/g, ""),
            ...readEntry(node.initializer),
          });
          return;
        }
      }
      node.forEachChild(visit);
    };
    visit(tree);
    if (rows.length === 0) throw new Error(`${file.path} holds no errorEntry rows`);
    return rows;
  });
}

/** Codes that appear more than once; a code means one thing in the whole house. */
export function findRepeatedCodes(rows: readonly ErrorRow[]): string[] {
  const codes = rows.map((row) => row.code);
  return [...new Set(codes.filter((code, index) => codes.indexOf(code) !== index))];
}

/** The whole page; long lines are left to Prettier, which leaves prose alone. */
export function formatErrorPage(rows: readonly ErrorRow[]): string {
  const packages = [...new Set(rows.map((row) => row.packageName))];
  const parts = packages.map((packageName) => {
    const own = rows.filter((row) => row.packageName === packageName);
    return [`## ${packageName}`, ...own.map(formatRow)].join("\n\n");
  });
  const head = [
    "# Errors",
    "Every error has a code that never changes, says what happened, and tells what to do next. This page is written by",
    "`node tools/src/error-page-main.ts`; a test fails when it differs from the tables in `packages/*/src/errors.ts`",
    "and the rows that rooms bring to them (`*-error-rows.ts`).",
  ];
  return `${[`${head[0]}\n\n${head.slice(1).join("\n")}`, ...parts].join("\n\n")}\n`;
}

function formatRow(row: ErrorRow): string {
  const again = RETRY_WORDS[row.retry] ?? row.retry;
  return [
    `### ${row.code}`,
    "",
    "```text",
    row.message,
    "```",
    "",
    `- **What to do**: ${escapeMarkdown(row.remedy)}`,
    `- **Try again**: ${again}`,
  ].join("\n");
}

/** Prettier would rewrite stars and underscores in prose, and a reader would see them as emphasis. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[*_<]/g, (sign) => `\\${sign}`);
}

function readEntry(call: ts.CallExpression): Pick<ErrorRow, "message" | "remedy" | "retry"> {
  const [retry, message, remedy] = call.arguments;
  if (retry === undefined || message === undefined || remedy === undefined || !ts.isArrowFunction(message)) {
    throw new Error(`not errorEntry(retry, (context) => message, remedy): ${call.getText()}`);
  }
  return { retry: shapeOf(retry), message: shapeOf(bodyOf(message)), remedy: shapeOf(remedy) };
}

function bodyOf(message: ts.ArrowFunction): ts.Expression {
  if (!ts.isBlock(message.body)) return message.body;
  const last = message.body.statements.at(-1);
  if (last === undefined || !ts.isReturnStatement(last) || last.expression === undefined) {
    throw new Error(`a message returns one text: ${message.getText()}`);
  }
  return last.expression;
}

/** The text of an expression, `<name>` for what is known at run time only. */
function shapeOf(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node)) {
    return shapeOf(node.expression);
  }
  if (ts.isTemplateExpression(node)) {
    return (
      node.head.text + node.templateSpans.map((span) => shapeOf(span.expression) + span.literal.text).join("")
    );
  }
  if (ts.isBinaryExpression(node)) return shapeOfPair(node);
  if (ts.isConditionalExpression(node)) return alternatives(shapeOf(node.whenTrue), shapeOf(node.whenFalse));
  return `<${nameOf(node)}>`;
}

function shapeOfPair(node: ts.BinaryExpression): string {
  if (node.operatorToken.kind === ts.SyntaxKind.PlusToken) return shapeOf(node.left) + shapeOf(node.right);
  if (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
    return alternatives(shapeOf(node.left), shapeOf(node.right));
  }
  return `<${nameOf(node.left)}>`;
}

function alternatives(one: string, other: string): string {
  if (one === "" || other === "") return `[${one}${other}]`;
  return `(${one} | ${other})`;
}

/** `c.path` → path, `formatSize(c.sizeBytes)` → sizeBytes, `c.names.join(", ")` → names. */
function nameOf(node: ts.Expression): string {
  if (ts.isCallExpression(node)) {
    const callee = node.expression;
    const first = node.arguments[0];
    if (ts.isPropertyAccessExpression(callee) && ts.isPropertyAccessExpression(callee.expression)) {
      return nameOf(callee.expression);
    }
    return first === undefined ? callee.getText() : nameOf(first);
  }
  if (ts.isBinaryExpression(node)) return nameOf(node.left);
  return ts.isPropertyAccessExpression(node) ? node.name.text : node.getText();
}
