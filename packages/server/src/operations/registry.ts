/** Which code runs which kind of task. Loaded by the worker processes; each operation only when it is wanted. */

import type { TaskType } from "@ironcore-backup/protocol";
import type { Operation } from "./operation.ts";

export type OperationRegistry = Readonly<Record<TaskType, { readonly load: () => Promise<Operation> }>>;

export const operations: OperationRegistry = {
  backup: { load: async () => (await import("./backup.ts")).runBackup },
  restore: { load: async () => (await import("./restore.ts")).runRestore },
  verify: { load: async () => (await import("./verify.ts")).runVerify },
};
