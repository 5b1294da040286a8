/**
 * The newest facts in the order of their numbers, bounded by count and by size. What it had to forget it remembers as
 * one number: whoever has not read beyond it has missed something.
 */

import type { RecordedEvent } from "./event-stream.ts";

/** Forgotten entries at the front are cut off only now and then, so that forgetting one costs nothing. */
const SLACK_COUNT_MAX = 1024;

export class EventRing {
  readonly #countMax: number;
  readonly #sizeBytesMax: number;
  #events: (RecordedEvent | undefined)[] = [];
  #first = 0;
  #sizeBytes = 0;
  #forgottenUpTo: number;

  /** @param bornAt  the number before its first fact */
  constructor(bornAt: number, options: { readonly countMax: number; readonly sizeBytesMax: number }) {
    this.#forgottenUpTo = bornAt;
    this.#countMax = options.countMax;
    this.#sizeBytesMax = options.sizeBytesMax;
  }

  /** Number of the newest fact that is gone. */
  get forgottenUpTo(): number {
    return this.#forgottenUpTo;
  }

  push(event: RecordedEvent): void {
    this.#events.push(event);
    this.#sizeBytes += sizeOf(event);
    // The newest stays, however large: it has not been read by anybody yet.
    while (this.#count() > 1 && (this.#count() > this.#countMax || this.#sizeBytes > this.#sizeBytesMax))
      this.#forgetFirst();
  }

  /** Position of the first fact after this number, for `at`. */
  positionAfter(sequence: number): number {
    let low = this.#first;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.sequence ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Undefined behind the newest. */
  at(position: number): RecordedEvent | undefined {
    return this.#events[position];
  }

  #count(): number {
    return this.#events.length - this.#first;
  }

  #forgetFirst(): void {
    const event = this.#events[this.#first];
    this.#events[this.#first] = undefined;
    this.#first++;
    this.#sizeBytes -= event === undefined ? 0 : sizeOf(event);
    this.#forgottenUpTo = event?.sequence ?? this.#forgottenUpTo;
    if (this.#first < SLACK_COUNT_MAX || this.#first < this.#events.length / 2) return;
    this.#events = this.#events.slice(this.#first);
    this.#first = 0;
  }
}

function sizeOf({ frame, guestFrame }: RecordedEvent): number {
  return frame.length + (guestFrame === frame ? 0 : guestFrame.length);
}
