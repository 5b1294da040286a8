/** Tells what could not be put on a restored file. Its data is whole all the same. */

import { textOf } from "../byte-string.ts";
import { describeErrno } from "../syscalls/errno.ts";
import type { RestoreRun } from "./restore-run.ts";

export function tellMetadataFailures(
  run: Pick<RestoreRun, "warn">,
  path: string,
  failures: readonly { readonly what: string; readonly errno: number }[],
): void {
  for (const { what, errno } of failures) {
    const code = what === "owner" ? "OWNER_NOT_RESTORED" : "ATTRIBUTES_NOT_RESTORED";
    run.warn(code, path, `${what} of ${textOf(path)} cannot be set: ${describeErrno(errno)}`);
  }
}
