/**
 * Keeps an installation busy with small real backups, restores and verifies, remembers every promise that the server gave
 * (a UPID is one), and compares in the end what became of each.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
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
/** At the highest compression some tenths of a second of one core. */
const LARGE_FILE_SIZE_BYTES = 1_000_000;
const POSTS_AT_ONCE = 4;

interface Paths {
  readonly sources: string;
  readonly targets: string;
}

export class TaskStorm {
  readonly #paths: Paths;
  readonly #random: Random;
  /** UPIDs that the server answered with. */
  readonly promised: string[] = [];
  #targetCount = 0;

  constructor(paths: Paths, random: Random) {
    this.#paths = paths;
    this.#random = random;
  }

  growSources(): void {
    for (let at = 0; at < GROUP_COUNT; at++) {
      const source = join(this.#paths.sources, `g${at}`);
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
    const path = join(this.#paths.sources, `g${group}`, "large");
    writeFileSync(path, textBytes(this.#random, LARGE_FILE_SIZE_BYTES));
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

  #startOne(client: Client): Promise<{ readonly upid: string }> {
    const group = this.#random.integer(0, GROUP_COUNT - 1);
    const dice = this.#random.integer(1, 10);
    const snapshot = `host/g${group}/latest`;
    if (dice <= 2) return client.call("startVerify", { body: { datastore: DATASTORE, snapshot } });
    if (dice <= 4) {
      const target = join(this.#paths.targets, String(this.#targetCount++));
      return client.call("startRestore", { body: { datastore: DATASTORE, snapshot, target } });
    }
    if (dice <= 7) this.#touchSource(group);
    return this.#backup(client, group);
  }

  #backup(client: Client, group: number): Promise<{ readonly upid: string }> {
    const paths = [join(this.#paths.sources, `g${group}`)];
    return client.call("startBackup", {
      body: { datastore: DATASTORE, id: `g${group}`, paths, compressionLevel: 19 },
    });
  }

  dropTargets(): void {
    rmSync(this.#paths.targets, { recursive: true, force: true });
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
