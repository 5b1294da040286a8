/**
 * A client of a network block device, as far as a backup needs one: it reads, and it asks which stretches are zeros, so that holes
 * cost nothing. One request at a time.
 *
 * Nothing that the server says is believed beyond its bounds: lengths are checked before memory is made for them, and a read
 * counts only when every byte of it came.
 */

import type { Socket } from "node:net";
import { ByteReader } from "./byte-reader.ts";
import * as words from "./nbd-words.ts";

/** Far more than any answer to an option, and than the extents of one answer. */
const ANSWER_SIZE_BYTES_MAX = 1024 * 1024;
/** Every server takes reads of this size. */
export const READ_SIZE_BYTES_MAX = 4 * 1024 * 1024;
const STATUS_SIZE_BYTES_MAX = 1024 * 1024 * 1024;
const ALLOCATION_CONTEXT = "base:allocation";

/** One stretch from where was asked. */
export interface NbdExtent {
  readonly sizeBytes: number;
  readonly isZero: boolean;
}

export class NbdClient {
  readonly sizeBytes: number;
  readonly #socket: Socket;
  readonly #reader: ByteReader;
  readonly #contextId: number;
  #handle = 0n;

  private constructor(
    socket: Socket,
    reader: ByteReader,
    about: { readonly sizeBytes: number; readonly contextId: number },
  ) {
    this.#socket = socket;
    this.#reader = reader;
    this.sizeBytes = about.sizeBytes;
    this.#contextId = about.contextId;
  }

  /** Agrees with the server on its only export. @throws an Error that says what went wrong */
  static async open(socket: Socket): Promise<NbdClient> {
    const reader = new ByteReader(socket);
    await greet(socket, reader);
    await negotiate(socket, reader, words.OPTION_STRUCTURED_REPLY, Buffer.alloc(0));
    const contextId = await negotiateContext(socket, reader);
    const sizeBytes = await go(socket, reader);
    return new NbdClient(socket, reader, { sizeBytes, contextId });
  }

  /** @param length  up to READ_SIZE_BYTES_MAX. @throws an Error, also for a read that failed on the server */
  async read(offsetBytes: number, length: number): Promise<Uint8Array> {
    const data = Buffer.allocUnsafe(length);
    let doneBytes = 0;
    await this.#ask(words.COMMAND_READ, { offsetBytes, length }, async (type, sizeBytes) => {
      const isHole = type === words.CHUNK_OFFSET_HOLE;
      if (!isHole && type !== words.CHUNK_OFFSET_DATA) throw unexpected(type);
      if (sizeBytes < 8 || (isHole && sizeBytes !== 12)) throw broken("a piece of data is too short");
      const head = await this.#reader.take(isHole ? 12 : 8);
      const at = Number(head.readBigUInt64BE(0)) - offsetBytes;
      const count = isHole ? head.readUInt32BE(8) : sizeBytes - 8;
      if (at < 0 || at + count > length) throw broken("a piece of data lies outside of what was asked");
      const piece = data.subarray(at, at + count);
      if (isHole) piece.fill(0);
      else await this.#reader.takeInto(piece);
      doneBytes += count;
    });
    if (doneBytes !== length) throw broken(`${doneBytes} of ${length} bytes came`);
    return data;
  }

  /** At least one extent; all of them together are not longer than what was asked, and may be shorter. */
  async extents(offsetBytes: number, length: number): Promise<readonly NbdExtent[]> {
    const asked = Math.min(length, STATUS_SIZE_BYTES_MAX);
    const extents: NbdExtent[] = [];
    await this.#ask(words.COMMAND_BLOCK_STATUS, { offsetBytes, length: asked }, async (type, sizeBytes) => {
      if (type !== words.CHUNK_BLOCK_STATUS) throw unexpected(type);
      const answer = await this.#takeAnswer(sizeBytes);
      if (sizeBytes < 12 || sizeBytes % 8 !== 4 || answer.readUInt32BE(0) !== this.#contextId)
        throw broken("the list of extents cannot be read");
      for (let at = 4; at < sizeBytes; at += 8) {
        const isZero = (answer.readUInt32BE(at + 4) & words.STATE_ZERO) !== 0;
        extents.push({ sizeBytes: answer.readUInt32BE(at), isZero });
      }
    });
    return clamped(extents, asked);
  }

  /** Says good-bye, which lets the server close in order. */
  close(): void {
    if (!this.#socket.destroyed)
      this.#socket.end(request(words.COMMAND_DISCONNECT, 0n, { offsetBytes: 0, length: 0 }));
  }

  /** Sends one request and takes the pieces of its reply up to the last one. */
  async #ask(
    command: number,
    range: Range,
    onPiece: (type: number, sizeBytes: number) => Promise<void>,
  ): Promise<void> {
    const handle = ++this.#handle;
    this.#socket.write(request(command, handle, range));
    for (;;) {
      const head = await this.#reader.take(20);
      if (head.readUInt32BE(0) !== words.STRUCTURED_REPLY_MAGIC || head.readBigUInt64BE(8) !== handle)
        throw broken("a reply does not belong to the request");
      const type = head.readUInt16BE(6);
      const sizeBytes = head.readUInt32BE(16);
      if ((type & words.CHUNK_ERROR_BIT) !== 0) throw serverError(await this.#takeAnswer(sizeBytes));
      if (type === words.CHUNK_NONE) await this.#takeAnswer(sizeBytes);
      else await onPiece(type, sizeBytes);
      if ((head.readUInt16BE(4) & words.CHUNK_FLAG_DONE) !== 0) return;
    }
  }

  async #takeAnswer(sizeBytes: number): Promise<Buffer> {
    if (sizeBytes > ANSWER_SIZE_BYTES_MAX) throw broken("an answer is too long");
    return this.#reader.take(sizeBytes);
  }
}

