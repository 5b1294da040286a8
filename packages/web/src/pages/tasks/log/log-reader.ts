/**
 * Holds a window of one task's log true: opens it somewhere, fetches on in either direction, and while it reaches the log's
 * end goes on with the lines of the stream.
 *
 *   open ─► fetches a page ─► held ─┬─ asked for more ─► fetches before or after
 *                                   ├─ stream tells lines ─► appended, where they follow
 *                                   └─ a gap, a cut, a reset ─► fetches from the last held line on
 *
 * Nothing that comes over the stream while an answer is on its way has to be kept: what then lacks is known by its number,
 * and fetched. It knows nothing of React.
 */

import { isCancelled, toCodedError } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { TaskLog, TaskLogLine } from "@ironcore-backup/protocol/calls";
import type { Live } from "../../../live/live.ts";
import {
  EMPTY_WINDOW,
  extendWindow,
  isAtEnd,
  isAtStart,
  replaceWindow,
  takeStreamed,
  trimWindow,
} from "./log-window.ts";
import type { LogFilter, LogWindow } from "./log-window.ts";

export const LOG_PAGE_LENGTH = 500;
/** So many lines are held at a time, some megabytes; whoever scrolls on has others fetched. */
export const HELD_LINE_COUNT_MAX = 5000;
/** Who lags this far behind the end is brought there at once, and not through every line between. */
const CATCH_UP_LINE_COUNT_MAX = 4 * LOG_PAGE_LENGTH;
/** Before a line that is opened, so much of what came before it. */
const LEAD_LINE_COUNT = 100;
/** Of a log that grows while one goes back in it. */
const BEFORE_TRY_COUNT_MAX = 3;

/** Where a log is opened. */
export type LogPlace =
  { readonly at: "start" } | { readonly at: "end" } | { readonly at: "line"; readonly number: number };

export interface LogView {
  readonly window: LogWindow;
  /** What is opened is on its way; the window is the one before. */
  readonly isOpening: boolean;
  /** Fetching failed; what is held stays. */
  readonly error?: unknown;
  /** What to bring into view, and a number that is another one at each opening. */
  readonly target: { readonly place: LogPlace; readonly opening: number };
}

export interface LogReader {
  readonly view: () => LogView;
  readonly subscribe: (listener: () => void) => () => void;
  readonly open: (place: LogPlace) => void;
  readonly loadBefore: () => void;
  readonly loadAfter: () => void;
  /** After a failure: once more what failed. */
  readonly retry: () => void;
  /** The task has ended with so many lines: what lacks is fetched. */
  readonly finish: (lineCount: number) => void;
  /** Whether the end is what is looked at: then the window is kept short at its beginning. */
  readonly setFollowing: (isFollowing: boolean) => void;
  readonly close: () => void;
}

export interface LogReaderNeeds {
  readonly client: Pick<Client, "call">;
  readonly live: Pick<Live, "followLog">;
}

export function createLogReader(
  needs: LogReaderNeeds,
  upid: string,
  options: { readonly filter: LogFilter; readonly place: LogPlace; readonly isFinished: boolean },
): LogReader {
  const reader = new Reader(needs, upid, options.filter, options.place);
  reader.open(options.place);
  if (!options.isFinished) reader.follow();
  return reader;
}

class Reader implements LogReader {
  readonly #needs: LogReaderNeeds;
  readonly #upid: string;
  readonly #filter: LogFilter;
  readonly #listeners = new Set<() => void>();
  #view: LogView;
  /** Of everything that is under way for the place that is open. */
  #life = new AbortController();
  #isLoading = { before: false, after: false };
  /** The window reached the log's end: lines of the stream are appended, and what lacks between is fetched. */
  #holdsEnd = false;
  /** The stream began while an answer was on its way that may be older. */
  #mayBeLonger = false;
  #isFollowing = false;
  #endFollow: (() => void) | undefined;

  constructor(needs: LogReaderNeeds, upid: string, filter: LogFilter, place: LogPlace) {
    this.#needs = needs;
    this.#upid = upid;
    this.#filter = filter;
    this.#view = { window: EMPTY_WINDOW, isOpening: true, target: { place, opening: 0 } };
  }

  readonly view = (): LogView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly setFollowing = (isFollowing: boolean): void => {
    this.#isFollowing = isFollowing;
  };

