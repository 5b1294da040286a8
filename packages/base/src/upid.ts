/** The name of a task (format page, section 9): ten parts, nine colons and a trailing one. */

import { baseErrors } from "./errors.ts";
import { parseAuthId } from "./names.ts";
import type { AuthId } from "./names.ts";

export type Upid = string & { readonly __brand: "Upid" };

export interface UpidParts {
  readonly node: string;
  /** Process id and start time (clock ticks, or any stable number) of the process that made the task. */
  readonly pid: number;
  readonly pstart: number;
  readonly taskId: number;
  /** Whole seconds since 1970. */
  readonly startTime: number;
  readonly type: string;
  /** Unescaped, may be empty: `store1:vm/100`. */
  readonly workerId: string;
  readonly authId: AuthId;
}

const UPID =
  /^UPID:([A-Za-z0-9][A-Za-z0-9-]*):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8,16}):([0-9A-F]{8}):([^:\s/]+):([^:\s]*):([^:\s/]+):$/;

const UPID_LENGTH_MAX = 2048;

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}

export function formatUpid(parts: UpidParts): Upid {
  const { node, pid, pstart, taskId, startTime, type, workerId, authId } = parts;
  const text = `UPID:${node}:${hex(pid)}:${hex(pstart)}:${hex(taskId)}:${hex(startTime)}:${type}:${escapeWorkerId(workerId)}:${authId}:`;
  parseUpid(text);
  return text as Upid;
}

/** @throws NAME_INVALID */
export function parseUpid(text: string): UpidParts & { readonly upid: Upid } {
  const match = text.length <= UPID_LENGTH_MAX ? UPID.exec(text) : null;
  if (match === null) {
    throw baseErrors.NAME_INVALID({
      kind: "UPID",
      text: text.slice(0, 120),
      rule: "UPID:node:pid:pstart:taskid:starttime:type:id:authid:",
    });
  }
  const [
    ,
    node = "",
    pid = "",
    pstart = "",
    taskId = "",
    startTime = "",
    type = "",
    workerId = "",
    authId = "",
  ] = match;
  return {
    upid: text as Upid,
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    taskId: Number.parseInt(taskId, 16),
    startTime: Number.parseInt(startTime, 16),
    type,
    workerId: unescapeWorkerId(workerId),
    authId: parseAuthId(authId),
  };
}

/** As systemd escapes unit names: "/" becomes "-", other bytes outside [0-9A-Za-z_.] and a leading "." become \xNN. */
export function escapeWorkerId(workerId: string): string {
  let escaped = "";
  new TextEncoder().encode(workerId).forEach((byte, at) => {
    const character = String.fromCharCode(byte);
    if (character === "/") escaped += "-";
    else if (/[0-9A-Za-z_]/.test(character) || (character === "." && at > 0)) escaped += character;
    else escaped += `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return escaped;
}

/** @throws NAME_INVALID when an escape is cut short or the bytes are not UTF-8 */
export function unescapeWorkerId(escaped: string): string {
  const bytes: number[] = [];
  for (let at = 0; at < escaped.length; at++) {
    const character = escaped[at] ?? "";
    if (character === "-") bytes.push(0x2f);
    else if (character === "\\") {
      const code = /^x([0-9a-f]{2})$/.exec(escaped.slice(at + 1, at + 4));
      if (code?.[1] === undefined) throw workerIdInvalid(escaped);
      bytes.push(Number.parseInt(code[1], 16));
      at += 3;
    } else bytes.push(...new TextEncoder().encode(character));
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes));
  } catch (cause) {
    throw workerIdInvalid(escaped, cause);
  }
}

function workerIdInvalid(text: string, cause?: unknown): Error {
  return baseErrors.NAME_INVALID(
    { kind: "escaped worker id", text: text.slice(0, 80), rule: "systemd escapes" },
    cause,
  );
}
