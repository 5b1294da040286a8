/**
 * The commands around a backup: one that brings the source into a state worth keeping, before anything is read, and one that
 * takes that back. The second always runs once the first was begun: after a failure and after a cancel, too.
 */

import { throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import type { BackupOptions, BackupPlan } from "../backup/backup-plan.ts";
import type { Command } from "./command.ts";
import { runCommand } from "./run-command.ts";

const NEVER = new AbortController().signal;

/** @throws what the first command throws, before `work`; what `work` throws. The second command's failure is a warning. */
export async function betweenCommands<Result>(
  needs: { readonly clock: Clock },
  { plan, options }: { readonly plan: BackupPlan; readonly options: BackupOptions },
  work: () => Promise<Result>,
): Promise<Result> {
  const { preCommand, postCommand } = plan;
  throwIfCancelled(options.signal);
  try {
    if (preCommand !== undefined) await run(needs, preCommand, { options, role: "pre-command" });
    return await work();
  } finally {
    if (postCommand !== undefined) await runLast(needs, postCommand, options);
  }
}

async function runLast(
  needs: { readonly clock: Clock },
  command: Command,
  options: BackupOptions,
): Promise<void> {
  try {
    await run(needs, command, { options: { ...options, signal: NEVER }, role: "post-command" });
  } catch (thrown) {
    const { message } = toCodedError(thrown);
    options.onNotice?.({ severity: "warning", code: "POST_COMMAND_FAILED", message });
  }
}

async function run(
  needs: { readonly clock: Clock },
  command: Command,
  { options, role }: { readonly options: BackupOptions; readonly role: string },
): Promise<void> {
  options.onProgress?.({
    archive: role,
    doneBytes: 0,
    doneItems: 0,
    totalItems: 1,
    totalIsEstimate: false,
    current: command.argv[0],
  });
  await runCommand(needs, command, {
    role,
    signal: options.signal,
    onLine: (line) =>
      options.onNotice?.({ severity: "info", code: "COMMAND_OUTPUT", message: `${role}: ${line}` }),
  });
}
