import fc from "fast-check";
import { expect, test } from "vitest";
import { CodedError } from "@ironcore-backup/base";
import { decodeAttributes, encodeAttributes, encodeStat, readStat } from "./pxar-metadata.ts";
import type { PxarAttributes } from "./pxar-metadata.ts";

const permissions = fc.nat(7);
const id = fc.nat(0xffffffff);
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Uint8Array.from(array));
const entries = fc.array(fc.record({ id, permissions }), { maxLength: 5 });
const xattrName = fc
  .uint8Array({ minLength: 1, maxLength: 255, min: 1 })
  .map((name) => Buffer.from(name).toString("latin1"));

/** Only what an archive tells apart: no empty access list, since it has no item for one. */
const attributes: fc.Arbitrary<PxarAttributes> = fc.record(
  {
    xattrs: fc.array(fc.record({ name: xattrName, value: bytes(300) }), { maxLength: 4 }),
    acl: fc
      .record(
        { users: entries, groups: entries, groupObject: permissions },
        { requiredKeys: ["users", "groups"] },
      )
      .filter((acl) => acl.users.length + acl.groups.length > 0 || acl.groupObject !== undefined),
    defaultAcl: fc.record(
      {
        userObject: permissions,
        groupObject: permissions,
        other: permissions,
        mask: permissions,
        users: entries,
        groups: entries,
      },
      { requiredKeys: ["users", "groups"] },
    ),
    capabilities: bytes(40),
    quotaProjectId: id,
  },
  { requiredKeys: ["xattrs"] },
);

test("any attributes come back as they were", () => {
  fc.assert(
    fc.property(attributes, (value) => {
      expect(decodeAttributes(encodeAttributes(value), 0)).toEqual(value);
    }),
  );
});

test("any stat comes back as it was, from long before 1970 to long after", () => {
  const stat = fc.record({
    mode: fc.nat(0o177777),
    flags: fc.maxSafeNat(),
    uid: id,
    gid: id,
    mtimeSeconds: fc.maxSafeInteger(),
    mtimeNanos: fc.nat(999_999_999),
  });
  fc.assert(
    fc.property(stat, (value) => {
      const encoded = encodeStat(value);
      expect(readStat(new DataView(encoded.buffer), 0, 0)).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

test("attributes that are cut or changed anywhere end in an answer or a coded error", () => {
  const decode = (changed: Uint8Array): void => {
    try {
      decodeAttributes(changed, 0);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== "ARCHIVE_CORRUPT") throw error;
    }
  };
  fc.assert(
    fc.property(attributes, fc.nat(), fc.nat(255), (value, place, byte) => {
      const encoded = encodeAttributes(value);
      if (encoded.length === 0) return;
      const at = place % encoded.length;
      decode(encoded.subarray(0, at));
      decode(Uint8Array.from(encoded, (old, i) => (i === at ? byte : old)));
    }),
    { numRuns: 500 },
  );
});
