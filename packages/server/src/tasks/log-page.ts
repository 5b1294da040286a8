/**
 * A page of a log under a filter, from either end. Blocks without a match are passed over where that is known: by level
 * from the index, else from the counts of this search.
 */

import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol";
import { countAtLeast, levelCountsOf } from "./log-index.ts";
import { decodeLogLineHead, HEAD_LENGTH_MAX } from "./log-line.ts";
import type { LogMatchCounts } from "./log-match-counts.ts";
import { SCANNED_LINE_COUNT_MAX } from "./log-match-counts.ts";
import type { LogFilter, LogMatcher } from "./log-matcher.ts";
import { blockOfLine, countInBlock, damaged, decodeLineOf, lineCountOf } from "./log-view.ts";
import type { LogView } from "./log-view.ts";

/** A page stops early at this size; `nextStart` says where it goes on. */
const PAGE_SIZE_BYTES_MAX = 8 * 1024 * 1024;

/** Blocks that are read together: some megabytes, some milliseconds of work. */
const BLOCKS_AT_ONCE = 8;
const NO_BYTES = Buffer.alloc(0);

export interface LogPageQuery {
  /** Number of the line to begin with, from 1. Negative: the page ends with the line that far from the end, -1 is the last. */
  readonly start: number;
  readonly limit: number;
  readonly level: LogLevel | undefined;
  readonly stage?: string | undefined;
  readonly text?: string | undefined;
}

export interface LogPage {
  readonly lines: TaskLogLine[];
  /** Lines of the whole log. */
  readonly lineCount: number;
  readonly levelCounts: Record<LogLevel, number>;
  /** Absent while not the whole log was looked at. */
  readonly matchCount?: number;
  /** To go on from, with the same filter. Absent when there is nothing there. */
  readonly nextStart?: number;
  /** A page of the same length from here reaches up to this one. Absent when there is nothing before it. */
  readonly previousStart?: number;
}

/** What is looked for, and what is known of it. */
export interface LogSearch {
  readonly filter: LogFilter;
  readonly matcher: LogMatcher;
  /** Not needed where the index alone knows. */
  readonly counts: LogMatchCounts | undefined;
}

/** @throws TASK_LOG_DAMAGED */
export async function readLogPage(view: LogView, search: LogSearch, query: LogPageQuery): Promise<LogPage> {
  const { lineCount } = view.end;
  const matchCount = await countMatches(view, search);
  const fromEnd = query.start < 0;
  const edge = fromEnd ? lineCount + 1 + query.start : Math.max(1, query.start);
  const found = fromEnd
    ? await collectBackward(view, search, { upTo: edge, limit: query.limit })
    : await collectForward(view, search, { from: edge, limit: query.limit });
  const first = found.matches[0]?.number ?? (fromEnd ? edge + 1 : edge);
  const nextStart = fromEnd ? await findNext(view, search, edge + 1) : found.goOnAt;
  const previousStart = await findPrevious(view, search, { before: first, limit: query.limit });
  return {
    lines: found.matches.map((match) => decodeLineOf(view, match.text)),
    lineCount,
    levelCounts: levelCountsOf(view.end),
    ...(matchCount === undefined ? {} : { matchCount }),
    ...(nextStart === undefined ? {} : { nextStart }),
    ...(previousStart === undefined ? {} : { previousStart }),
  };
}

async function countMatches(view: LogView, { counts, filter }: LogSearch): Promise<number | undefined> {
  if (counts !== undefined) return counts.complete(view, { lineCountMax: SCANNED_LINE_COUNT_MAX });
  return countAtLeast(view.end, filter.level ?? "debug");
}

interface Match {
  readonly number: number;
  /** As it is stored. */
  readonly text: string;
}

interface Collected {
  readonly matches: readonly Match[];
  /** Where the next match is, or where the search stopped; undefined at the end of the log. */
  readonly goOnAt: number | undefined;
}

