import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  baseErrors,
  createFakeClock,
  createSeededRandom,
  createSystemClock,
  hexFromBytes,
} from "@ironcore-backup/base";
import { encodeBlob } from "../blob/blob.ts";
import { chunkDigest, createEncryptionKey } from "../crypto/encryption-key.ts";
import { createChunkDecoder } from "./chunk-decoder.ts";
import type { ChunkDecoder, ChunkDecoderOptions, DecodeRequest } from "./chunk-decoder-contract.ts";
import { directoryStore } from "./directory-store.testing.ts";

const needs = { clock: createSystemClock() };
const random = createSeededRandom(1);
const key = createEncryptionKey(random.bytes(32));
const consumer = {
  moduleUrl: new URL("./copying-consumer.testing.ts", import.meta.url).href,
  data: undefined,
};

let directory = "";
let decoder: ChunkDecoder | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "chunk-decoder-"));
});
afterEach(async () => {
  await decoder?.close().catch(() => undefined);
  decoder = undefined;
  rmSync(directory, { recursive: true, force: true });
});

function openDecoder(options?: Partial<ChunkDecoderOptions>): ChunkDecoder {
  decoder = createChunkDecoder(needs, {
    threadCount: 1,
    pendingRequestCountMax: 4,
    reader: directoryStore(directory).module,
    ...options,
  });
  return decoder;
}

/** Puts a blob where the digest says, whatever it holds. */
function putBlob(digest: Uint8Array, blob: Uint8Array): void {
  writeFileSync(join(directory, hexFromBytes(digest)), blob);
}

/** Stores a sound chunk and returns the request for it. */
function putChunk(raw: Uint8Array, encrypted = false): DecodeRequest {
  const options = { compressionLevel: 1, ...(encrypted ? { key } : {}) };
  const digest = chunkDigest(raw, encrypted ? key : undefined);
  putBlob(digest, encodeBlob({ random }, raw, options));
  return { digest, rawSizeBytes: raw.length, encrypted };
}

async function decodeOne(from: ChunkDecoder, request: DecodeRequest) {
  return (await from.decode(request)).result;
}

const text = new TextEncoder().encode("the same words again ".repeat(500));

test("plain and encrypted chunks come back, with the digest checked", async () => {
  const open = openDecoder({ consumer, encryptionKey: key.encKey });
  for (const raw of [text, random.bytes(3000), Uint8Array.of(1)]) {
    for (const encrypted of [false, true]) {
      const result = await decodeOne(open, putChunk(raw, encrypted));
      expect(result.checks).toBe("digest");
      expect(result.answer).toEqual(raw);
    }
  }
});

test("without a consumer chunks are only checked", async () => {
  const result = await decodeOne(openDecoder(), putChunk(text));
  expect(result).toMatchObject({ checks: "digest", answer: undefined });
  expect(result.storedSizeBytes).toBeLessThan(200);
});

test("without the key an encrypted chunk's checksum is all that is checked, and nothing can be consumed", async () => {
  const request = putChunk(text, true);
  expect((await decodeOne(openDecoder(), request)).checks).toBe("checksum-only");
  await decoder?.close();
  await expect(decodeOne(openDecoder({ consumer }), request)).rejects.toMatchObject({ code: "KEY_REQUIRED" });
});

test("another key than the chunk's is named as such", async () => {
  const request = putChunk(text, true);
  const open = openDecoder({ encryptionKey: random.bytes(32) });
  await expect(decodeOne(open, request)).rejects.toMatchObject({ code: "KEY_WRONG" });
});

test("each kind of damage has its reason", async () => {
  const open = openDecoder({ threadCount: 2, encryptionKey: key.encKey });
  const reasonOf = async (request: DecodeRequest): Promise<unknown> =>
    decodeOne(open, request).then(
      () => "sound",
      (error: { code: string; context: { reason: string; digest: string } }) => {
        expect(error.code).toBe("CHUNK_CORRUPT");
        expect(error.context.digest).toBe(hexFromBytes(request.digest));
        return error.context.reason;
      },
    );
  const plain = putChunk(text);
  expect(await reasonOf(plain)).toBe("sound");
  expect(await reasonOf({ ...plain, rawSizeBytes: text.length - 1 })).toBe("size");
  expect(await reasonOf({ ...plain, rawSizeBytes: text.length + 1 })).toBe("size");
  expect(await reasonOf({ ...plain, encrypted: true })).toBe("wrong kind");
  expect(await reasonOf({ ...putChunk(text, true), encrypted: false })).toBe("wrong kind");

  const digest = plain.digest;
  const other = Uint8Array.from(text).fill(0, 5, 6);
  putBlob(digest, encodeBlob({ random }, other, { compressionLevel: 1 }));
  expect(await reasonOf(plain)).toBe("digest");
  putBlob(digest, new Uint8Array(0));
  expect(await reasonOf(plain)).toBe("not decodable");
  putBlob(digest, random.bytes(500));
  expect(await reasonOf(plain)).toBe("not decodable");

  const sound = encodeBlob({ random }, text, { compressionLevel: 1 });
  putBlob(digest, sound.subarray(0, sound.length - 1));
  expect(await reasonOf(plain)).toBe("checksum");
  const flipped = Uint8Array.from(sound);
  flipped[20] = (flipped[20] ?? 0) ^ 1;
  putBlob(digest, flipped);
  expect(await reasonOf(plain)).toBe("checksum");
  // The same damage under a checksum that fits.
  flipped[12] = (flipped[12] ?? 0) ^ 255;
  new DataView(flipped.buffer).setUint32(8, crc32(flipped.subarray(12)), true);
  putBlob(digest, flipped);
  expect(await reasonOf(plain)).toBe("not decodable");
  putBlob(digest, sound);
  expect(await reasonOf(plain), "one corrupt chunk spoils no other request").toBe("sound");
});

