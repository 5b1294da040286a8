/**
 * Ends a program with everything that it started.
 *
 * A command stays in the process group of the worker that started it, so that it dies with the worker, whatever kills
 * that. A group of its own, which could be ended with one call, would outlive the worker; so its descendants are looked up.
 */

import { readdirSync, readFileSync } from "node:fs";

/** The process and all below it. */
export function signalTree(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  for (const one of [pid, ...descendantsOf(pid)]) {
    try {
      process.kill(one, signal);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : "";
      // Gone meanwhile, or it became another user's, who alone may end it.
      if (code !== "ESRCH" && code !== "EPERM") throw cause;
    }
  }
}

function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let level = [pid]; level.length > 0;) {
    level = level.flatMap((one) => children.get(one) ?? []);
    found.push(...level);
  }
  return found;
}

/** Undefined when it has ended meanwhile. */
function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The program's name stands in brackets and may hold anything, brackets too.
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(parent);
  } catch {
    return undefined;
  }
}
