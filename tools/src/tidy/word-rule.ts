/**
 * Words for people stand in the dashboard's catalogue and nowhere else in it, so that a translation is whole. Refused are text
 * between tags, attributes that are read or read out, and literals that look like a phrase.
 */

import ts from "typescript";
import type { Finding } from "./finding.ts";
import { lineOf, walk } from "./source-file.ts";
import type { SourceFile } from "./source-file.ts";

const READ_ATTRIBUTES = new Set([
  "alt",
  "aria-description",
  "aria-label",
  "description",
  "label",
  "placeholder",
  "title",
]);
const LETTERS = /\p{L}{2}/u;
const SELECTS = /(?:matches|closest|querySelector(?:All)?|assertInvariant)$/;
const ENTITY = /&\w+;/g;
const PHRASE = /\p{L}{2,}[,:;.!?]? \p{L}{2,}/u;
/** Typed at a shell, drawn by a style sheet, or the name of the product. */
const NO_WORDS = /^(npx )?ironcore-backup|Ironcore Backup$|var\(--|\d(px|fr|rem)\b/;
/** Rooms without words for people, and those that wait for their translation. */
const UNTRANSLATED = [
  "look/",
  "texts/",
  "pages/audit/",
  "pages/calendar/",
  "pages/dashboard/",
  "pages/datastores/",
  "pages/jobs/",
  "pages/notifications/",
  "pages/prune-simulator/",
  "pages/settings/",
  "pages/sign-in/",
  "pages/statistics/",
  "pages/tasks/",
  "pages/workloads/",
];

export function checkWords(file: SourceFile): Finding[] {
  if (file.packageName !== "web" || file.isTest || !file.path.includes("/src/")) return [];
  if (UNTRANSLATED.some((folder) => file.path.startsWith(`packages/web/src/${folder}`))) return [];
  const findings: Finding[] = [];
  walk(file.tree, (node) => {
    const words = wordsOf(node);
    if (words === undefined || NO_WORDS.test(words)) return;
    const line = lineOf(file.tree, node.getStart(file.tree));
    const seen = words.trim().replaceAll(/\s+/g, " ").slice(0, 60);
    const message = `${seen} — put it into web's texts/en and texts/de, and write t("…")`;
    findings.push({ path: file.path, line, rule: "word", message });
  });
  return findings;
}

/** What a person would read there, when that stands in the code itself. */
function wordsOf(node: ts.Node): string | undefined {
  if (ts.isJsxText(node)) return LETTERS.test(node.text.replaceAll(ENTITY, " ")) ? node.text : undefined;
  if (!isLiteral(node) || isForNobody(node)) return undefined;
  const { parent } = node;
  const attribute = ts.isJsxAttribute(parent) ? parent : undefined;
  if (attribute !== undefined && READ_ATTRIBUTES.has(attribute.name.getText())) {
    return LETTERS.test(node.text) ? node.text : undefined;
  }
  return PHRASE.test(node.text) ? node.text : undefined;
}

type Literal = ts.StringLiteralLike | ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail;

function isLiteral(node: ts.Node): node is Literal {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node)
  );
}

/** A type, a class list, a selector, an assertion, or what an error of the program itself says to its developer. */
function isForNobody(node: ts.Node): boolean {
  for (let up = node.parent; !ts.isSourceFile(up); up = up.parent) {
    if (ts.isTypeNode(up) || ts.isImportDeclaration(up)) return true;
    if (ts.isJsxAttribute(up)) return up.name.getText() === "className" || up.name.getText() === "command";
    if (ts.isNewExpression(up) && up.expression.getText().endsWith("Error")) return true;
    if (ts.isCallExpression(up) && SELECTS.test(up.expression.getText())) return true;
    if (ts.isStatement(up)) return false;
  }
  return false;
}
