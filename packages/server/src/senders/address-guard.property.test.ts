import { BlockList } from "node:net";
import { expect, test } from "vitest";
import fc from "fast-check";
import { bareHost, canonicalAddress, isOwnName, isPrivateAddress, literalAddress } from "./address-guard.ts";

/** Another's reading of the same registry, in another notation. */
const PRIVATE = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "255.255.255.255"],
] as const;
const list = new BlockList();
for (const [first, last] of PRIVATE) list.addRange(first, last, "ipv4");

const numberOf = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const dotted = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
const anyAddress = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const privateAddress = fc
  .constantFrom(...PRIVATE)
  .chain(([first, last]) => fc.integer({ min: numberOf(first), max: numberOf(last) }));

/** One number as the URL standard reads it: decimal, hexadecimal, octal. */
const numeral = (value: number): fc.Arbitrary<string> =>
  fc.constantFrom(
    String(value),
    `0x${value.toString(16)}`,
    `0X${value.toString(16).toUpperCase()}`,
    `0${value.toString(8)}`,
  );

/** The ways to write an IPv4 address that the URL standard takes. */
const written = (value: number): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: 4 }).chain((partCount) => {
    const bytes = dotted(value).split(".").map(Number);
    const head = bytes.slice(0, partCount - 1);
    const tail = bytes.slice(partCount - 1).reduce((sum, byte) => sum * 256 + byte, 0);
    const hidden = (text: string): string => text.replaceAll("1", "%31");
    const wide = (text: string): string =>
      text.replaceAll(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
    return fc
      .tuple(
        fc.tuple(...[...head, tail].map(numeral)),
        fc.constantFrom("", "."),
        fc.constantFrom((text: string) => text, hidden, wide),
      )
      .map(([parts, dot, disguise]) => `${disguise(parts.join("."))}${dot}`);
  });

test("whatever way a private address is written, it is refused once a URL was made of it", () => {
  const form = privateAddress.chain((value) => written(value));
  fc.assert(
    fc.property(form, (text) => {
      const literal = literalAddress(new URL(`http://${text}/`).hostname);
      expect(literal, text).toBeDefined();
      expect(isPrivateAddress(literal ?? ""), text).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("an IPv4 address is private exactly where the registry says so, and so is what stands for it in IPv6", () => {
  fc.assert(
    fc.property(fc.oneof(anyAddress, privateAddress), (value) => {
      const address = dotted(value);
      const expected = list.check(address, "ipv4");
      const hex = value.toString(16).padStart(8, "0");
      const groups = `${hex.slice(0, 4)}:${hex.slice(4)}`;
      const forms = [address, `::ffff:${address}`, `::FFFF:${groups}`, `64:ff9b::${groups}`];
      for (const form of [...forms, `2002:${groups}::1`]) expect(isPrivateAddress(form), form).toBe(expected);
      // As URL writes them.
      const host = bareHost(new URL(`http://[::ffff:${address}]/`).hostname);
      expect(isPrivateAddress(host), host).toBe(expected);
      // Never public: an address that is only compatible, one in a Teredo tunnel.
      expect(isPrivateAddress(`::${address}`)).toBe(true);
      expect(isPrivateAddress(`2001:0:${groups}::${groups}`)).toBe(true);
      expect(canonicalAddress(`::ffff:${groups}`)).toBe(canonicalAddress(address));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["::", true],
  ["::1", true],
  ["fe80::1%eth0", true],
  ["fc00::1", true],
  ["fdff:1234::1", true],
  ["fec0::1", true],
  ["ff02::1", true],
  ["2001:db8::1", true],
  ["3fff:fff::1", true],
  ["100::1", true],
  ["64:ff9b:1::808:808", true],
  ["5f00::1", true],
  ["not an address", true],
  ["2606:4700:4700::1111", false],
  ["2a00:1450:4001:81b::200e", false],
  ["2001:4860:4860::8888", false],
  ["8.8.8.8", false],
] as const)("%s: private is %s", (address, expected) => expect(isPrivateAddress(address)).toBe(expected));

test("names of this machine are known, and others are not taken for them", () => {
  for (const name of ["localhost", "LOCALHOST", "localhost.", "a.localhost"])
    expect(isOwnName(name)).toBe(true);
  for (const name of ["localhost.example", "mylocalhost", "example.org"]) expect(isOwnName(name)).toBe(false);
});
