/** Tells that somebody may do other things than before, so that open streams are looked at at once. */

/** @param userId  whose rights or proofs changed; undefined: anybody's */
export type RevocationListener = (userId: string | undefined) => void;

export interface Revocations {
  subscribe(listener: RevocationListener): () => void;
  tell(userId: string | undefined): void;
}

export function createRevocations(): Revocations {
  const listeners = new Set<RevocationListener>();
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell: (userId) => {
      for (const listener of listeners) listener(userId);
    },
  };
}
