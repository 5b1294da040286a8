/**
 * Which lines of a block pass a filter, found in the stored text without parsing it.
 *
 * A search looks for the JSON form of the text, ignoring case, anywhere in the block; most blocks have none and are done.
 * A place that was found counts where it lies in the line's code, message, field names or field values. The order of the
 * parts (log-line.ts) makes that a question of positions; only where the text could also be part of JSON itself, with a
 * quote, a colon or the like in it, the line is parsed.
 *
 * Case: two characters are the same when their simple upper cases are, as in JavaScript's regular expressions with `i`.
 * A text in ASCII is looked for in the bytes as they are, which is six times as fast as decoding them.
 */

import type { LogLevel } from "@ironcore-backup/protocol";
import { decodeLogLine, LEVEL_RANK } from "./log-line.ts";

export interface LogFilter {
  /** This level and worse. */
  readonly level: LogLevel | undefined;
  readonly stage: string | undefined;
  /** Somewhere in code, message, or a field's name or value. */
  readonly text: string | undefined;
}

/** Called with each line that passes: its stored text, on demand. False ends the search. */
export type LineVisitor = (line: () => string) => boolean;

export interface LogMatcher {
  /** The index alone tells how many lines of a block pass. */
  readonly isByLevelOnly: boolean;
  /** @returns false when the visitor ended it */
  visit(block: Buffer, visitor: LineVisitor): boolean;
  count(block: Buffer): number;
}

export function createLogMatcher(filter: LogFilter): LogMatcher {
  const visit = createVisit(filter);
  return {
    isByLevelOnly: filter.stage === undefined && filter.text === undefined,
    visit,
    count: (block) => {
      let count = 0;
      visit(block, () => {
        count++;
        return true;
      });
      return count;
    },
  };
}

type Visit = LogMatcher["visit"];

function createVisit(filter: LogFilter): Visit {
  if (filter.text !== undefined) return matchText(filter, filter.text);
  const isLevelRare = filter.level === "warning" || filter.level === "error";
  return isLevelRare ? matchRareLevel(filter) : matchEachLine(filter);
}

const LEVEL_KEY = '"level":"';
const CODE_KEY = '"code":"';
const MESSAGE_KEY = '","message":"';
const FIELDS_KEY = '","fields":{';

/** `\u001b` */
const ESCAPE_LENGTH_MAX = 6;

/** How stored bytes become text: `latin1` one character for each byte, at the price of copying. */
type Reading = "latin1" | "utf8";

function readBlock(block: Buffer, reading: Reading): string {
  return block.toString(reading);
}

/** The text of the line between two places of what `readBlock` gave. */
function lineReader(block: Buffer, text: string, reading: Reading): (from: number, to: number) => string {
  return reading === "latin1"
    ? (from, to) => block.toString("utf8", from, to)
    : (from, to) => text.slice(from, to);
}

/** Whether the line that begins at `from` has the level and the stage. */
function createHeadCheck(
  { level, stage }: LogFilter,
  reading: Reading,
): (text: string, from: number) => boolean {
  const rankMin = level === undefined ? 0 : LEVEL_RANK[level];
  const stageText = stage === undefined ? "" : `"stage":${JSON.stringify(stage)},`;
  const stagePart = readBlock(Buffer.from(stageText), reading);
  if (rankMin === 0 && stagePart === "") return () => true;
  return (text, from) => {
    const levelAt = text.indexOf(LEVEL_KEY, from) + LEVEL_KEY.length;
    if (rankAt(text, levelAt) < rankMin) return false;
    return stagePart === "" || text.startsWith(stagePart, text.indexOf('"', levelAt) + 2);
  };
}

const RANK_BY_LETTER: Readonly<Record<string, number>> = {
  e: LEVEL_RANK.error,
  w: LEVEL_RANK.warning,
  i: LEVEL_RANK.info,
};

/** By the first letter of the level's word. */
function rankAt(text: string, at: number): number {
  return RANK_BY_LETTER[text[at] ?? ""] ?? LEVEL_RANK.debug;
}

function matchEachLine(filter: LogFilter): Visit {
  const hasHead = createHeadCheck(filter, "latin1");
  return (block, visitor) => {
    const text = readBlock(block, "latin1");
    const read = lineReader(block, text, "latin1");
    for (let from = 0; from < text.length;) {
      const start = from;
      const to = endOfLine(text, start);
      if (hasHead(text, start) && !visitor(() => read(start, to))) return false;
      from = to + 1;
    }
    return true;
  };
}

