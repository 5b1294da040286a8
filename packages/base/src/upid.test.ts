import { expect, test } from "vitest";
import fc from "fast-check";
import { escapeWorkerId, formatUpid, parseUpid, unescapeWorkerId } from "./upid.ts";

test("reads the field's own example", () => {
  const parts = parseUpid("UPID:elsa:00004F37:0039E469:00000000:5CA78B83:garbage_collection::root@pam:");
  expect(parts).toMatchObject({
    node: "elsa",
    pid: 0x4f37,
    type: "garbage_collection",
    workerId: "",
    authId: "root@pam",
  });
  expect(formatUpid(parts)).toBe(parts.upid);
});

test("escapes worker ids as the field does", () => {
  expect(escapeWorkerId("store1:vm/100")).toBe("store1\\x3avm-100");
  expect(escapeWorkerId("host/node-a")).toBe("host-node\\x2da");
  expect(escapeWorkerId(".x")).toBe("\\x2ex");
});

test("any worker id reads back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (id) => unescapeWorkerId(escapeWorkerId(id)) === id),
  );
});

test.each([
  "",
  "UPID:",
  "UPID:a:1:2:3:4:t:i:r@p:",
  "UPID:../x:00000001:00000001:00000001:00000001:t::root@pam:",
  "UPID:a:00000001:00000001:00000001:00000001:t/x::root@pam:",
])("refuses %j", (text) => {
  expect(() => parseUpid(text)).toThrow("UPID");
});
