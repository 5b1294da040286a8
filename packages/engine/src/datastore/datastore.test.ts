import { createFakeClock, createSeededRandom, parseAuthId, parseNamespace } from "@ironcore-backup/base";
import { describe, expect, it } from "vitest";
import { createMemoryDisk } from "../disk/memory-disk.ts";
import { countChunks, countDatastore } from "./datastore-statistics.ts";
import { aGroup, aMemoryDatastore } from "./datastore.testing.ts";
import { createDatastore, openDatastore } from "./datastore.ts";
import {
  changeGroupOwner,
  findGroupOwner,
  listGroups,
  mayWriteGroup,
  setGroupNotes,
  readGroupNotes,
} from "./group.ts";
import { createNamespace, hasNamespace, listNamespaces } from "./namespace.ts";
import { groupPath, namespacePath } from "./snapshot-path.ts";

function aDisk() {
  return createMemoryDisk({ clock: createFakeClock() });
}

describe("creating a datastore", () => {
  it("makes all 65,536 chunk directories below a new path, and opens as what it is", async () => {
    const disk = aDisk();
    const fractions: number[] = [];
    const created = await createDatastore({ disk }, "/mnt//backup/./store/", {
      onProgress: (fraction) => fractions.push(fraction),
    });
    expect(created.path).toBe("/mnt/backup/store");
    const names = disk.readdir("/mnt/backup/store/.chunks");
    expect(names).toHaveLength(65_536);
    expect(names.toSorted().at(0)).toBe("0000");
    expect(names.toSorted().at(-1)).toBe("ffff");
    expect(fractions.at(-1)).toBe(1);
    expect(openDatastore({ disk }, "/mnt/backup/store")).toEqual(created);
    expect(disk.stat("/mnt/backup/store/.lock")?.sizeBytes).toBe(0);
  });

  it("opens an existing datastore instead of making it again", async () => {
    const { needs, datastore } = await aMemoryDatastore();
    createNamespace(needs, datastore, parseNamespace("a"));
    expect(await createDatastore(needs, "/store")).toEqual(datastore);
    expect(hasNamespace(needs, datastore, parseNamespace("a"))).toBe(true);
  });

  it("takes an empty directory, also a fresh file system's with lost+found", async () => {
    const disk = aDisk();
    disk.mkdir("/mnt");
    disk.mkdir("/mnt/lost+found");
    expect((await createDatastore({ disk }, "/mnt")).path).toBe("/mnt");
  });

  it("refuses a directory with anything else in it", async () => {
    const disk = aDisk();
    disk.mkdir("/home");
    disk.mkdir("/home/letters");
    await expect(createDatastore({ disk }, "/home")).rejects.toMatchObject({
      code: "DATASTORE_DIRECTORY_IN_USE",
      message: "/home is neither empty nor a datastore: it contains letters",
    });
    expect(disk.readdir("/home")).toEqual(["letters"]);
  });

  it("refuses a place inside another datastore, however deep", async () => {
    const { needs } = await aMemoryDatastore();
    for (const path of ["/store/inner", "/store/deep/inner", "/store/.chunks/0000"]) {
      await expect(createDatastore(needs, path)).rejects.toMatchObject({ code: "DATASTORE_NESTED" });
    }
    expect(needs.disk.readdir("/store").toSorted()).toEqual([".chunks", ".lock"]);
  });

  it("refuses a path that is not absolute or climbs", async () => {
    const disk = aDisk();
    for (const path of ["store", "", "/a/../b", "/a\0b"]) {
      await expect(createDatastore({ disk }, path)).rejects.toMatchObject({
        code: "DATASTORE_DIRECTORY_IN_USE",
      });
    }
  });

  it("leaves nothing that opens when it is cancelled, and is finished by trying again", async () => {
    const disk = aDisk();
    const controller = new AbortController();
    const creating = createDatastore({ disk }, "/store", {
      signal: controller.signal,
      onProgress: (fraction) => {
        if (fraction > 0.1) controller.abort();
      },
    });
    await expect(creating).rejects.toMatchObject({ code: "CANCELLED" });
    expect(() => openDatastore({ disk }, "/store")).toThrow(
      expect.objectContaining({ code: "DATASTORE_MISSING" }),
    );
    await createDatastore({ disk }, "/store");
    expect(disk.readdir("/store").toSorted()).toEqual([".chunks", ".lock"]);
  });

  it("refuses a second creation of the same datastore while one runs", async () => {
    const disk = aDisk();
    const first = createDatastore({ disk }, "/store");
    await expect(createDatastore({ disk }, "/store")).rejects.toMatchObject({ code: "DATASTORE_BUSY" });
    await first;
    expect(disk.readdir("/store/.chunks")).toHaveLength(65_536);
  });

  it("is durable when it resolves", async () => {
    const { needs } = await aMemoryDatastore();
    needs.disk.cutPower(createSeededRandom(3));
    expect(openDatastore(needs, "/store").path).toBe("/store");
    expect(needs.disk.readdir("/store/.chunks")).toHaveLength(65_536);
  });
});

