/** Which code runs which kind of task. Loaded by the worker processes; each operation only when it is wanted. */

import type { TaskType } from "@ironcore-backup/protocol";
import type { Operation } from "./operation.ts";

export type OperationRegistry = Readonly<Record<TaskType, { readonly load: () => Promise<Operation> }>>;

export const operations: OperationRegistry = {
  backup: { load: () => loadFrom("./backup.ts", "runBackup") },
  restore: { load: () => loadFrom("./restore.ts", "runRestore") },
  verify: { load: () => loadFrom("./verify.ts", "runVerify") },
};

async function loadFrom(path: string, name: string): Promise<Operation> {
  // The three modules beside this one export their operation under the given name.
  const module = (await import(new URL(path, import.meta.url).href)) as Readonly<Record<string, Operation>>;
  const operation = module[name];
  if (operation === undefined) throw new Error(`${path} exports no ${name}`);
  return operation;
}
