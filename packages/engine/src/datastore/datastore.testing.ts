/** A datastore in memory, for tests. */

import { createFakeClock, createSeededRandom, parseBackupId, ROOT_NAMESPACE } from "@ironcore-backup/base";
import type { FakeClock, GroupRef } from "@ironcore-backup/base";
import { createMemoryDisk } from "../disk/memory-disk.ts";
import type { MemoryDisk } from "../disk/memory-disk.ts";
import { createDatastore } from "./datastore.ts";
import type { Datastore, EngineNeeds } from "./datastore.ts";

export interface MemoryDatastore {
  readonly needs: EngineNeeds & { readonly disk: MemoryDisk; readonly clock: FakeClock };
  readonly datastore: Datastore;
}

export async function aMemoryDatastore(seed = 1): Promise<MemoryDatastore> {
  const clock = createFakeClock();
  const needs = { disk: createMemoryDisk({ clock }), clock, random: createSeededRandom(seed) };
  return { needs, datastore: await createDatastore(needs, "/store") };
}

export function aGroup(id = "web"): GroupRef {
  return { namespace: ROOT_NAMESPACE, type: "host", id: parseBackupId(id) };
}
