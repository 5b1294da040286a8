import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { NbdClient } from "./nbd-client.ts";
import * as words from "./nbd-words.ts";

// What a real server does is tested with the real one (qcow2-backup.test.ts); here are those that do not keep to the protocol.

let server: Server | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

const HELLO = Buffer.concat([u64(words.NBD_MAGIC), u64(words.OPTION_MAGIC), u16(3)]);
const optionReply = (option: number, type: number, data = Buffer.alloc(0)): Buffer =>
  Buffer.concat([u64(words.OPTION_REPLY_MAGIC), u32(option), u32(type), u32(data.length), data]);
const SIZE = 1 << 20;
const AGREED = Buffer.concat([
  HELLO,
  optionReply(words.OPTION_STRUCTURED_REPLY, words.REPLY_ACK),
  optionReply(
    words.OPTION_SET_META_CONTEXT,
    words.REPLY_META_CONTEXT,
    Buffer.concat([u32(7), Buffer.from("base:allocation")]),
  ),
  optionReply(words.OPTION_SET_META_CONTEXT, words.REPLY_ACK),
  optionReply(
    words.OPTION_GO,
    words.REPLY_INFO,
    Buffer.concat([u16(words.INFO_EXPORT), u64(BigInt(SIZE)), u16(1)]),
  ),
  optionReply(words.OPTION_GO, words.REPLY_ACK),
]);
const piece = (type: number, data: Buffer, { handle = 1n, isLast = true } = {}): Buffer =>
  Buffer.concat([
    u32(words.STRUCTURED_REPLY_MAGIC),
    u16(isLast ? words.CHUNK_FLAG_DONE : 0),
    u16(type),
    u64(handle),
    u32(data.length),
    data,
  ]);
const dataPiece = (offset: number, data: Buffer): Buffer => Buffer.concat([u64(BigInt(offset)), data]);

/** A client of a server that says just this, byte by byte if asked, and then closes. */
async function clientOf(bytes: Buffer, isSlow = false): Promise<NbdClient> {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.setNoDelay(true);
    if (!isSlow) return void socket.end(bytes);
    let sent = 0;
    const send = (): void => {
      if (sent === bytes.length) return void socket.end();
      socket.write(bytes.subarray(sent, ++sent), () => setImmediate(send));
    };
    send();
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has such an address.
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  return NbdClient.open(socket);
}

test("a reply in pieces of any order and holes becomes one read, also when it drips in byte by byte", async () => {
  const reply = [
    piece(words.CHUNK_OFFSET_DATA, dataPiece(104, Buffer.from("end!")), { isLast: false }),
    piece(words.CHUNK_OFFSET_HOLE, Buffer.concat([u64(102n), u32(2)]), { isLast: false }),
    piece(words.CHUNK_OFFSET_DATA, dataPiece(100, Buffer.from("ab")), { isLast: false }),
    piece(words.CHUNK_NONE, Buffer.alloc(0)),
  ];
  const client = await clientOf(Buffer.concat([AGREED, ...reply]), true);
  expect(client.sizeBytes).toBe(SIZE);
  expect(Buffer.from(await client.read(100, 8)).toString("latin1")).toBe("ab\0\0end!");
});

test("extents are cut at what was asked", async () => {
  const list = Buffer.concat([u32(7), u32(1000), u32(3), u32(5000), u32(0), u32(1), u32(3)]);
  const client = await clientOf(Buffer.concat([AGREED, piece(words.CHUNK_BLOCK_STATUS, list)]));
  expect(await client.extents(0, 4000)).toEqual([
    { sizeBytes: 1000, isZero: true },
    { sizeBytes: 3000, isZero: false },
  ]);
});

test("space that is not allocated but does not promise zeros is data", async () => {
  const list = Buffer.concat([u32(7), u32(1000), u32(1)]);
  const client = await clientOf(Buffer.concat([AGREED, piece(words.CHUNK_BLOCK_STATUS, list)]));
  expect(await client.extents(0, 1000)).toEqual([{ sizeBytes: 1000, isZero: false }]);
});

test("an error of the server is its words", async () => {
  const text = Buffer.from("no medium");
  const error = Buffer.concat([u32(5), u16(text.length), text]);
  const client = await clientOf(Buffer.concat([AGREED, piece(0x8001, error)]));
  await expect(client.read(0, 512)).rejects.toThrow("no medium");
});

test.each([
  ["too little", piece(words.CHUNK_OFFSET_DATA, dataPiece(0, Buffer.alloc(500))), "500 of 512 bytes"],
  ["too much", piece(words.CHUNK_OFFSET_DATA, dataPiece(0, Buffer.alloc(600))), "outside"],
  ["data of another place", piece(words.CHUNK_OFFSET_DATA, dataPiece(4096, Buffer.alloc(512))), "outside"],
  ["a hole of 4 GiB", piece(words.CHUNK_OFFSET_HOLE, Buffer.concat([u64(0n), u32(0xffffffff)])), "outside"],
  ["a hole of the wrong form", piece(words.CHUNK_OFFSET_HOLE, u64(0n)), "too short"],
  ["another request's reply", piece(words.CHUNK_NONE, Buffer.alloc(0), { handle: 9n }), "belong"],
  ["an unknown kind", piece(77, Buffer.alloc(4)), "unexpected kind 77"],
  ["nothing more", Buffer.alloc(0), "connection"],
])("a read is refused that gives %s", async (_what, reply, reason) => {
  const client = await clientOf(Buffer.concat([AGREED, reply]));
  await expect(client.read(0, 512)).rejects.toThrow(reason);
});

test.each([
  ["no length", Buffer.concat([u32(7), u32(0), u32(0)]), "no length"],
  ["no extent", u32(7), "cannot be read"],
  ["another context", Buffer.concat([u32(8), u32(512), u32(0)]), "cannot be read"],
])("extents are refused with %s", async (_what, list, reason) => {
  const client = await clientOf(Buffer.concat([AGREED, piece(words.CHUNK_BLOCK_STATUS, list)]));
  await expect(client.extents(0, 512)).rejects.toThrow(reason);
});

test.each([
  ["speaks something else", Buffer.from("HTTP/1.1 400 Bad Request\r\n"), "newstyle"],
  ["is of the old style", Buffer.concat([u64(words.NBD_MAGIC), u64(words.OPTION_MAGIC), u16(0)]), "too old"],
  ["refuses structured replies", Buffer.concat([HELLO, optionReply(8, 0x80000001)]), "refuses option 8"],
  ["tells an answer of 2 GiB", Buffer.concat([HELLO, optionReply(8, 1).fill(0x7f, 16, 20)]), "too long"],
  ["goes away", HELLO, "connection"],
])("no connection is made with a server that %s", async (_what, bytes, reason) => {
  await expect(clientOf(bytes)).rejects.toThrow(reason);
});