test("a flip of any byte of a small chunk is found", async () => {
  const open = openDecoder({ encryptionKey: key.encKey });
  for (const encrypted of [false, true]) {
    const request = putChunk(new TextEncoder().encode("Hello, PBS\n"), encrypted);
    const path = join(directory, hexFromBytes(request.digest));
    const sound = readFileSync(path);
    for (let at = 0; at < sound.length; at++) {
      const flipped = Uint8Array.from(sound);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      writeFileSync(path, flipped);
      await expect(decodeOne(open, request), `byte ${at}`).rejects.toMatchObject({
        code: /CHUNK_CORRUPT|KEY_WRONG/,
      });
    }
  }
});

test("what the reader throws passes through", async () => {
  const module = {
    moduleUrl: new URL("./refusing-reader.testing.ts", import.meta.url).href,
    data: undefined,
  };
  const error = baseErrors.NAME_INVALID({ kind: "chunk", text: "x", rule: "the reader was told to refuse" });
  const request = { digest: new Uint8Array(32), rawSizeBytes: 1, encrypted: false };
  await expect(decodeOne(openDecoder({ reader: module }), request)).rejects.toMatchObject({
    code: error.code,
    message: error.message,
  });
});

test("what the consumer throws fails that request only", async () => {
  const open = openDecoder({ consumer });
  const request = putChunk(text);
  await expect(decodeOne(open, { ...request, task: "throw" })).rejects.toThrow(
    "the consumer was told to fail",
  );
  expect((await decodeOne(open, request)).answer).toEqual(text);
});

test("no more requests are under way than allowed, and many pass through", async () => {
  const open = openDecoder({ consumer, threadCount: 2, pendingRequestCountMax: 3 });
  const pieces = Array.from({ length: 40 }, (_, index) => random.bytes(1000 + index));
  let underWay = 0;
  let underWayMax = 0;
  const answers = await Promise.all(
    pieces.map(async (piece) => {
      const { result } = await open.decode(putChunk(piece));
      underWayMax = Math.max(underWayMax, ++underWay);
      const { answer } = await result.finally(() => underWay--);
      return answer;
    }),
  );
  expect(answers).toEqual(pieces);
  expect(underWayMax).toBeLessThanOrEqual(3);
});

test("a thread that dies fails every pending and later request", async () => {
  const open = openDecoder({ consumer, threadCount: 2 });
  const request = putChunk(text);
  const deadly = await open.decode({ ...request, task: "exit" });
  await expect(deadly.result).rejects.toMatchObject({ code: "COMPUTE_THREAD_LOST" });
  await expect(open.decode(request)).rejects.toMatchObject({ code: "COMPUTE_THREAD_LOST" });
  await open.close();
});

test("a reader that cannot be loaded fails the requests", async () => {
  const open = openDecoder({ reader: { moduleUrl: "file:///no/such/module.ts", data: 0 } });
  const { result } = await open.decode({ digest: new Uint8Array(32), rawSizeBytes: 1, encrypted: false });
  await expect(result).rejects.toThrow("/no/such/module.ts");
});

test("closing finishes what is in a thread's hands and cancels what waits", async () => {
  const open = openDecoder({ consumer, pendingRequestCountMax: 20 });
  const request = putChunk(text);
  const results = [];
  for (let i = 0; i < 10; i++)
    results.push(
      (await open.decode(request)).result.then(
        () => "done",
        (error) => error.code,
      ),
    );
  await open.close();
  const outcomes = await Promise.all(results);
  expect(outcomes.slice(0, 2)).toEqual(["done", "done"]);
  expect(outcomes.at(-1)).toBe("CANCELLED");
  await expect(open.decode(request)).rejects.toThrow("a closed decoder gets no more requests");
});

test("a caller who waits for a place is told when the decoder closes", async () => {
  const open = openDecoder({ consumer, pendingRequestCountMax: 1 });
  const request = putChunk(text);
  await open.decode(request);
  const waiting = expect(open.decode(request)).rejects.toMatchObject({ code: "CANCELLED" });
  await open.close();
  await waiting;
});

test("a reader that cannot close fails the closing; a hanging thread is ended by force", async () => {
  const failing = openDecoder({ reader: directoryStore(directory, { throwOnClose: true }).module });
  await decodeOne(failing, putChunk(text));
  await expect(failing.close()).rejects.toThrow("close was told to fail");

  const clock = createFakeClock();
  const reader = directoryStore(directory).module;
  const hanging = createChunkDecoder(
    { clock },
    { threadCount: 1, reader, consumer, pendingRequestCountMax: 1 },
  );
  const { result } = await hanging.decode({ ...putChunk(text), task: "hang" });
  const closed = hanging.close();
  clock.advance(60_000);
  await closed;
  await expect(result).rejects.toMatchObject({ code: "COMPUTE_THREAD_LOST" });
});
