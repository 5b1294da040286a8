/**
 * Brings the facts to everyone who reads the event stream, and lets no reader harm another.
 *
 * Nobody has a queue of his own. A reader has a position in the stream; a sweep over all readers writes to each what
 * lies behind its position, readers with the same wish and the same sight get the very same bytes. Who has not taken
 * the last piece is passed over until it has, so a slow reader costs one piece of memory. When it takes the next one, it
 * goes on where it stood, or gets `stream-reset` when that is too long ago or gone. Who takes nothing at all is cut.
 *
 *   fact ──► (a moment, so that many facts travel together) ──► sweep: 64 readers, a breath, the next 64, …
 *
 * Every few seconds each reader's sight is worked out anew: who may see other things than before gets `stream-reset`,
 * whose session or token is over gets the end of the stream.
 */

import type { Clock } from "@ironcore-backup/base";
import { isCancelled } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { EventFilter, EventSight } from "../tasks/event-filter.ts";
import type { EventBatch, EventStream } from "../tasks/event-stream.ts";

export interface EventFanoutLimits {
  readonly readerCountMax: number;
  /** Of one user, with all their tokens and sessions. */
  readonly readersPerUserMax: number;
}

export const DEFAULT_EVENT_LIMITS: EventFanoutLimits = { readerCountMax: 5000, readersPerUserMax: 200 };

/** Piece that one write takes; a single larger fact travels alone. */
const PIECE_SIZE_BYTES_MAX = 128 * 1024;
/** Pieces to one reader before it is the others' turn. */
const PIECE_COUNT_MAX = 8;
/** Facts of one moment travel together; a person does not see it. */
const SWEEP_INTERVAL_MS_MIN = 20;
const SWEEP_INTERVAL_MS_MAX = 150;
/** With many readers more facts travel together: each write costs some 25 µs of encryption, however short it is. */
const SWEEP_INTERVAL_MS_PER_READER = 0.1;
/** A sweep that takes long is followed by a rest as long, so that requests are answered meanwhile. */
const REST_FACTOR = 1;
const READERS_PER_BREATH = 64;
/** Proxies and mobile networks drop what is silent for longer. */
const PING_INTERVAL_MS = 15_000;
const WATCH_INTERVAL_MS = 3000;
/** So long behind, a reader is better off with the state as it is now. */
const LAG_MS_MAX = 10_000;
/** So long without taking a byte that waits for it. */
const STUCK_MS_MAX = 60_000;

/** What is written to: the raw answer of HTTP/1.1 or HTTP/2. */
export interface EventSink {
  write(bytes: Uint8Array | string): boolean;
  end(): void;
  destroy(): void;
  on(event: "drain" | "close" | "error", listener: () => void): unknown;
}

export interface EventAudience {
  readonly filter: EventFilter;
  readonly sight: EventSight;
  /** Goes on behind this number; undefined: with what happens next. */
  readonly after: number | undefined;
  /** Whose stream it is, for the bound. */
  readonly user: string;
  /** Readers with the same proof see the same and end together. */
  readonly proof: string;
  /** The sight as it is now. @throws when the proof is good no more */
  readonly look: () => Promise<EventSight>;
}

export interface EventFanout {
  /** Before the answer is begun. @throws EVENT_READERS_TOO_MANY */
  assertRoom(user: string): void;
  /** Writes to the sink until it closes or `close` is called. Its head is written already. */
  add(sink: EventSink, audience: EventAudience): void;
  readerCount(): number;
  /** Looks at once at what this user's readers may see now; undefined: at everybody's. */
  lookAgain(user: string | undefined): void;
  /** Ends all streams. */
  close(): void;
}

interface Reader extends EventAudience {
  readonly sink: EventSink;
  sight: EventSight;
  /** Same for all who get the same bytes. */
  key: string;
  position: number;
  /** Since when it has not taken what it was sent. */
  blockedAtMs: number | undefined;
  /** Since when it has not had everything. */
  behindAtMs: number | undefined;
  writtenAtMs: number;
}

export function createEventFanout(
  needs: { readonly clock: Clock; readonly events: EventStream },
  limits: EventFanoutLimits = DEFAULT_EVENT_LIMITS,
): EventFanout {
  const fanout = new Fanout(needs, limits);
  return {
    assertRoom: (user) => fanout.assertRoom(user),
    add: (sink, audience) => fanout.add(sink, audience),
    readerCount: () => fanout.readers.size,
    lookAgain: (user) => fanout.lookAgain(user),
    close: () => fanout.close(),
  };
}

