/**
 * The digests that one session has handled, shared by its threads.
 *
 * Open addressing in shared memory: each place has a state word and the 32 bytes of a digest. A thread claims a place by
 * exchanging EMPTY for WRITING, writes the digest, then publishes it with HELD; so of two threads with the same new
 * chunk exactly one gets to store it. Digests are never removed. A full table only stops remembering: the caller then
 * asks the store, which is slower and just as right.
 */

const EMPTY = 0;
const WRITING = 1;
const HELD = 2;

const WORDS_PER_PLACE = 9;
const COUNT_WORD = 0;
const HEADER_WORDS = 2;
/** Places taken at most, of all places; beyond it searches get long. */
const LOAD_MAX = 0.75;
/** How often another thread's half-written place is looked at again; each look waits up to a millisecond. */
const WRITING_LOOK_COUNT_MAX = 50;

/** `claimed`: new here, and now the caller's to store. `seen`: another call has claimed it. `full`: nothing is known. */
export type Claim = "claimed" | "seen" | "full";

export interface DigestTable {
  /** To be posted to threads, which open it with `openDigestTable`. */
  readonly shared: SharedArrayBuffer;
  /** @param digest  32 bytes, copied */
  claim(digest: Uint8Array): Claim;
}

/** @param digestCountMax  how many are remembered; memory is 48 bytes each, taken as it fills */
export function createDigestTable(digestCountMax: number): DigestTable {
  const placeCount = 2 ** Math.ceil(Math.log2(Math.max(16, digestCountMax / LOAD_MAX)));
  return openDigestTable(new SharedArrayBuffer((HEADER_WORDS + placeCount * WORDS_PER_PLACE) * 4));
}

/** A thread's own door to a table made elsewhere. */
export function openDigestTable(shared: SharedArrayBuffer): DigestTable {
  const words = new Int32Array(shared);
  const placeCount = (words.length - HEADER_WORDS) / WORDS_PER_PLACE;
  const countMax = Math.floor(placeCount * LOAD_MAX);
  const wanted = new Int32Array(8);
  const wantedBytes = new Uint8Array(wanted.buffer);

  const isWanted = (place: number): boolean => {
    for (let word = 0; word < 8; word++) if (words[place + 1 + word] !== wanted[word]) return false;
    return true;
  };

  /** A thread ended in mid-write would leave WRITING for ever; after a bounded wait the place counts as another's. */
  const settledState = (place: number): number => {
    for (let look = 0; look < WRITING_LOOK_COUNT_MAX; look++) {
      const state = Atomics.load(words, place);
      if (state !== WRITING) return state;
      Atomics.wait(words, place, WRITING, 1);
    }
    return WRITING;
  };

  const tryHold = (place: number): boolean => {
    if (Atomics.compareExchange(words, place, EMPTY, WRITING) !== EMPTY) return false;
    words.set(wanted, place + 1);
    Atomics.store(words, place, HELD);
    Atomics.notify(words, place);
    Atomics.add(words, COUNT_WORD, 1);
    return true;
  };

  return {
    shared,
    claim(digest) {
      wantedBytes.set(digest);
      let index = (wanted[0] ?? 0) & (placeCount - 1);
      for (;;) {
        const place = HEADER_WORDS + index * WORDS_PER_PLACE;
        const state = settledState(place);
        if (state === HELD && isWanted(place)) return "seen";
        if (state === EMPTY) {
          if (Atomics.load(words, COUNT_WORD) >= countMax) return "full";
          // When another thread was quicker, the same place is looked at again: it may hold the same digest.
          if (tryHold(place)) return "claimed";
          continue;
        }
        index = (index + 1) & (placeCount - 1);
      }
    },
  };
}
