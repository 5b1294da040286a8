/**
 * Asks QEMU's own checker about an image, and those that it stands on, before it is read. QEMU reads what lies beyond a truncated
 * image's end as zeros, without a word; such a backup would look whole, and hold nothing where the disk's data was.
 */

import { CodedError } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import { textOf } from "../byte-string.ts";
import { runCommand } from "../commands/run-command.ts";
import { agentErrors } from "../errors.ts";
import { qemuPathOf } from "./qemu-path.ts";

const PROGRAM = "qemu-img";
/** Space that nothing refers to is lost, and no data with it. */
const EXIT_CODE_LEAKS = 3;
const EXIT_CODE_CORRUPT = 2;
/** Some hundred bytes for each image of a chain. */
const CHAIN_SIZE_BYTES_MAX = 1024 * 1024;

interface Needs {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * @param path  a byte string
 * @throws IMAGE_DAMAGED, QEMU_NBD_MISSING, QEMU_NBD_FAILED when one cannot be opened, CANCELLED
 */
export async function checkQcow2(needs: Needs, path: string): Promise<void> {
  for (const image of await chainOf(needs, path)) await checkOne(needs, path, image);
}

/** The qcow2 images that make up the disk, the named one first; names are the files' own paths. */
async function chainOf(needs: Needs, path: string): Promise<readonly string[]> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const words = ["info", "--backing-chain", "--output=json", "-f", "qcow2", qemuPathOf(path)];
  await runQemuImg(needs, { path, words }, (bytes) => {
    sizeBytes += bytes.length;
    if (sizeBytes > CHAIN_SIZE_BYTES_MAX) throw failed(path, "it stands on too many others");
    pieces.push(Buffer.from(bytes));
  });
  const images: unknown = JSON.parse(Buffer.concat(pieces).toString("utf8"));
  if (!Array.isArray(images)) throw failed(path, "qemu-img does not tell what it stands on");
  return images.flatMap((image: unknown) => {
    // What is not a file of this machine (a network disk), or of another format, has no such check.
    if (typeof image !== "object" || image === null) return [];
    if (!("format" in image) || !("filename" in image) || image.format !== "qcow2") return [];
    return typeof image.filename === "string" && image.filename.startsWith("/") ? [image.filename] : [];
  });
}

async function checkOne(needs: Needs, path: string, image: string): Promise<void> {
  await runQemuImg(needs, { path, words: ["check", "-q", "-f", "qcow2", image] }, () => undefined);
}

async function runQemuImg(
  needs: Needs,
  { path, words }: { readonly path: string; readonly words: readonly string[] },
  onOutput: (bytes: Uint8Array) => void,
): Promise<void> {
  try {
    await runCommand(
      needs,
      { argv: [PROGRAM, ...words] },
      {
        role: PROGRAM,
        signal: needs.signal,
        onOutput,
        onLine: () => undefined,
      },
    );
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const { exitCode, lastLines } = thrown.context;
    if (thrown.code === "COMMAND_NOT_STARTED")
      throw agentErrors.QEMU_NBD_MISSING({ path: textOf(path) }, thrown);
    if (thrown.code !== "COMMAND_FAILED") throw thrown;
    if (exitCode === EXIT_CODE_LEAKS) return;
    const reason = `${words.at(-1) ?? ""}: ${String(lastLines).split("\n")[0] ?? ""}`;
    throw exitCode === EXIT_CODE_CORRUPT
      ? agentErrors.IMAGE_DAMAGED({ path: textOf(path), reason }, thrown)
      : failed(path, reason, thrown);
  }
}

function failed(path: string, reason: string, cause?: unknown): Error {
  return agentErrors.QEMU_NBD_FAILED({ path: textOf(path), reason }, cause);
}