class Fanout {
  readonly readers = new Set<Reader>();
  readonly #clock: Clock;
  readonly #events: EventStream;
  readonly #limits: EventFanoutLimits;
  readonly #countOfUser = new Map<string, number>();
  readonly #closing = new AbortController();
  /** Batches of this sweep by reader key and position. */
  readonly #batches = new Map<string, { readonly batch: EventBatch; readonly bytes: Buffer }>();
  #isSweeping = false;
  #isWatching = false;
  #isNews = false;
  #restUntilMs = 0;

  constructor(needs: { readonly clock: Clock; readonly events: EventStream }, limits: EventFanoutLimits) {
    this.#clock = needs.clock;
    this.#events = needs.events;
    this.#limits = limits;
    needs.events.subscribe(() => this.#wake());
  }

  assertRoom(user: string): void {
    const { readerCountMax, readersPerUserMax } = this.#limits;
    if (this.readers.size >= readerCountMax)
      throw serverErrors.EVENT_READERS_TOO_MANY({ limit: "of this server", readerCountMax });
    if ((this.#countOfUser.get(user) ?? 0) >= readersPerUserMax)
      throw serverErrors.EVENT_READERS_TOO_MANY({ limit: `of ${user}`, readerCountMax: readersPerUserMax });
  }

  add(sink: EventSink, audience: EventAudience): void {
    const { filter, sight, after, user } = audience;
    const reader: Reader = {
      ...audience,
      sink,
      key: keyOf(filter, sight),
      position: after ?? this.#events.sequence(),
      blockedAtMs: undefined,
      behindAtMs: undefined,
      writtenAtMs: this.#clock.elapsedMs(),
    };
    this.readers.add(reader);
    this.#countOfUser.set(user, (this.#countOfUser.get(user) ?? 0) + 1);
    const leave = (): void => this.#remove(reader);
    sink.on("close", leave);
    sink.on("error", leave);
    sink.on("drain", () => {
      reader.blockedAtMs = undefined;
      this.#wake();
    });
    // The number at once: a reader that loses the connection before the first fact has something to come back with.
    this.#write(reader, `retry: 1000\nid: ${reader.position}\n\n`);
    if (reader.position !== this.#events.sequence()) this.#feed(reader);
    this.#watch();
  }

  lookAgain(user: string | undefined): void {
    const readers = [...this.readers].filter((reader) => user === undefined || reader.user === user);
    this.#lookAt(readers).catch(throwUnlessCancelled);
  }

  close(): void {
    this.#closing.abort();
    for (const reader of this.readers) this.#end(reader);
  }

  #remove(reader: Reader): void {
    if (!this.readers.delete(reader)) return;
    const left = (this.#countOfUser.get(reader.user) ?? 1) - 1;
    if (left > 0) this.#countOfUser.set(reader.user, left);
    else this.#countOfUser.delete(reader.user);
  }

  #end(reader: Reader): void {
    this.#remove(reader);
    reader.sink.end();
  }

  #wake(): void {
    this.#isNews = true;
    if (this.#isSweeping || this.readers.size === 0) return;
    this.#isSweeping = true;
    this.#sweepWhileNews().catch(throwUnlessCancelled);
  }

  async #sweepWhileNews(): Promise<void> {
    try {
      while (this.#isNews) {
        const restMs = Math.max(this.#sweepIntervalMs(), this.#restUntilMs - this.#clock.elapsedMs());
        await this.#clock.sleep(restMs, this.#closing.signal);
        this.#isNews = false;
        const startedMs = this.#clock.elapsedMs();
        await this.#sweep();
        const endedMs = this.#clock.elapsedMs();
        this.#restUntilMs = endedMs + (endedMs - startedMs) * REST_FACTOR;
      }
    } finally {
      this.#isSweeping = false;
    }
  }

  #sweepIntervalMs(): number {
    const wantedMs = this.readers.size * SWEEP_INTERVAL_MS_PER_READER;
    return Math.min(SWEEP_INTERVAL_MS_MAX, Math.max(SWEEP_INTERVAL_MS_MIN, wantedMs));
  }

  async #sweep(): Promise<void> {
    let count = 0;
    for (const reader of this.readers) {
      this.#feed(reader);
      if (++count % READERS_PER_BREATH === 0) await breath();
    }
    this.#batches.clear();
  }

  /** Everything that it has not had, as far as it takes it. */
  #feed(reader: Reader): void {
    for (let piece = 0; piece < PIECE_COUNT_MAX; piece++) {
      if (reader.position === this.#events.sequence()) {
        reader.behindAtMs = undefined;
        return;
      }
      const nowMs = this.#clock.elapsedMs();
      reader.behindAtMs ??= nowMs;
      if (reader.blockedAtMs !== undefined || !this.readers.has(reader)) return;
      if (nowMs - reader.behindAtMs > LAG_MS_MAX) this.#reset(reader);
      else this.#feedPiece(reader);
    }
    this.#wake();
  }