async function collectForward(
  view: LogView,
  search: LogSearch,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<Collected> {
  const page = new PageBeingFilled(from, limit);
  const budget = createBudget();
  let block = blockOfLine(view, from);
  while (page.goOnAt === undefined) {
    // One match more than there is room for: where the next page begins.
    const wanted = planReads(view, search, { first: block, matchCount: limit + 1 - page.matches.length });
    const last = wanted.at(-1);
    if (last === undefined) break;
    if (budget.isSpent()) return { matches: page.matches, goOnAt: view.position(block).lineCount + 1 };
    for (const bytes of await readBlocks(view, wanted))
      if (page.goOnAt === undefined) visitMatches(view, search, bytes, (match) => page.take(match));
    budget.spend(wanted.reduce((sum, one) => sum + lineCountOf(view, one), 0));
    block = last + 1;
  }
  return page;
}

/** The next blocks to look into, in their order: those that can have a match, no more than are needed, few at once. */
function planReads(
  view: LogView,
  search: LogSearch,
  { first, matchCount }: { readonly first: number; readonly matchCount: number },
): number[] {
  const blocks: number[] = [];
  let expectedCount = 0;
  for (let block = first; block < view.blockCount; block++) {
    const count = knownCount(view, search, block);
    if (count === 0) continue;
    blocks.push(block);
    // Of a block that nobody has looked into nothing is expected.
    expectedCount += count ?? 0;
    if (expectedCount >= matchCount || blocks.length >= BLOCKS_AT_ONCE) break;
  }
  return blocks;
}

async function readBlocks(view: LogView, blocks: readonly number[]): Promise<readonly Buffer[]> {
  return (await Promise.all(blocks.map((block) => view.readBlocks(block, block + 1)))).flat();
}

class PageBeingFilled implements Collected {
  readonly matches: Match[] = [];
  goOnAt: number | undefined;
  readonly #from: number;
  readonly #limit: number;
  #sizeBytes = 0;

  constructor(from: number, limit: number) {
    this.#from = from;
    this.#limit = limit;
  }

  /** @returns false for the first match that the page has no room for */
  take(match: Match): boolean {
    if (match.number < this.#from) return true;
    this.#sizeBytes += match.text.length;
    const isTooLarge = this.matches.length > 0 && this.#sizeBytes > PAGE_SIZE_BYTES_MAX;
    if (isTooLarge || this.matches.length >= this.#limit) {
      this.goOnAt = match.number;
      return false;
    }
    this.matches.push(match);
    return true;
  }
}

async function collectBackward(
  view: LogView,
  search: LogSearch,
  { upTo, limit }: { readonly upTo: number; readonly limit: number },
): Promise<Collected> {
  let matches: Match[] = [];
  let sizeBytes = 0;
  const budget = createBudget();
  if (upTo < 1) return { matches, goOnAt: undefined };
  for (let block = Math.min(view.blockCount - 1, blockOfLine(view, upTo)); block >= 0; block--) {
    if (knownCount(view, search, block) === 0) continue;
    if (matches.length >= limit || sizeBytes > PAGE_SIZE_BYTES_MAX || budget.isSpent()) break;
    const [bytes] = await view.readBlocks(block, block + 1);
    if (bytes === undefined) break;
    const here: Match[] = [];
    visitMatches(view, search, bytes, (match) => {
      if (match.number <= upTo) here.push(match);
      return match.number < upTo;
    });
    budget.spend(lineCountOf(view, block));
    sizeBytes += here.reduce((sum, match) => sum + match.text.length, 0);
    matches = [...here, ...matches];
  }
  return { matches: lastThatFit(matches, limit), goOnAt: undefined };
}

function lastThatFit(matches: readonly Match[], limit: number): Match[] {
  const last = matches.slice(-limit);
  let sizeBytes = last.reduce((sum, match) => sum + match.text.length, 0);
  while (last.length > 1 && sizeBytes > PAGE_SIZE_BYTES_MAX) sizeBytes -= last.shift()?.text.length ?? 0;
  return last;
}

function visitMatches(
  view: LogView,
  { matcher }: LogSearch,
  block: Buffer,
  visitor: (match: Match) => boolean,
): void {
  matcher.visit(block, (line) => {
    const text = line();
    const head = decodeLogLineHead(text.slice(0, HEAD_LENGTH_MAX));
    if (head === undefined) throw damaged(view.path, "a line does not begin with its number");
    return visitor({ number: head.number, text });
  });
}

/** Matches in the block, as far as that is known without reading it. */
function knownCount(
  view: LogView,
  { filter, matcher, counts }: LogSearch,
  block: number,
): number | undefined {
  const ofLevel = countInBlock(view, block, filter.level ?? "debug");
  return ofLevel === 0 || matcher.isByLevelOnly ? ofLevel : counts?.countOf(block);
}

async function findNext(view: LogView, search: LogSearch, from: number): Promise<number | undefined> {
  const { matches } = await collectForward(view, search, { from, limit: 1 });
  return matches[0]?.number;
}

async function findPrevious(
  view: LogView,
  search: LogSearch,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<number | undefined> {
  const upTo = Math.min(before - 1, view.end.lineCount);
  if (upTo < 1) return undefined;
  if (search.filter.level === undefined && search.matcher.isByLevelOnly) return Math.max(1, upTo + 1 - limit);
  return findBackward(view, search, { upTo, limit });
}

/** The first of the last `limit` matches up to a line. Blocks whose matches are counted are read only where it must be. */
async function findBackward(
  view: LogView,
  search: LogSearch,
  { upTo, limit }: { readonly upTo: number; readonly limit: number },
): Promise<number | undefined> {
  const budget = createBudget();
  let missingCount = limit;
  let found: number | undefined;
  for (let block = blockOfLine(view, upTo); block >= 0 && missingCount > 0; block--) {
    const count = knownCount(view, search, block);
    const isWhole = view.position(block + 1).lineCount <= upTo;
    if (count === 0) continue;
    if (isWhole && count !== undefined && count < missingCount && hasMatchBefore(view, search, block)) {
      missingCount -= count;
      continue;
    }
    if (budget.isSpent()) break;
    const [bytes = NO_BYTES] = await view.readBlocks(block, block + 1);
    const numbers: number[] = [];
    visitMatches(view, search, bytes, ({ number }) => {
      if (number <= upTo) numbers.push(number);
      return number < upTo;
    });
    found = numbers.at(-missingCount) ?? numbers[0] ?? found;
    missingCount -= numbers.length;
    budget.spend(lineCountOf(view, block));
  }
  return found;
}

/** Whether a block before this one is known to have a match, so that this one's first match is not the answer. */
function hasMatchBefore(view: LogView, search: LogSearch, block: number): boolean {
  for (let earlier = block - 1; earlier >= 0; earlier--)
    if ((knownCount(view, search, earlier) ?? 0) > 0) return true;
  return false;
}

/** How much one request may look through where nothing is known beforehand. */
function createBudget(): { spend(lineCount: number): void; isSpent(): boolean } {
  let left = SCANNED_LINE_COUNT_MAX;
  return {
    spend: (lineCount) => {
      left -= lineCount;
    },
    isSpent: () => left <= 0,
  };
}
