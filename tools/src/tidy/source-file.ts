/** One TypeScript file, read once for all rules: what kind of file it is, where it lives, what it imports. */

import ts from "typescript";
import type { RepositoryFile } from "../repository.ts";

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

export interface SourceFile extends RepositoryFile {
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
  /** Folder under `packages/`, or `tools`, `benchmarks`, `tests`; empty for files at the root. */
  readonly packageName: string;
  /** Folder below `src`, or the file's own name when it lies in `src` itself. */
  readonly room: string;
  readonly isTest: boolean;
}

const TEST_FILE = /\.(test|testing|contract|bench)\.tsx?$|(^|\/)(testing|fixtures)\/|^vitest\..*\.ts$/;

export function parseSourceFile(file: RepositoryFile): SourceFile {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const parts = file.path.split("/");
  const inPackages = parts[0] === "packages";
  const packageName = inPackages ? (parts[1] ?? "") : parts.length > 1 ? (parts[0] ?? "") : "";
  const sourceAt = parts.indexOf("src");
  const belowSource = parts.slice(sourceAt === -1 ? 2 : sourceAt + 1);
  return {
    ...file,
    tree,
    imports: importsOf(tree),
    packageName,
    room: belowSource[0] ?? "",
    isTest: TEST_FILE.test(file.path) || packageName === "tests",
  };
}

export function lineOf(tree: ts.SourceFile, position: number): number {
  return tree.getLineAndCharacterOfPosition(position).line + 1;
}

/** Calls `visit` for every node below `node`, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  node.forEachChild((child) => {
    visit(child);
    walk(child, visit);
  });
}

function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  walk(tree, (node) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) {
      found.push({ specifier: specifier.text, line: lineOf(tree, specifier.getStart(tree)) });
    }
  });
  return found;
}

/** The text after `from`, of `import()`, of `import("x").Type` and of modules named by `new URL("./x.ts", import.meta.url)`. */
function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal);
  if (ts.isCallExpression(node)) {
    const name = node.expression.getText();
    const loads = node.expression.kind === ts.SyntaxKind.ImportKeyword || name === "import.meta.resolve";
    return loads ? literal(node.arguments[0]) : undefined;
  }
  const isModuleUrl =
    ts.isNewExpression(node) &&
    node.expression.getText() === "URL" &&
    node.arguments?.[1]?.getText() === "import.meta.url";
  const target = isModuleUrl ? literal(node.arguments[0]) : undefined;
  return target?.text.endsWith(".ts") === true ? target : undefined;
}

function literal(node: ts.Node | undefined): ts.StringLiteralLike | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node : undefined;
}