  #feedPiece(reader: Reader): void {
    const { batch, bytes } = this.#batchFor(reader);
    if (batch.outcome === "reset") return this.#reset(reader);
    reader.position = batch.upTo;
    if (bytes.length > 0) this.#write(reader, bytes);
  }

  #batchFor(reader: Reader): { readonly batch: EventBatch; readonly bytes: Buffer } {
    const key = `${reader.position} ${reader.key}`;
    const known = this.#batches.get(key);
    if (known !== undefined) return known;
    const { filter, sight, position } = reader;
    const batch = this.#events.read(position, { filter, sight, sizeBytesMax: PIECE_SIZE_BYTES_MAX });
    const made = { batch, bytes: batch.outcome === "reset" ? NOTHING : Buffer.concat(batch.frames) };
    if (this.#isSweeping) this.#batches.set(key, made);
    return made;
  }

  #reset(reader: Reader): void {
    reader.position = this.#events.sequence();
    reader.behindAtMs = undefined;
    this.#write(reader, this.#events.resetFrame());
  }

  #write(reader: Reader, bytes: Uint8Array | string): void {
    const nowMs = this.#clock.elapsedMs();
    reader.writtenAtMs = nowMs;
    if (!reader.sink.write(bytes)) reader.blockedAtMs ??= nowMs;
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const turn = async (): Promise<void> => {
      try {
        while (this.readers.size > 0) {
          await this.#clock.sleep(WATCH_INTERVAL_MS, this.#closing.signal);
          this.#keepAlive();
          await this.#lookAt([...this.readers]);
        }
      } finally {
        this.#isWatching = false;
      }
    };
    turn().catch(throwUnlessCancelled);
  }

  #keepAlive(): void {
    const nowMs = this.#clock.elapsedMs();
    for (const reader of this.readers) {
      if (reader.blockedAtMs === undefined) {
        if (nowMs - reader.writtenAtMs >= PING_INTERVAL_MS)
          this.#write(reader, `id: ${reader.position}\n: ping\n\n`);
      } else if (nowMs - reader.blockedAtMs >= STUCK_MS_MAX) {
        this.#remove(reader);
        reader.sink.destroy();
      }
    }
  }

  async #lookAt(some: readonly Reader[]): Promise<void> {
    const byProof = Map.groupBy(some, (reader) => reader.proof);
    for (const readers of byProof.values()) {
      const sight = await readers[0]?.look().catch(() => undefined);
      for (const reader of readers) {
        if (!this.readers.has(reader)) continue;
        // Whatever the reason: who cannot be proven to may is not told more. A reader that may comes back.
        if (sight === undefined) this.#end(reader);
        else this.#changeSight(reader, sight);
      }
      await breath();
    }
  }

  #changeSight(reader: Reader, sight: EventSight): void {
    const key = keyOf(reader.filter, sight);
    if (key === reader.key) return;
    reader.sight = sight;
    reader.key = key;
    // What it sees now may have been told before it saw it, and what it saw may be gone.
    this.#reset(reader);
  }
}

const NOTHING = Buffer.alloc(0);

/** Same text, same bytes for the reader. */
function keyOf(filter: EventFilter, sight: EventSight): string {
  const plain = (_name: string, value: unknown): unknown =>
    value instanceof Set ? [...value].map(String).toSorted() : value;
  return JSON.stringify([filter, sight], plain);
}

/** Lets the event loop answer others. */
function breath(): Promise<void> {
  return new Promise((next) => setImmediate(next));
}

function throwUnlessCancelled(cause: unknown): void {
  if (!isCancelled(cause)) throw cause;
}