describe("opening a datastore", () => {
  it("says when there is none, as with a file system that is not mounted", () => {
    expect(() => openDatastore({ disk: aDisk() }, "/mnt/store")).toThrow(
      "There is no datastore in /mnt/store: it has no .chunks directory",
    );
  });

  it("says when chunk directories are missing", async () => {
    const { needs } = await aMemoryDatastore();
    needs.disk.rmdir("/store/.chunks/ffff");
    expect(() => openDatastore(needs, "/store")).toThrow(
      expect.objectContaining({ code: "DATASTORE_DAMAGED" }),
    );
  });
});

describe("namespaces", () => {
  it("lie in an ns directory each, and list parents before children", async () => {
    const { needs, datastore } = await aMemoryDatastore();
    for (const name of ["b", "a/deep/er", "a"]) createNamespace(needs, datastore, parseNamespace(name));
    expect(namespacePath(datastore, parseNamespace("a/deep"))).toBe("/store/ns/a/ns/deep");
    expect(listNamespaces(needs, datastore)).toEqual(["", "a", "a/deep", "a/deep/er", "b"]);
    expect(listNamespaces(needs, datastore, parseNamespace("a/deep"))).toEqual(["a/deep", "a/deep/er"]);
    expect(() => listNamespaces(needs, datastore, parseNamespace("c"))).toThrow(
      expect.objectContaining({ code: "NAMESPACE_MISSING" }),
    );
  });

  it("leave strangers' directories alone", async () => {
    const { needs, datastore } = await aMemoryDatastore();
    createNamespace(needs, datastore, parseNamespace("a"));
    needs.disk.mkdir("/store/ns/.hidden");
    needs.disk.open("/store/ns/file", "create").close();
    expect(listNamespaces(needs, datastore)).toEqual(["", "a"]);
  });
});

describe("groups", () => {
  it("list by type and name, and only directories whose names are ids", async () => {
    const { needs, datastore } = await aMemoryDatastore();
    for (const path of ["vm", "vm/100", "host", "host/web", "host/db", "host/.stranger", "other"]) {
      needs.disk.mkdir(`/store/${path}`);
    }
    needs.disk.open("/store/host/file", "create").close();
    const groups = listGroups(needs, datastore, parseNamespace(""));
    expect(groups.map(({ type, id }) => `${type}/${id}`)).toEqual(["vm/100", "host/db", "host/web"]);
    expect(await countDatastore(needs, datastore)).toMatchObject({
      namespaceCount: 1,
      groupCount: 3,
      snapshotCount: 0,
    });
  });

  it("remember owner and notes", async () => {
    const { needs, datastore } = await aMemoryDatastore();
    const group = aGroup();
    needs.disk.mkdir("/store/host");
    needs.disk.mkdir(groupPath(datastore, group));
    expect(findGroupOwner(needs, datastore, group)).toBeUndefined();
    changeGroupOwner(needs, datastore, group, parseAuthId("alice@internal!laptop"));
    setGroupNotes(needs, datastore, group, "grün\nzwei");
    expect(findGroupOwner(needs, datastore, group)).toBe("alice@internal!laptop");
    expect(readGroupNotes(needs, datastore, group)).toBe("grün\nzwei");
    expect(needs.disk.readdir(groupPath(datastore, group)).toSorted()).toEqual(["notes", "owner"]);
  });

  it("may be written by their owner, and a token's group by the token's user, not the other way round", () => {
    const [user, token, other] = ["a@pam", "a@pam!t", "b@pam"].map((text) => parseAuthId(text));
    const may = (owner = user, authId = user): boolean =>
      owner !== undefined && authId !== undefined && mayWriteGroup(owner, authId);
    expect(may(user, user)).toBe(true);
    expect(may(token, user)).toBe(true);
    expect(may(token, token)).toBe(true);
    expect(may(user, token)).toBe(false);
    expect(may(user, other)).toBe(false);
    expect(may(token, other)).toBe(false);
  });
});

describe("counting chunks", () => {
  it("counts chunks and bad ones, and not the temporaries", async () => {
    const { needs, datastore } = await aMemoryDatastore();
    const hex = `abcd${"0".repeat(60)}`;
    for (const name of [hex, `${hex}.0.bad`, `${hex}.tmp_1_1`]) {
      const file = needs.disk.open(`/store/.chunks/abcd/${name}`, "create");
      file.pwrite(new Uint8Array(10), 0);
    }
    expect(await countChunks(needs, datastore)).toEqual({ chunkCount: 1, sizeBytes: 10, badChunkCount: 1 });
  });
});
