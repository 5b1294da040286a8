/**
 * Which addresses a target may have: those of the public internet. Who may set up a target must not be able to reach through
 * this server what only this server can reach: itself, its network, the metadata service of its cloud.
 *
 * The tables are turned round for IPv6: of it, only what is handed out for global use is public. An IPv6 address that stands
 * for an IPv4 address is as public as that one.
 */

import { isIP } from "node:net";

type Bytes = readonly number[];

/** IPv4 blocks that are not public, by the registry of special-purpose addresses. */
const PRIVATE_BLOCKS: readonly (readonly [block: string, prefixBits: number])[] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // carriers' own
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local, and the metadata services of clouds
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // relays of 6to4
  ["192.168.0.0", 16],
  ["198.18.0.0", 15], // measuring
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

const GLOBAL_UNICAST = ["2000::", 3] as const;
/** Parts of global unicast that are not public. */
const PRIVATE_BLOCKS_6: readonly (readonly [block: string, prefixBits: number])[] = [
  ["2001::", 23], // protocols' own, Teredo among them
  ["2001:db8::", 32], // documentation
  ["3fff::", 20], // documentation
];

/** IPv6 blocks whose addresses hold an IPv4 address, and at which byte. */
const EMBEDDING_BLOCKS: readonly (readonly [block: string, prefixBits: number, at: number])[] = [
  ["::ffff:0:0", 96, 12], // mapped
  ["64:ff9b::", 96, 12], // translated, NAT64
  ["2002::", 16, 2], // 6to4
];

/** True for an address that is not public, and for what is no address at all. @param text  as a resolver or `URL` writes it */
export function isPrivateAddress(text: string): boolean {
  const bytes = addressBytes(text);
  if (bytes === undefined) return true;
  if (bytes.length === 4) return PRIVATE_BLOCKS.some((block) => isWithin(bytes, block));
  const embedding = EMBEDDING_BLOCKS.find(([block, prefixBits]) => isWithin(bytes, [block, prefixBits]));
  if (embedding !== undefined) return isPrivateAddress(bytes.slice(embedding[2], embedding[2] + 4).join("."));
  return !isWithin(bytes, GLOBAL_UNICAST) || PRIVATE_BLOCKS_6.some((block) => isWithin(bytes, block));
}

/** The same for two ways to write one address. Undefined for what is none. */
export function canonicalAddress(text: string): string | undefined {
  const bytes = addressBytes(text);
  if (bytes === undefined) return undefined;
  const isMapped = bytes.length === 16 && isWithin(bytes, ["::ffff:0:0", 96]);
  return (isMapped ? bytes.slice(12) : bytes).join(".");
}

/** The address that stands in a URL's place of the host, without brackets; undefined where a name stands. */
export function literalAddress(host: string): string | undefined {
  const bare = bareHost(host);
  return isIP(bare) === 0 ? undefined : bare;
}

/** A URL's host as sockets take it. */
export function bareHost(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** Names that mean this machine wherever they are asked. */
export function isOwnName(host: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(host);
}

function isWithin(bytes: Bytes, [block, prefixBits]: readonly [string, number]): boolean {
  const start = addressBytes(block) ?? [];
  if (start.length !== bytes.length) return false;
  return start.every((byte, at) => {
    const bits = Math.min(8, Math.max(0, prefixBits - at * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((bytes[at] ?? 0) & mask);
  });
}

function addressBytes(text: string): Bytes | undefined {
  // `%eth0` says through which door, not which address.
  const [address = ""] = text.split("%");
  const kind = isIP(address);
  if (kind === 0) return undefined;
  return kind === 4 ? address.split(".").map(Number) : bytesOfIpv6(address);
}

function bytesOfIpv6(text: string): Bytes {
  const colon = text.lastIndexOf(":");
  const tail = text.slice(colon + 1);
  const [a = 0, b = 0, c = 0, d = 0] = tail.split(".").map(Number);
  // The dotted end of `::ffff:10.0.0.1` as the two groups that it stands for.
  const address = tail.includes(".")
    ? `${text.slice(0, colon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
    : text;
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [head = "", end] = address.split("::");
  const before = groups(head);
  const after = end === undefined ? [] : groups(end);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}
