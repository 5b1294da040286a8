/**
 * Which message an entry goes into. Pure bookkeeping of one target: the first few messages of a storm go out one by one, what
 * comes after them is gathered and told together, so that ten thousand failures are a handful of messages. Digests gather by
 * group until their hour.
 */

import { instantFromMs, nextRun, parseCalendarEvent } from "@ironcore-backup/base";
import type { Digest } from "@ironcore-backup/protocol";

/** So many messages within the window go out at once. */
export const BURST_COUNT = 5;
export const BURST_WINDOW_MS = 5 * 60_000;
export const DIGEST_HOUR_DEFAULT = 7;
const HOUR_MS = 3_600_000;

export interface PlannedMessage {
  readonly kind: "single" | "bundle" | "digest";
  readonly dueAt: number;
}

export interface Gathering<Id> extends PlannedMessage {
  readonly id: Id;
}

export interface GroupTiming {
  readonly digest?: Digest | undefined;
  readonly digestHour?: number | undefined;
  readonly timeZone?: string | undefined;
}

/** @typeParam Id  what names a message that gathers */
export class MessagePlan<Id> {
  /** When the last messages are due, oldest first. */
  #recent: number[];
  #bundle: Gathering<Id> | undefined;
  readonly #digests = new Map<string, Gathering<Id>>();
  readonly #timeZone: string;

  /** @param timeZone  of digests whose group names none */
  constructor(timeZone: string, recent: readonly number[] = []) {
    this.#timeZone = timeZone;
    this.#recent = recent.slice(-BURST_COUNT);
  }

  /** A message that gathered already, from the store. */
  adopt(group: string | undefined, message: Gathering<Id>): void {
    if (message.kind === "bundle") this.#bundle = message;
    else if (group !== undefined) this.#digests.set(group, message);
  }

  /** The message that an entry joins, or the one to make for it: then `made` is to be called. */
  place(
    group: string,
    timing: GroupTiming,
    at: number,
  ): { readonly into: Id } | { readonly make: PlannedMessage; readonly made: (id: Id) => void } {
    return timing.digest === undefined || timing.digest === "none"
      ? this.#placeNow(at)
      : this.#placeDigest(group, timing, at);
  }

  /** It is on its way, and gathers no more. */
  closed(id: Id): void {
    if (this.#bundle?.id === id) this.#bundle = undefined;
    for (const [group, digest] of this.#digests) if (digest.id === id) this.#digests.delete(group);
  }

  #placeNow(at: number): ReturnType<MessagePlan<Id>["place"]> {
    if (this.#bundle !== undefined && this.#bundle.dueAt > at) return { into: this.#bundle.id };
    this.#recent = this.#recent.filter((dueAt) => dueAt > at - BURST_WINDOW_MS).slice(-BURST_COUNT);
    const [oldest] = this.#recent;
    if (oldest === undefined || this.#recent.length < BURST_COUNT) {
      this.#recent.push(at);
      return { make: { kind: "single", dueAt: at }, made: () => undefined };
    }
    const make = { kind: "bundle", dueAt: oldest + BURST_WINDOW_MS } as const;
    this.#recent.push(make.dueAt);
    return {
      make,
      made: (id) => {
        this.#bundle = { ...make, id };
      },
    };
  }

  #placeDigest(group: string, timing: GroupTiming, at: number): ReturnType<MessagePlan<Id>["place"]> {
    const open = this.#digests.get(group);
    if (open !== undefined && open.dueAt > at) return { into: open.id };
    const make = { kind: "digest", dueAt: digestAfter(timing, this.#timeZone, at) } as const;
    return {
      make,
      made: (id) => {
        this.#digests.set(group, { ...make, id });
      },
    };
  }
}

function digestAfter({ digest, digestHour, timeZone }: GroupTiming, defaultZone: string, at: number): number {
  const hour = digest === "hourly" ? "*" : String(digestHour ?? DIGEST_HOUR_DEFAULT).padStart(2, "0");
  const event = parseCalendarEvent(`*-*-* ${hour}:00:00`, timeZone ?? defaultZone);
  return nextRun(event, instantFromMs(at)) ?? at + HOUR_MS;
}
