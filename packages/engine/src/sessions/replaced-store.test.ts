/** A store is known by its name, and a writer stays with the store that it began with. */
import { beforeEach, expect, test } from "vitest";
import type { MemoryDatastore } from "../datastore/datastore.testing.ts";
import { aMemoryDatastore } from "../datastore/datastore.testing.ts";
import { createDatastore } from "../datastore/datastore.ts";
import { assertStoreIdentity, ensureStoreIdentity, readStoreIdentity } from "../datastore/store-identity.ts";
import {
  aChunk,
  FIRST_TIME,
  requestFor,
  storeChunk,
  takeBackup,
  writeContent,
} from "./backup-builder.testing.ts";
import { openBackupSession } from "./backup-session.ts";

let needs: MemoryDatastore["needs"];
let datastore: MemoryDatastore["datastore"];
let identity: string;
beforeEach(async () => {
  ({ needs, datastore } = await aMemoryDatastore());
  identity = ensureStoreIdentity(needs, datastore);
});

const MIDDLE = "/aside";
const CONTENT = { chunks: [aChunk(1), aChunk(2)] };

/** What lies below a directory, with what is in the files. */
function contentOf(path: string): readonly string[] {
  return needs.disk
    .readdir(path)
    .toSorted()
    .flatMap((name) => {
      const below = `${path}/${name}`;
      return needs.disk.stat(below)?.kind === "directory"
        ? [below, ...contentOf(below)]
        : [`${below} ${needs.disk.stat(below)?.sizeBytes}`];
    });
}

/** The store goes from its path, and something else lies there: what a mount and an unmount do. */
async function replaceStore(other: "nothing" | "empty directory" | "another store"): Promise<void> {
  needs.disk.rename("/store", MIDDLE);
  if (other === "empty directory") needs.disk.mkdir("/store");
  if (other === "another store") await createDatastore(needs, "/store");
}

test("a store gets a name once, and keeps it", () => {
  expect(identity).toMatch(/^[0-9a-f]{32}$/);
  expect(ensureStoreIdentity(needs, datastore)).toBe(identity);
  expect(readStoreIdentity(needs, "/store")).toBe(identity);
});

test("another store at the path, named or not, is told from the one that was there", async () => {
  await replaceStore("another store");
  expect(() => assertStoreIdentity(needs, "/store", identity)).toThrow(/is not the one/);
  ensureStoreIdentity(needs, { path: "/store" });
  expect(() => assertStoreIdentity(needs, "/store", identity)).toThrow(/is not the one/);
  expect(() => assertStoreIdentity(needs, MIDDLE, identity)).not.toThrow();
});

test("a name that cannot be read is damage, and not the absence of a name", () => {
  needs.disk.unlink("/store/.store-identity");
  const file = needs.disk.open("/store/.store-identity", "create");
  file.pwrite(Buffer.from("something"), 0);
  file.close();
  expect(() => readStoreIdentity(needs, "/store")).toThrow(/holds no name/);
  expect(() => ensureStoreIdentity(needs, datastore)).toThrow(/holds no name/);
});

test("a backup that expects another store does not begin, and leaves nothing", async () => {
  await replaceStore("another store");
  const before = contentOf("/store");
  expect(() => openBackupSession(needs, datastore, { ...requestFor(FIRST_TIME), identity })).toThrow(
    /is not the one/,
  );
  expect(contentOf("/store")).toEqual(before);
});

for (const other of ["nothing", "empty directory", "another store"] as const) {
  test(`a backup whose store is replaced by ${other} while it runs writes nothing more, there or here`, async () => {
    await takeBackup(needs, datastore, requestFor(FIRST_TIME - 100), CONTENT);
    const session = openBackupSession(needs, datastore, { ...requestFor(FIRST_TIME), identity });
    const manifest = writeContent(needs, session, CONTENT);
    await replaceStore(other);
    const before = other === "nothing" ? [] : contentOf("/store");
    expect(() => storeChunk(needs, session, aChunk(3))).toThrow();
    await expect(session.finish(manifest)).rejects.toMatchObject({ code: "DATASTORE_REPLACED" });
    session.abort();
    if (other !== "nothing") expect(contentOf("/store")).toEqual(before);
    else expect(needs.disk.stat("/store")).toBeUndefined();
    // Put back, it is as sound as after a kill: the next backup of the group finds the leftover and goes on.
    if (other !== "nothing") needs.disk.removeTree("/store");
    needs.disk.rename(MIDDLE, "/store");
    await takeBackup(needs, datastore, { ...requestFor(FIRST_TIME + 100), identity }, CONTENT);
  });
}
