/**
 * Asks QEMU's own checker about an image before it is read. QEMU reads what lies beyond a truncated image's end as zeros, without a
 * word; such a backup would look whole, and hold nothing where the disk's data was.
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

/** @throws IMAGE_DAMAGED, QEMU_NBD_MISSING, QEMU_NBD_FAILED when it cannot be opened, CANCELLED */
export async function checkQcow2(
  needs: { readonly clock: Clock; readonly signal: AbortSignal },
  path: string,
): Promise<void> {
  const argv = [PROGRAM, "check", "-q", "-f", "qcow2", qemuPathOf(path)] as const;
  try {
    await runCommand(needs, { argv }, { role: PROGRAM, signal: needs.signal, onLine: () => undefined });
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const { exitCode, lastLines } = thrown.context;
    if (thrown.code === "COMMAND_NOT_STARTED")
      throw agentErrors.QEMU_NBD_MISSING({ path: textOf(path) }, thrown);
    if (thrown.code !== "COMMAND_FAILED") throw thrown;
    if (exitCode === EXIT_CODE_LEAKS) return;
    const context = { path: textOf(path), reason: String(lastLines).split("\n")[0] ?? "" };
    throw exitCode === EXIT_CODE_CORRUPT
      ? agentErrors.IMAGE_DAMAGED(context, thrown)
      : agentErrors.QEMU_NBD_FAILED(context, thrown);
  }
}
