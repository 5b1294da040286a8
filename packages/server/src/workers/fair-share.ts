/** Shares an amount among those who want of it: nobody gets more than they want, and nobody gets less than another for it. */

/**
 * @param wanted  what each wants, zero or more
 * @returns what each gets, in the same order; together `amount`, or all that is wanted if that is less
 */
export function shareFairly(amount: number, wanted: readonly number[]): number[] {
  const shares = wanted.map(() => 0);
  let rest = amount;
  // From the most modest on: whoever wants less than an equal share leaves the difference to the others.
  const order = wanted.map((_, at) => at).toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  order.forEach((at, place) => {
    const share = Math.min(wanted[at] ?? 0, rest / (order.length - place));
    shares[at] = share;
    rest -= share;
  });
  return shares;
}