/** Looks for the level's word, and at nothing else of the lines between. */
function matchRareLevel(filter: LogFilter): Visit {
  const hasHead = createHeadCheck(filter, "latin1");
  const pattern = filter.level === "error" ? /"level":"error"/g : /"level":"(?:warning|error)"/g;
  return (block, visitor) => {
    const text = readBlock(block, "latin1");
    const read = lineReader(block, text, "latin1");
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
      const from = text.lastIndexOf("\n", found.index) + 1;
      const to = endOfLine(text, found.index);
      // A field may be called level, too: the head is asked.
      if (hasHead(text, from) && !visitor(() => read(from, to))) return false;
      pattern.lastIndex = to;
    }
    return true;
  };
}

function matchText(filter: LogFilter, wanted: string): Visit {
  const reading: Reading = /^[\0-\x7f]*$/.test(wanted) ? "latin1" : "utf8";
  const pattern = new RegExp(escapePattern(JSON.stringify(wanted).slice(1, -1)), "gi");
  const hasHead = createHeadCheck(filter, reading);
  const search = createPlaceCheck(wanted);
  return (block, visitor) => {
    const text = readBlock(block, reading);
    const read = lineReader(block, text, reading);
    pattern.lastIndex = 0;
    for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
      const from = text.lastIndexOf("\n", found.index) + 1;
      const to = endOfLine(text, found.index);
      const line = (): string => read(from, to);
      const goOnAt = hasHead(text, from) ? search(text, { from, to, at: found.index, line }) : to;
      if (goOnAt === COUNTS && !visitor(line)) return false;
      pattern.lastIndex = goOnAt === COUNTS ? to : goOnAt;
    }
    return true;
  };
}

interface Finding {
  /** The line. */
  readonly from: number;
  readonly to: number;
  /** What was found in it. */
  readonly at: number;
  readonly line: () => string;
}

const COUNTS = -1;

/** Tells of a finding that it counts, or from where to look on. */
type PlaceCheck = (text: string, finding: Finding) => number;

function createPlaceCheck(wanted: string): PlaceCheck {
  // With such a character in it, what was found may be the JSON around values.
  if (/["\\{}:,\p{Cc}]/u.test(wanted)) return parsingCheck(new RegExp(escapePattern(wanted), "i"));
  const lowerCase = wanted.toLowerCase();
  const isPartOfKey = "message".includes(lowerCase) || "fields".includes(lowerCase);
  const check = isPartOfKey ? besideKeys : behindHead;
  const parse = parsingCheck(new RegExp(escapePattern(wanted), "i"));
  return (text, finding) => {
    const goOnAt = check(text, finding);
    return goOnAt === COUNTS && followsEscape(text, finding.at) ? parse(text, finding) : goOnAt;
  };
}

/** Perhaps it is not the letter n that was found but the end of a line break: `\n`, or a part of `\u001b`. */
function followsEscape(text: string, at: number): boolean {
  return text.slice(Math.max(0, at - ESCAPE_LENGTH_MAX + 1), at).includes("\\");
}

function parsingCheck(pattern: RegExp): PlaceCheck {
  return (_text, { to, line }) => {
    const { code, message, fields } = decodeLogLine(line());
    const hasIt =
      pattern.test(code) ||
      pattern.test(message) ||
      Object.entries(fields).some(([name, value]) => pattern.test(name) || pattern.test(String(value)));
    return hasIt ? COUNTS : to;
  };
}

/** Number, instant, level and stage are not searched. */
const behindHead: PlaceCheck = (text, { from, at }) => {
  const codeAt = text.indexOf(CODE_KEY, from) + CODE_KEY.length;
  return at < codeAt ? codeAt : COUNTS;
};

/** For a text that is a part of the words `message` or `fields`, which stand in every line. */
const besideKeys: PlaceCheck = (text, finding) => {
  const { from, at } = finding;
  const codeAt = text.indexOf(CODE_KEY, from) + CODE_KEY.length;
  if (at < codeAt) return codeAt;
  const messageKeyAt = text.indexOf(MESSAGE_KEY, codeAt);
  if (at < messageKeyAt) return COUNTS;
  const messageAt = messageKeyAt + MESSAGE_KEY.length;
  if (at < messageAt) return messageAt;
  const fieldsKeyAt = text.indexOf(FIELDS_KEY, messageAt);
  if (at < fieldsKeyAt) return COUNTS;
  const fieldsAt = fieldsKeyAt + FIELDS_KEY.length;
  return at < fieldsAt ? fieldsAt : COUNTS;
};

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}
