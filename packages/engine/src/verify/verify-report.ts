/** What a verification says about one snapshot. */

import type { Digest, ErrorShape, Instant, SnapshotRef } from "@ironcore-backup/base";

export interface VerifyFinding {
  readonly kind: "corrupt" | "missing";
  /** The file of the snapshot it was found in; `index.json.blob` for the manifest itself. */
  readonly archive: string;
  /** The chunk, where it is one. */
  readonly digest?: Digest;
  readonly reason: string;
  /** The corrupt chunk was renamed, so that the next backup writes it anew. */
  readonly isSetAside: boolean;
}

export type VerifyResult = "ok" | "corrupt" | "missing";

export interface VerifyReport {
  readonly snapshot: SnapshotRef;
  readonly startedAt: Instant;
  readonly durationMs: number;
  /** Both kinds found: corrupt. */
  readonly result: VerifyResult;
  /** Distinct chunks that were read for this snapshot, and those that an earlier one of the same pass had read. */
  readonly checkedChunkCount: number;
  readonly sharedChunkCount: number;
  /** Bytes of chunks as stored. */
  readonly readSizeBytes: number;
  /** Chunks that the pass which this one goes on with had found sound. */
  readonly freshChunkCount: number;
  /** Of the chunks that were read, by what was checked. */
  readonly checks: {
    /** The digest was computed again. */
    readonly digestCount: number;
    /** Encrypted, no key: the bytes were compared with the SHA-256 of what was stored. */
    readonly storedDigestCount: number;
    /** Encrypted, no key, and nothing was written down when they were stored. It is now. */
    readonly checksumOnlyCount: number;
  };
  /** `not-checked`: no key was given, or another one. */
  readonly signature: "valid" | "unsigned" | "invalid" | "not-checked";
  /** The first ones; `findingCount` counts all. */
  readonly findings: readonly VerifyFinding[];
  readonly findingCount: number;
  /** The verdict could not be written into the manifest. */
  readonly stateError?: ErrorShape;
}

/** A snapshot with more than this is beyond reading about; every finding still goes to `onFinding`. */
const LISTED_FINDING_COUNT_MAX = 10_000;

/** Gathers the findings of one snapshot. */
export interface FindingList {
  readonly findings: readonly VerifyFinding[];
  readonly findingCount: number;
  readonly result: VerifyResult;
  add(finding: VerifyFinding): void;
}

export function createFindingList(onFinding: (finding: VerifyFinding) => void): FindingList {
  const findings: VerifyFinding[] = [];
  let findingCount = 0;
  let result: VerifyResult = "ok";
  return {
    findings,
    get findingCount() {
      return findingCount;
    },
    get result() {
      return result;
    },
    add: (finding) => {
      findingCount++;
      if (result !== "corrupt") result = finding.kind;
      if (findings.length < LISTED_FINDING_COUNT_MAX) findings.push(finding);
      onFinding(finding);
    },
  };
}
