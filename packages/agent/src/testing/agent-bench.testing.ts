/** One temporary place with a source directory, a store and a target, and the two operations on them. */

import { createCipheriv } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSeededRandom, createSystemClock, instantFromMs, secondsOf } from "@ironcore-backup/base";
import type { BackupPlan, BackupResult } from "../backup/backup-plan.ts";
import { takeBackup } from "../backup/take-backup.ts";
import type { AgentProgress, Notice } from "../notice.ts";
import type { RestorePlan, RestoreResult } from "../restore/restore-plan.ts";
import { restoreSnapshot } from "../restore/restore-snapshot.ts";
import { DirectoryStore } from "./directory-store.testing.ts";

/** A thread costs more to start than these trees take to write. */
const THREAD_COUNT = 1;

export class AgentBench {
  readonly root = mkdtempSync(join(tmpdir(), "ironcore-agent-"));
  readonly source = join(this.root, "source");
  readonly clock = createSystemClock();
  readonly random = createSeededRandom(1);
  readonly store = new DirectoryStore(join(this.root, "chunks"), this.random);
  notices: Notice[] = [];
  #noiseCount = 1;
  #targetCount = 0;
  #lastBackupTime = 0;

  constructor() {
    mkdirSync(this.source);
  }

  /** Bytes that do not compress, fast, and the same in each run. */
  noise(sizeBytes: number): Uint8Array {
    const key = Buffer.alloc(16);
    key.writeUInt32LE(this.#noiseCount++);
    return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
  }

  codes(): string[] {
    return this.notices.map((notice) => notice.code).sort();
  }

  /**
   * The time that lets the next backup take everything as it is now for unchanged: a second later than the clock says.
   * Tests must not sleep, and change times cannot be set.
   */
  settledTime(): number {
    return secondsOf(this.clock.now()) + 1;
  }

  /** A backup whose snapshot is dated so that the next one may trust it (see `settledTime`). */
  async backup(
    plan: Partial<BackupPlan> = {},
    options: {
      signal?: AbortSignal;
      onProgress?: (progress: AgentProgress) => void;
      elapsedMs?: () => number;
    } = {},
  ): Promise<BackupResult> {
    this.notices = [];
    const settled = Math.max(this.settledTime(), this.#lastBackupTime + 1);
    this.#lastBackupTime = settled;
    const sink = this.store.sink(settled);
    // The clock is moved along with the snapshot's date, as if a second had passed.
    const clock = { ...this.clock, now: () => instantFromMs(settled * 1000), ...pick(options.elapsedMs) };
    return takeBackup(
      { clock, random: this.random },
      { sources: [this.source], compressionLevel: 1, ...plan },
      {
        sink,
        signal: options.signal ?? new AbortController().signal,
        threadCount: THREAD_COUNT,
        onNotice: (notice) => this.notices.push(notice),
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      },
    );
  }

  /** Options that call `change` between any two entries and any two pieces of a file. */
  duringWalk(change: (progress: AgentProgress) => void): {
    onProgress: (progress: AgentProgress) => void;
    elapsedMs: () => number;
  } {
    let elapsed = 0;
    return { onProgress: change, elapsedMs: () => (elapsed += 1000) };
  }

  newTarget(): string {
    return join(this.root, `target-${this.#targetCount++}`);
  }

  async restore(plan: Partial<RestorePlan> = {}): Promise<RestoreResult & { readonly target: string }> {
    this.notices = [];
    const target = plan.target ?? this.newTarget();
    const result = await restoreSnapshot(
      { clock: this.clock },
      { overwrite: "never", ...plan, target },
      {
        source: this.store.source(),
        signal: new AbortController().signal,
        threadCount: THREAD_COUNT,
        onNotice: (notice) => this.notices.push(notice),
      },
    );
    return { ...result, target };
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function pick(elapsedMs: (() => number) | undefined): { elapsedMs?: () => number } {
  return elapsedMs === undefined ? {} : { elapsedMs };
}
