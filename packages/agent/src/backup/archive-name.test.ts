import { expect, test } from "vitest";
import { parseArchiveName } from "@ironcore-backup/base";
import { archiveStems, imageArchiveName, metadataArchiveName } from "./archive-name.ts";

test("names an archive after its source, the same in every snapshot", () => {
  expect(archiveStems(["/usr/share", "/", "/srv/"])).toEqual(["usr-share", "root", "srv"]);
});

test("keeps names apart where two paths would share one", () => {
  const stems = archiveStems(["/a/b", "/a-b", "/root", "/", "/x", "/x.img"]);
  expect(new Set(stems.map(imageArchiveName)).size).toBe(6);
  expect(archiveStems(["/a/b"])).toEqual(["a-b"]);
  expect(stems[0]).toMatch(/^a-b-[0-9a-f]{8}$/);
});

test("makes an allowed name of any path", () => {
  const odd = ["/.hidden", "/-dash", "/caf\xc3\xa9", "/with space", `/${"long/".repeat(200)}`, "/\xff"];
  const stems = archiveStems(odd);
  expect(new Set(stems).size).toBe(odd.length);
  for (const stem of stems) expect(parseArchiveName(metadataArchiveName(stem))).toContain(stem);
});

test("does not call an image img twice", () => {
  expect(imageArchiveName("vm-disk.img")).toBe("vm-disk.img.fidx");
  expect(imageArchiveName("dev-sda")).toBe("dev-sda.img.fidx");
});
