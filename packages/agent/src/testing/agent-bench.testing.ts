/** One temporary place with a source directory, a store and a target, and the two operations on them. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSeededRandom, createSystemClock, secondsOf } from "@ironcore-backup/base";
import type { BackupPlan, BackupResult } from "../backup/backup-plan.ts";
import { takeBackup } from "../backup/take-backup.ts";
import type { Notice } from "../notice.ts";
import type { RestorePlan, RestoreResult } from "../restore/restore-plan.ts";
import { restoreSnapshot } from "../restore/restore-snapshot.ts";
import type { SnapshotSink } from "../snapshot-sink.ts";
import { DirectoryStore } from "./directory-store.testing.ts";

const THREAD_COUNT = 2;

export class AgentBench {
  readonly root = mkdtempSync(join(tmpdir(), "ironcore-agent-"));
  readonly source = join(this.root, "source");
  readonly clock = createSystemClock();
  readonly random = createSeededRandom(1);
  readonly store = new DirectoryStore(join(this.root, "chunks"), this.random);
  notices: Notice[] = [];
  #targetCount = 0;
  #lastBackupTime = 0;

  constructor() {
    mkdirSync(this.source);
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
      sink?: (sink: SnapshotSink) => SnapshotSink;
      signal?: AbortSignal;
      onProgress?: () => void;
    } = {},
  ): Promise<BackupResult> {
    this.notices = [];
    const settled = Math.max(this.settledTime(), this.#lastBackupTime + 1);
    this.#lastBackupTime = settled;
    const sink = this.store.sink(settled);
    // The clock is moved along with the snapshot's date, as if a second had passed.
    const clock = { ...this.clock, now: () => (settled * 1000) as ReturnType<typeof this.clock.now> };
    return takeBackup(
      { clock, random: this.random },
      { sources: [this.source], compressionLevel: 1, ...plan },
      {
        sink: options.sink === undefined ? sink : options.sink(sink),
        signal: options.signal ?? new AbortController().signal,
        threadCount: THREAD_COUNT,
        onNotice: (notice) => this.notices.push(notice),
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      },
    );
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
