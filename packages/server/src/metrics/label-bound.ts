/**
 * How many names one label may have. People make jobs and datastores; without a bound a house with very many of them would
 * flood the monitoring system. Names over the bound count as `other`, and a metric says how many there are.
 */

const OTHER = "other";

/** The most names that each label has. Error codes and routes are few, but it takes no trust to know it. */
export const LABEL_COUNTS_MAX = {
  job_name: 1000,
  datastore: 200,
  code: 200,
  target: 100,
  route: 300,
} as const;

export interface LabelBound {
  /** The name itself, or `other` when the bound was reached before it came. */
  fit(name: string): string;
  /** Whether it has series of its own. */
  has(name: string): boolean;
  /**
   * These are all there are, as a list has them that may be some seconds old.
   * @returns those that were in such a list before and are gone: their series can go, too
   */
  keepOnly(names: readonly string[]): readonly string[];
  /** Names that were folded into `other`, of those there are now. */
  foldedCount(): number;
}

export function createLabelBound(countMax: number): LabelBound {
  const own = new Set<string>();
  const folded = new Set<string>();
  const listed = new Set<string>();
  const fit = (name: string): string => {
    if (own.has(name)) return name;
    if (own.size < countMax) {
      own.add(name);
      folded.delete(name);
      return name;
    }
    // How many there are is worth knowing up to some number; it must not grow for ever.
    if (folded.size < FOLDED_COUNT_MAX) folded.add(name);
    return OTHER;
  };
  return {
    fit,
    has: (name) => own.has(name),
    keepOnly: (names) => {
      const there = new Set(names);
      // One that no list has had yet may be newer than this list.
      const gone = [...listed].filter((name) => !there.has(name));
      for (const name of gone) for (const names of [own, folded, listed]) names.delete(name);
      for (const name of names) {
        fit(name);
        listed.add(name);
      }
      return gone;
    },
    foldedCount: () => folded.size,
  };
}

const FOLDED_COUNT_MAX = 100_000;
