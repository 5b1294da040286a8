/** How QEMU's programs are told of a file. */

import { textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";

/** @param path  absolute, so that nothing of it is taken for an option or a protocol. @throws QEMU_NBD_FAILED */
export function qemuPathOf(path: string): string {
  const bytes = Buffer.from(path, "latin1");
  const text = bytes.toString("utf8");
  if (Buffer.from(text, "utf8").equals(bytes)) return text;
  throw agentErrors.QEMU_NBD_FAILED({ path: textOf(path), reason: "its path is no valid text" });
}
