/**
 * Which store this is: a random name in a small file beside `.chunks`, given once and kept for ever. A path only says where
 * to look; the server remembers the name, and what carries another one is not the datastore that it knows, however much
 * it looks like one: an older copy below the mount point, another disk on its place.
 *
 * The file is no part of the format: other programs ignore it, and a store without one gets it when it is taken over.
 */

import { randomHex } from "@ironcore-backup/base";
import type { Disk } from "../disk/disk.ts";
import { engineErrors } from "../errors.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import type { Datastore, EngineNeeds } from "./datastore.ts";

export const STORE_IDENTITY_NAME = ".store-identity";

const IDENTITY = /^[0-9a-f]{32}$/;
const IDENTITY_SIZE_BYTES = 16;
const FILE_SIZE_BYTES_MAX = 1024;

/** Undefined: the store has no name yet. @throws DATASTORE_DAMAGED when the file holds something else */
export function readStoreIdentity(needs: { disk: Disk }, storePath: string): string | undefined {
  const path = `${storePath}/${STORE_IDENTITY_NAME}`;
  if (needs.disk.stat(path) === undefined) return undefined;
  const text = Buffer.from(needs.disk.readFile(path, FILE_SIZE_BYTES_MAX)).toString("utf8").trim();
  if (IDENTITY.test(text)) return text;
  throw engineErrors.DATASTORE_DAMAGED({ path: storePath, detail: `${STORE_IDENTITY_NAME} holds no name` });
}

/** The store's name; gives it one when it has none. Durable when it returns. */
export function ensureStoreIdentity(needs: EngineNeeds, datastore: Datastore): string {
  const found = readStoreIdentity(needs, datastore.path);
  if (found !== undefined) return found;
  const identity = randomHex(needs.random, IDENTITY_SIZE_BYTES);
  writeFileAtomically(needs, `${datastore.path}/${STORE_IDENTITY_NAME}`, Buffer.from(`${identity}\n`));
  return identity;
}

/** @throws DATASTORE_NOT_SAME */
export function assertStoreIdentity(needs: { disk: Disk }, storePath: string, expected: string): void {
  const found = readStoreIdentity(needs, storePath);
  if (found === expected) return;
  const detail = found === undefined ? "it has no name" : `its name is ${found}`;
  throw engineErrors.DATASTORE_NOT_SAME({ path: storePath, expected, detail });
}
