/** Lets a few through at once; the others wait in the order they came. */

export interface Turnstile {
  pass<Result>(step: () => Promise<Result>): Promise<Result>;
}

export function createTurnstile(countMax: number): Turnstile {
  let freeCount = countMax;
  const waiting: (() => void)[] = [];
  return {
    pass: async (step) => {
      if (freeCount > 0) freeCount--;
      else await new Promise<void>((enter) => waiting.push(enter));
      try {
        return await step();
      } finally {
        const next = waiting.shift();
        // The place goes straight to the next one.
        if (next === undefined) freeCount++;
        else next();
      }
    },
  };
}
