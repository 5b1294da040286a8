/** Entry of a decode thread: answers requests one after the other, in the order they come. */

import { parentPort, workerData } from "node:worker_threads";
import { assertInvariant, toCodedError } from "@ironcore-backup/base";
import type { ErrorShape } from "@ironcore-backup/base";
import { createEncryptionKey } from "../crypto/encryption-key.ts";
import type { ChunkConsumerModule, DecodeRequest, DecodeResult } from "./chunk-decoder-contract.ts";
import { createDecodeWork } from "./decode-work.ts";
import type { ThreadChunkReaderModule, ThreadModule } from "./thread-module.ts";

/** What the maker of the thread posts at its start. */
export interface DecodeThreadData {
  readonly reader: ThreadModule;
  readonly consumer: ThreadModule | undefined;
  readonly encryptionKey: Uint8Array | undefined;
}

/** To the thread. `id` comes back with the answer. */
export type DecodeThreadRequest = { readonly id: number; readonly request: DecodeRequest } | "close";

/** From the thread. `closed` is the last one; its error is one of closing reader or consumer. */
export type DecodeThreadAnswer =
  | { readonly id: number; readonly result: DecodeResult }
  | { readonly id: number; readonly error: ErrorShape }
  | { readonly failed: ErrorShape }
  | { readonly closed: ErrorShape | undefined };

function answerWith(id: number, decode: () => DecodeResult): DecodeThreadAnswer {
  try {
    return { id, result: decode() };
  } catch (thrown) {
    return { id, error: toCodedError(thrown).toJSON() };
  }
}

async function openParts(data: DecodeThreadData) {
  // The contract of `ThreadModule`: the named modules export these. One that does not fails in the next call.
  const readerModule = (await import(data.reader.moduleUrl)) as ThreadChunkReaderModule;
  const reader = readerModule.open(data.reader.data);
  if (data.consumer === undefined) return { reader, consumer: undefined };
  const consumerModule = (await import(data.consumer.moduleUrl)) as ChunkConsumerModule;
  return { reader, consumer: consumerModule.open(data.consumer.data) };
}

async function main(data: DecodeThreadData): Promise<void> {
  const port = parentPort;
  assertInvariant(port !== null, "a decode thread has a maker");
  const post = (answer: DecodeThreadAnswer): void => port.postMessage(answer);
  try {
    const { reader, consumer } = await openParts(data);
    const key = data.encryptionKey === undefined ? undefined : createEncryptionKey(data.encryptionKey);
    const work = createDecodeWork({ reader, consumer, key });
    const close = (): void => {
      let error: ErrorShape | undefined;
      for (const part of [consumer, reader]) {
        try {
          part?.close();
        } catch (thrown) {
          error ??= toCodedError(thrown).toJSON();
        }
      }
      post({ closed: error });
      port.close();
    };
    port.on("message", (message: DecodeThreadRequest) => {
      if (message === "close") return close();
      post(answerWith(message.id, () => work.process(message.request)));
    });
  } catch (thrown) {
    post({ failed: toCodedError(thrown).toJSON() });
    port.close();
  }
}

// The maker posts exactly this.
await main(workerData as DecodeThreadData);
