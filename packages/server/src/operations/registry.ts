/**
 * Which code runs which kind of task. Loaded by the server, which starts processes only for classes of work that there is
 * an operation for, and by the worker processes; each operation only when it is wanted.
 */

import type { TaskType } from "@ironcore-backup/protocol";
import type { Operation } from "./operation.ts";

export type OperationRegistry = Readonly<
  Partial<Record<TaskType, { readonly load: () => Promise<Operation> }>>
>;

export const operations: OperationRegistry = {
  backup: { load: async () => (await import("./backup.ts")).runBackup },
  restore: { load: async () => (await import("./restore.ts")).runRestore },
  drill: { load: async () => (await import("./drill.ts")).runDrill },
  gc: { load: async () => (await import("./gc.ts")).runGc },
  prune: { load: async () => (await import("./prune.ts")).runPrune },
  verify: { load: async () => (await import("./verify.ts")).runVerify },
};
