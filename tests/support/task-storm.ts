/**
 * Keeps an installation busy with small real backups, restores and verifies, remembers every promise that the server gave
 * (a UPID is one), and compares in the end what became of each.
 */

import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { createSeededRandom } from "@ironcore-backup/base";
import { isErrorShape } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { Task } from "@ironcore-backup/protocol/calls";
import { textBytes } from "./tree.ts";

type Random = ReturnType<typeof createSeededRandom>;

export const DATASTORE = "main";
const GROUP_COUNT = 12;
const SMALL_FILE_COUNT = 30;
const POSTS_AT_ONCE = 4;

interface StormOptions {
  /** Directories that it may fill. */
  readonly sources: string;
  readonly targets: string;
  /** Text in each source; at the highest compression a megabyte is some tenths of a second of one core. */
  readonly largeFileSizeBytes: number;
}

export class TaskStorm {
  readonly #options: StormOptions;
  readonly #random: Random;
  /** UPIDs that the server answered with. */
  readonly promised: string[] = [];
  /** Where restores go that may still be at work, by UPID. */
  readonly #targets = new Map<string, string>();
  #targetCount = 0;

  constructor(options: StormOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  growSources(): void {
    for (let at = 0; at < GROUP_COUNT; at++) {
      const source = join(this.#options.sources, `g${at}`);
      mkdirSync(source, { recursive: true });
      for (let file = 0; file < SMALL_FILE_COUNT; file++)
        writeFileSync(
          join(source, `file-${file}`),
          textBytes(this.#random, this.#random.integer(10, 20_000)),
        );
      this.#touchSource(at);
    }
  }

  /** New content, so that the next backup of the group has work. */
  #touchSource(group: number): void {
    const path = join(this.#options.sources, `g${group}`, "large");
    // Beside and renamed: a backup that reads the old one reads on.
    const fresh = join(this.#options.sources, `fresh-${group}`);
    writeFileSync(fresh, textBytes(this.#random, this.#options.largeFileSizeBytes));
    renameSync(fresh, path);
  }

  /** One backup of each group, so that there is something to restore. */
  async begin(client: Client): Promise<void> {
    for (let group = 0; group < GROUP_COUNT; group++) await this.#post(this.#backup(client, group));
  }

  /** Tops up until so many tasks are queued or running; ends early when the server goes away. */
  async fill(client: Client, activeCount: number): Promise<void> {
    const status = await client.call("getStatus", {});
    let missing = activeCount - status.queuedTaskCount - status.runningTaskCount;
    const more = async (): Promise<void> => {
      while (missing > 0) {
        missing--;
        await this.#post(this.#startOne(client));
      }
    };
    await Promise.all(Array.from({ length: POSTS_AT_ONCE }, more));
  }

  async #post(started: Promise<{ readonly upid: string }>): Promise<void> {
    this.promised.push((await started).upid);
  }

  async #startOne(client: Client): Promise<{ readonly upid: string }> {
    const group = this.#random.integer(0, GROUP_COUNT - 1);
    const dice = this.#random.integer(1, 10);
    const snapshot = `host/g${group}/latest`;
    if (dice <= 2) return client.call("startVerify", { body: { datastore: DATASTORE, snapshot } });
    if (dice <= 4) {
      const target = join(this.#options.targets, String(this.#targetCount++));
      const started = await client.call("startRestore", { body: { datastore: DATASTORE, snapshot, target } });
      this.#targets.set(started.upid, target);
      return started;
    }
    if (dice <= 7) this.#touchSource(group);
    return this.#backup(client, group);
  }

  #backup(client: Client, group: number): Promise<{ readonly upid: string }> {
    const paths = [join(this.#options.sources, `g${group}`)];
    return client.call("startBackup", {
      body: { datastore: DATASTORE, id: `g${group}`, paths, compressionLevel: 19 },
    });
  }

  /** Of the restores that are over. */
  async dropTargets(client: Client): Promise<void> {
    for (const [upid, target] of this.#targets) {
      const { endedAt } = await client.call("getTask", { params: { upid } });
      if (endedAt === undefined) continue;
      rmSync(target, { recursive: true, force: true });
      this.#targets.delete(upid);
    }
  }

  /** Every promise as it is now. @throws when the server does not know one of them */
  async readAll(client: Client): Promise<Task[]> {
    const tasks: Task[] = [];
    for (const upid of this.promised) tasks.push(await client.call("getTask", { params: { upid } }));
    return tasks;
  }
}

/** The server went away in the middle of a request: no promise was given. */
export function isGone(cause: unknown): boolean {
  return isErrorShape(cause) && ["SERVER_UNREACHABLE", "SERVER_STOPPING"].includes(cause.code);
}
