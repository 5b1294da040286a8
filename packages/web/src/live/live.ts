/**
 * The one place of a page that listens: it holds the event stream open, fetches a snapshot where facts alone do not tell
 * everything, and folds what comes into the live state, at most once a frame.
 *
 *   start ─► connected ─► snapshot asked for, facts that come meanwhile are held
 *                              │ arrives
 *                              ▼
 *            state = snapshot, then the held facts, then every further one ◄──┐
 *                              │ connection lost: state stays, contact says so │ back, without a gap: go on
 *                              ▼                                              │
 *                            lost ────────────────────────────────────────────┘
 *
 * `stream-reset` (the server cannot tell every fact since then) asks for a new snapshot. It knows nothing of React.
 */

import { isCancelled, toCodedError } from "@ironcore-backup/base";
import type { Clock, Random } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import { createEventWish, readEvents } from "@ironcore-backup/client";
import type { EventFilter } from "@ironcore-backup/client";
import type { Event, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { fetchLiveSnapshot } from "./live-snapshot.ts";
import { EMPTY_LIVE_STATE, foldFacts } from "./live-state.ts";
import type { Contact, LiveState } from "./live-state.ts";

/** After what waiting was not expected to mend, and after a snapshot that failed. */
const RESTART_DELAY_MS = 5000;
/** A hidden page draws no frames; so many facts are folded without waiting for one. */
const PENDING_COUNT_MAX = 2000;
/** The stream tells the lines of no more tasks at a time. */
const LOG_COUNT_MAX = 8;

export interface LiveNeeds {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** Runs it once before the next frame is drawn. */
  readonly schedule: (run: () => void) => void;
}

/** Facts of one frame in their order, or word that anything may have changed. */
export type LiveNews = { readonly facts: readonly Event[] } | { readonly facts: "reset" };

export interface LogFollower {
  /** Lines are told from now on. What was written before, and up to now, is to be fetched; after a reset again. */
  readonly opened: () => void;
  /** In their order, once a frame. The first ones may be known already. */
  readonly lines: (lines: readonly TaskLogLine[]) => void;
}

export interface Live {
  readonly state: () => LiveState;
  /** Told after every change of `state()`. @returns ends it */
  readonly subscribe: (listener: () => void) => () => void;
  /** Told what came, after it was folded. @returns ends it */
  readonly onNews: (listener: (news: LiveNews) => void) => () => void;
  /** Asks for the log lines of this task too. At most eight tasks at a time. @returns ends it */
  readonly followLog: (upid: string, follower: LogFollower) => () => void;
  readonly start: () => void;
  /** Ends the stream and forgets everything. */
  readonly stop: () => void;
}

export function createLive(needs: LiveNeeds): Live {
  const listener = new Listener(needs);
  return {
    state: () => listener.state,
    subscribe: (told) => listener.changes.add(told),
    onNews: (told) => listener.news.add(told),
    followLog: (upid, follower) => listener.followLog(upid, follower),
    start: () => listener.start(),
    stop: () => listener.stop(),
  };
}

class Listener {
  state: LiveState = EMPTY_LIVE_STATE;
  readonly changes = createBell<undefined>();
  readonly news = createBell<LiveNews>();
  readonly #needs: LiveNeeds;
  #pending: Event[] = [];
  /** Facts since a snapshot was asked for; absent when none is. */
  #held: Event[] | undefined;
  #life: AbortController | undefined;
  readonly #wish = createEventWish();
  readonly #followed = new Set<{ readonly upid: string; readonly follower: LogFollower }>();
  /** Tasks whose lines come over the stream as it is open now. */
  #openLogs: ReadonlySet<string> = new Set();

  constructor(needs: LiveNeeds) {
    this.#needs = needs;
  }

  start(): void {
    if (this.#life !== undefined) return;
    this.#life = new AbortController();
    // It ends with its signal and answers for everything else itself.
    void this.#run(this.#life.signal);
  }

  stop(): void {
    this.#life?.abort();
    this.#life = undefined;
    this.#pending = [];
    this.#held = undefined;
    this.#openLogs = new Set();
    this.#set(EMPTY_LIVE_STATE);
  }

  followLog(upid: string, follower: LogFollower): () => void {
    const followed = { upid, follower };
    this.#followed.add(followed);
    if (this.#openLogs.has(upid)) follower.opened();
    else this.#wishForLogs();
    return () => {
      this.#followed.delete(followed);
      this.#wishForLogs();
    };
  }

  #wishForLogs(): void {
    const upids = new Set([...this.#followed].map(({ upid }) => upid));
    this.#wish.change(upids.size === 0 ? {} : { logOf: [...upids].slice(0, LOG_COUNT_MAX) });
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#read(signal);
      } catch (thrown) {
        if (signal.aborted || isCancelled(thrown)) return;
        this.#lose(toCodedError(thrown).message);
        await this.#needs.clock.sleep(RESTART_DELAY_MS, signal).catch(() => undefined);
      }
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const options = { signal, wish: this.#wish, outageMsMax: Infinity };
    for await (const news of readEvents(this.#needs, options)) {
      if (signal.aborted) return;
      if (news.news === "lost") this.#lose(news.reason);
      else if (news.news === "connected") this.#connected(news, signal);
      else this.#take(news.event, signal);
    }
  }

  #lose(reason: string): void {
    if (this.state.contact.state === "lost") return;
    this.#contact({ state: "lost", since: this.#needs.clock.now(), reason });
  }

  #connected(
    { resumed, filter }: { readonly resumed: boolean; readonly filter: EventFilter },
    signal: AbortSignal,
  ): void {
    const before = resumed ? this.#openLogs : new Set<string>();
    this.#openLogs = new Set(filter.logOf);
    this.#tellOpened(({ upid }) => this.#openLogs.has(upid) && !before.has(upid));
    // Without a number to go on from, something may have been missed.
    if (!resumed) this.#askForSnapshot(signal);
    else if (this.#held === undefined) this.#contact({ state: "live" });
  }

  #tellOpened(isNew: (followed: { readonly upid: string }) => boolean): void {
    for (const followed of [...this.#followed]) if (isNew(followed)) followed.follower.opened();
  }

  #take(fact: Event, signal: AbortSignal): void {
    if (fact.kind === "stream-reset") {
      this.#tellOpened(({ upid }) => this.#openLogs.has(upid));
      return this.#askForSnapshot(signal);
    }
    this.#held?.push(fact);
    this.#pending.push(fact);
    if (this.#pending.length === 1) this.#needs.schedule(() => this.#flush());
    else if (this.#pending.length >= PENDING_COUNT_MAX) this.#flush();
  }

  #flush(): void {
    const facts = this.#pending;
    if (facts.length === 0) return;
    this.#pending = [];
    this.#set(foldFacts(this.state, facts));
    this.news.ring({ facts });
    this.#tellLines(facts);
  }

  #tellLines(facts: readonly Event[]): void {
    for (const { upid, follower } of [...this.#followed]) {
      const lines = facts.flatMap((fact) =>
        fact.kind === "task-logged" && fact.upid === upid ? fact.lines : [],
      );
      if (lines.length > 0) follower.lines(lines);
    }
  }

  #askForSnapshot(signal: AbortSignal): void {
    // One that is under way is too old by now: its facts begin anew.
    const held: Event[] = [];
    this.#held = held;
    const { client, clock } = this.#needs;
    const isCurrent = (): boolean => this.#held === held && !signal.aborted;
    fetchLiveSnapshot(client, signal).then(
      (snapshot) => {
        if (!isCurrent()) return;
        this.#held = undefined;
        this.#set(foldFacts({ contact: { state: "live" }, ...snapshot }, held));
        this.news.ring({ facts: "reset" });
      },
      async (thrown: unknown) => {
        if (!isCurrent()) return;
        this.#lose(toCodedError(thrown).message);
        await clock.sleep(RESTART_DELAY_MS, signal).catch(() => undefined);
        if (isCurrent()) this.#askForSnapshot(signal);
      },
    );
  }

  #contact(contact: Contact): void {
    this.#set({ ...this.state, contact });
  }

  #set(state: LiveState): void {
    if (state === this.state) return;
    this.state = state;
    this.changes.ring(undefined);
  }
}

interface Bell<Word> {
  readonly add: (listener: (word: Word) => void) => () => void;
  readonly ring: (word: Word) => void;
}

function createBell<Word>(): Bell<Word> {
  const listeners = new Set<(word: Word) => void>();
  return {
    add(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ring(word) {
      for (const listener of [...listeners]) listener(word);
    },
  };
}
