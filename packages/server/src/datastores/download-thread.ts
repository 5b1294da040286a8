/** A thread that makes one download, piece by piece as it is asked for: it reads, checks and packs, and ends with it. */

import { parentPort, workerData } from "node:worker_threads";
import { createSystemClock, createSystemRandom, toCodedError } from "@ironcore-backup/base";
import { createRealDisk, openDatastore } from "@ironcore-backup/engine";
import { gather, openDownload } from "./download.ts";
import type { DownloadQuestion, OpenDownload } from "./download.ts";
import type { DownloadAnswer, DownloadWish } from "./downloads.ts";

const PIECE_SIZE_BYTES = 256 * 1024;

function tell(answer: DownloadAnswer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(answer, [...transfer]);
}

/** Errors are told as they are; the other side revives them. */
function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (thrown) {
    tell({ error: toCodedError(thrown).toJSON() });
    return undefined;
  }
}

function serve(download: OpenDownload): void {
  const pieces = gather(download.pieces, PIECE_SIZE_BYTES);
  tell({ head: download.head });
  const close = (): void => {
    download.close();
    parentPort?.close();
  };
  parentPort?.on("message", (wish: DownloadWish) => {
    if (wish === "stop") return close();
    const next = attempt(() => pieces.next());
    if (next === undefined || next.done === true) {
      if (next !== undefined) tell({ end: true });
      return close();
    }
    // A copy in memory of its own, which the other side gets instead of another copy.
    const piece = Uint8Array.from(next.value);
    tell({ piece }, [piece.buffer]);
  });
}

// The other side starts it with these.
const { path, question } = workerData as { readonly path: string; readonly question: DownloadQuestion };
const needs = { disk: createRealDisk(), clock: createSystemClock(), random: createSystemRandom() };
const opened = attempt(() => openDownload(needs, openDatastore(needs, path), question));
if (opened !== undefined) serve(opened);