interface Range {
  readonly offsetBytes: number;
  readonly length: number;
}

function request(command: number, handle: bigint, { offsetBytes, length }: Range): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(words.REQUEST_MAGIC, 0);
  bytes.writeUInt16BE(command, 6);
  bytes.writeBigUInt64BE(handle, 8);
  bytes.writeBigUInt64BE(BigInt(offsetBytes), 16);
  bytes.writeUInt32BE(length, 24);
  return bytes;
}

/** The last extent may reach beyond what was asked; one without length would never end. */
function clamped(extents: readonly NbdExtent[], length: number): readonly NbdExtent[] {
  const result: NbdExtent[] = [];
  let left = length;
  for (const { sizeBytes, isZero } of extents) {
    if (sizeBytes === 0) throw broken("an extent has no length");
    if (left === 0) break;
    result.push({ sizeBytes: Math.min(sizeBytes, left), isZero });
    left -= Math.min(sizeBytes, left);
  }
  if (result.length === 0) throw broken("the list of extents is empty");
  return result;
}

async function greet(socket: Socket, reader: ByteReader): Promise<void> {
  const hello = await reader.take(18);
  const flags = hello.readUInt16BE(16);
  if (hello.readBigUInt64BE(0) !== words.NBD_MAGIC || hello.readBigUInt64BE(8) !== words.OPTION_MAGIC)
    throw broken("it is no server of the newstyle protocol");
  if ((flags & words.HANDSHAKE_FIXED_NEWSTYLE) === 0) throw broken("the server is too old");
  const answer = Buffer.alloc(4);
  answer.writeUInt32BE(flags & (words.HANDSHAKE_FIXED_NEWSTYLE | words.HANDSHAKE_NO_ZEROES));
  socket.write(answer);
}

/** Sends one option. @returns the server's answers before its assent */
async function negotiate(
  socket: Socket,
  reader: ByteReader,
  option: number,
  data: Uint8Array,
): Promise<readonly { readonly type: number; readonly data: Buffer }[]> {
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(words.OPTION_MAGIC, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(data.length, 12);
  socket.write(Buffer.concat([head, data]));
  const answers: { type: number; data: Buffer }[] = [];
  for (;;) {
    const reply = await reader.take(20);
    if (reply.readBigUInt64BE(0) !== words.OPTION_REPLY_MAGIC || reply.readUInt32BE(8) !== option)
      throw broken("an answer does not belong to its option");
    const type = reply.readUInt32BE(12);
    const sizeBytes = reply.readUInt32BE(16);
    if (sizeBytes > ANSWER_SIZE_BYTES_MAX) throw broken("an answer is too long");
    const answer = await reader.take(sizeBytes);
    if (type >= words.REPLY_ERROR_BIT) {
      throw new Error(`the server refuses option ${option}: ${answer.toString("utf8") || `error ${type}`}`);
    }
    if (type === words.REPLY_ACK) return answers;
    answers.push({ type, data: answer });
  }
}

/** The default export has an empty name. */
const NO_NAME = Buffer.alloc(4);

async function negotiateContext(socket: Socket, reader: ByteReader): Promise<number> {
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(1, 0);
  counts.writeUInt32BE(ALLOCATION_CONTEXT.length, 4);
  const data = Buffer.concat([NO_NAME, counts, Buffer.from(ALLOCATION_CONTEXT, "latin1")]);
  const answers = await negotiate(socket, reader, words.OPTION_SET_META_CONTEXT, data);
  const context = answers.find(({ type }) => type === words.REPLY_META_CONTEXT);
  if (context === undefined || context.data.subarray(4).toString("latin1") !== ALLOCATION_CONTEXT)
    throw broken("the server does not tell which stretches are zeros");
  return context.data.readUInt32BE(0);
}

/** Ends the negotiation. @returns the size of the export */
async function go(socket: Socket, reader: ByteReader): Promise<number> {
  const data = Buffer.concat([NO_NAME, Buffer.alloc(2)]);
  const answers = await negotiate(socket, reader, words.OPTION_GO, data);
  const about = answers.find(
    (answer) =>
      answer.type === words.REPLY_INFO &&
      answer.data.length >= 12 &&
      answer.data.readUInt16BE(0) === words.INFO_EXPORT,
  );
  const sizeBytes = Number(about?.data.readBigUInt64BE(2) ?? -1n);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw broken("the server does not tell the size");
  return sizeBytes;
}

function serverError(answer: Buffer): Error {
  if (answer.length < 6) return broken("an error cannot be read");
  const text = answer.subarray(6, 6 + answer.readUInt16BE(4)).toString("utf8");
  return new Error(text === "" ? `error ${answer.readUInt32BE(0)} of the server` : text);
}

function unexpected(type: number): Error {
  return broken(`a reply is of the unexpected kind ${type}`);
}

function broken(detail: string): Error {
  return new Error(`the answer breaks the NBD protocol: ${detail}`);
}
