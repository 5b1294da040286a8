/**
 * How many lines of each block pass a filter. Found out once by reading the log from its first block on, kept for the
 * next page of the same search, and gone on with when the log has grown. The last block is never kept: it may grow.
 */

import type { LogMatcher } from "./log-matcher.ts";
import { endOfRun } from "./log-view.ts";
import type { LogView } from "./log-view.ts";

/** Lines that one request reads through at most: one or two seconds of work, in pieces of some milliseconds. */
export const SCANNED_LINE_COUNT_MAX = 5_000_000;

export class LogMatchCounts {
  readonly #matcher: LogMatcher;
  readonly #counts: number[] = [];
  #total = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(matcher: LogMatcher) {
    this.#matcher = matcher;
  }

  /** Undefined for a block that was not looked at. */
  countOf(block: number): number | undefined {
    return this.#counts[block];
  }

  /**
   * Looks at blocks that were not looked at yet, as many as one request may.
   * @returns the matches of the whole log, undefined when some of it is still to be looked at
   */
  async complete(view: LogView, options: { readonly lineCountMax: number }): Promise<number | undefined> {
    // One after the other: who comes second finds what the first has found.
    const turn = this.#turn.then(() => this.#complete(view, options.lineCountMax));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #complete(view: LogView, lineCountMax: number): Promise<number | undefined> {
    const last = view.blockCount - 1;
    const lineCountBefore = view.position(this.#counts.length).lineCount;
    while (this.#counts.length < last) {
      const first = this.#counts.length;
      if (view.position(first).lineCount - lineCountBefore >= lineCountMax) return undefined;
      const end = Math.min(last, endOfRun(view, first));
      for (const block of await view.readBlocks(first, end)) {
        const count = this.#matcher.count(block);
        this.#counts.push(count);
        this.#total += count;
      }
    }
    // The view may be older than what another request has looked at meanwhile.
    const total = this.#total - this.#counts.slice(Math.max(0, last)).reduce((sum, count) => sum + count, 0);
    if (last < 0) return 0;
    const [block] = await view.readBlocks(last, view.blockCount);
    return total + (block === undefined ? 0 : this.#matcher.count(block));
  }
}
