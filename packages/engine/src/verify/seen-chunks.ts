/**
 * What one pass over many snapshots already knows: a chunk shared by all of them is read once. Plain and encrypted
 * references are kept apart, because the kind is part of what is checked.
 */

import type { Digest } from "@ironcore-backup/base";
import { createDigestSet } from "../digests/digest-set.ts";
import type { DigestSet } from "../digests/digest-set.ts";

export interface KnownDamage {
  readonly kind: "corrupt" | "missing";
  readonly reason: string;
  readonly isSetAside: boolean;
}

export interface SeenChunks {
  readonly plain: DigestSet;
  readonly encrypted: DigestSet;
  /** By digest, with `damageKey`. Few, one hopes. */
  readonly damage: Map<string, KnownDamage>;
}

export function createSeenChunks(): SeenChunks {
  return { plain: createDigestSet(), encrypted: createDigestSet(), damage: new Map() };
}

export function damageKey(digest: Digest, encrypted: boolean): string {
  return encrypted ? `encrypted ${digest}` : digest;
}