  follow(): void {
    this.#endFollow ??= this.#needs.live.followLog(this.#upid, {
      opened: () => {
        this.#mayBeLonger = true;
        this.#catchUp();
      },
      lines: (lines) => this.#takeLines(lines),
    });
  }

  readonly close = (): void => {
    this.#life.abort();
    this.#endFollow?.();
    this.#endFollow = undefined;
    this.#listeners.clear();
  };

  readonly open = (place: LogPlace): void => {
    this.#life.abort();
    this.#life = new AbortController();
    this.#isLoading = { before: false, after: false };
    this.#holdsEnd = false;
    const target = { place, opening: this.#view.target.opening + 1 };
    this.#set({ window: this.#view.window, isOpening: true, target });
    this.#run(async (signal) => {
      const [start, page] = await this.#fetchPlace(place, signal);
      this.#holdsEnd = page.nextStart === undefined;
      this.#set({ window: replaceWindow(this.#view.window, page, start), isOpening: false, target });
      this.#catchUp();
    });
  };

  readonly retry = (): void => {
    const { window, target } = this.#view;
    if (window.to < window.from) this.open(target.place);
    else this.loadAfter();
  };

  readonly loadBefore = (): void => {
    if (this.#view.isOpening || isAtStart(this.#view.window)) return;
    this.#load("before", (signal) => this.#fetchBefore(signal));
  };

  readonly loadAfter = (): void => {
    if (!this.#view.isOpening && !isAtEnd(this.#view.window)) this.#fetchOn();
  };

  readonly finish = (lineCount: number): void => {
    const { window } = this.#view;
    if (lineCount > window.lineCount) this.#setWindow({ ...window, lineCount });
    this.#catchUp();
  };

  async #fetchPlace(place: LogPlace, signal: AbortSignal): Promise<readonly [number, TaskLog]> {
    if (place.at !== "line") {
      const start = place.at === "start" ? 1 : -1;
      return [start, await this.#fetch(start, signal)];
    }
    const isFiltered = Object.values(this.#filter).some((part) => part !== undefined);
    // Under a filter nobody knows which lines come before it; they are fetched when they come into view.
    const start = isFiltered ? place.number : Math.max(1, place.number - LEAD_LINE_COUNT);
    const page = await this.#fetch(start, signal);
    if (page.lines.length > 0 || page.lineCount === 0) return [start, page];
    // Nothing at or after it: the last that there is.
    return [-1, await this.#fetch(-1, signal)];
  }

  /** A page that ends where the window begins, counted from the log's end. */
  async #fetchBefore(signal: AbortSignal): Promise<void> {
    for (let tries = 0; tries < BEFORE_TRY_COUNT_MAX; tries++) {
      const { from, lineCount } = this.#view.window;
      const start = from - 2 - lineCount;
      const page = await this.#fetch(start, signal);
      const window = extendWindow(this.#view.window, page, start);
      const trimmed = trimWindow(window, HELD_LINE_COUNT_MAX, "start");
      if (trimmed !== window) this.#holdsEnd = false;
      this.#set({ ...this.#view, error: undefined, window: trimmed });
      // A log that grew by more than a page meanwhile: from its new end once more.
      if (trimmed.from < from) return;
    }
  }

  /** From the last held line on. */
  #fetchOn(): void {
    this.#load("after", async (signal) => {
      const start = this.#view.window.to + 1;
      const page = await this.#fetch(start, signal);
      if (page.nextStart === undefined) this.#holdsEnd = true;
      const window = extendWindow(this.#view.window, page, start);
      this.#set({
        ...this.#view,
        error: undefined,
        window: trimWindow(window, HELD_LINE_COUNT_MAX, "end"),
      });
    });
  }

  #load(direction: "before" | "after", work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#isLoading[direction]) return;
    this.#isLoading[direction] = true;
    this.#run(async (signal) => {
      try {
        await work(signal);
      } finally {
        if (!signal.aborted) this.#isLoading[direction] = false;
      }
      this.#catchUp();
    });
  }

  /** Fetches what lacks at the end, as long as the window is held there. */
  #catchUp(): void {
    const { window, isOpening } = this.#view;
    if (isOpening || this.#isLoading.after) return;
    const mayBeLonger = this.#mayBeLonger;
    this.#mayBeLonger = false;
    if (!this.#holdsEnd) return;
    const missingCount = window.lineCount - window.to;
    if (missingCount > CATCH_UP_LINE_COUNT_MAX) {
      if (this.#isFollowing) this.open({ at: "end" });
      else this.#holdsEnd = false;
    } else if (missingCount > 0 || mayBeLonger) this.#fetchOn();
  }

  #takeLines(streamed: readonly TaskLogLine[]): void {
    const { window, isOpening } = this.#view;
    const next = takeStreamed(window, streamed, this.#filter);
    if (next === window) return;
    if (isOpening || !this.#holdsEnd) {
      // It only tells how long the log is: the window lies somewhere else.
      const { from, to, lines } = window;
      return this.#setWindow({ ...next, from, to, lines });
    }
    const trimmed = trimWindow(next, HELD_LINE_COUNT_MAX, this.#isFollowing ? "end" : "start");
    // Who reads something earlier keeps it: the end is let go.
    if (!this.#isFollowing && trimmed !== next) this.#holdsEnd = false;
    this.#setWindow(trimmed);
    this.#catchUp();
  }

  #fetch(start: number, signal: AbortSignal): Promise<TaskLog> {
    const { level, stage, text } = this.#filter;
    return this.#needs.client.call("getTaskLog", {
      params: { upid: this.#upid },
      query: {
        start,
        limit: LOG_PAGE_LENGTH,
        ...(level === undefined ? {} : { level }),
        ...(stage === undefined ? {} : { stage }),
        ...(text === undefined ? {} : { text }),
      },
      signal,
    });
  }

  #run(work: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#life;
    work(signal).catch((thrown: unknown) => {
      if (signal.aborted || isCancelled(thrown)) return;
      this.#set({ ...this.#view, isOpening: false, error: toCodedError(thrown) });
    });
  }

  #setWindow(window: LogWindow): void {
    this.#set({ ...this.#view, window });
  }

  #set(view: LogView): void {
    this.#view = view;
    for (const listener of [...this.#listeners]) listener();
  }
}
