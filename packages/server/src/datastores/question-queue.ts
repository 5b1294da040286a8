/** Questions that read much of a datastore: one at a time, a few wait, and more are told so at once. */

/** Each lasts at most 100 s, and the caller waits ten minutes. */
const WAITING_COUNT_MAX = 4;

export interface QuestionQueue {
  /** Waits for those before it. @returns "busy" at once when too many wait */
  ask<T>(work: () => Promise<T>): Promise<T> | "busy";
}

export function createQuestionQueue(): QuestionQueue {
  let last: Promise<unknown> = Promise.resolve();
  let waitingCount = 0;
  return {
    ask: (work) => {
      if (waitingCount >= WAITING_COUNT_MAX) return "busy";
      waitingCount++;
      const answer = last.then(work);
      // The next one goes on, however this one ends; its own caller is told.
      last = answer.catch(() => undefined).finally(() => waitingCount--);
      return answer;
    },
  };
}
