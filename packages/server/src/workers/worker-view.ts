/** A worker as others see it: its state and what is to be said about it, from the facts of its pool. */

import { formatInstant, instantFromMs } from "@ironcore-backup/base";
import type { Clock } from "@ironcore-backup/base";
import type { Status, TaskClass, Worker, WorkerState } from "@ironcore-backup/protocol";
import type { PauseRecord } from "../state/pause-records.ts";
import type { ClassPoolLook } from "./class-pool.ts";
import type { WorkerProcess } from "./worker-handle.ts";

const UNUSED_CLASS_TEXT = "no operation of this version uses it";

type Process = Readonly<WorkerProcess>;
type Service = Status["services"][number];

/** What stands still about a worker while the server lives. */
export interface WorkerFacts {
  readonly node: string;
  readonly version: string;
  readonly startedAt: number;
}

export function viewWorker(
  needs: { readonly clock: Clock },
  look: ClassPoolLook,
  facts: WorkerFacts,
): Worker {
  const { state, detail } = stateOf(look);
  const claimed = look.processes.filter((one) => one.claim !== undefined);
  return {
    name: look.name,
    node: facts.node,
    class: look.class,
    state,
    detail,
    slotCount: look.slotCount,
    usedSlotCount: claimed.length,
    heardAt: heardAt(needs, look),
    startedAt: facts.startedAt,
    processCount: look.processes.length,
    rssBytes: look.processes.reduce((sum, one) => sum + one.rssBytes, 0),
    runs: claimed.flatMap(runOf),
    version: facts.version,
  };
}

function runOf({ claim, pid }: Process): Worker["runs"] {
  if (claim === undefined) return [];
  const { upid, type, target } = claim.assignment;
  return [{ upid, type, target, startedAt: claim.startedAt, ...(pid === undefined ? {} : { pid }) }];
}

/** Of a lost one the silent process counts. Without processes the server itself speaks for the worker. */
function heardAt({ clock }: { readonly clock: Clock }, { processes }: ClassPoolLook): number {
  const silent = processes.filter((one) => one.claim?.isSilent === true).map((one) => one.heardAt);
  if (silent.length > 0) return Math.min(...silent);
  return processes.length === 0 ? clock.now() : Math.max(...processes.map((one) => one.heardAt));
}

function stateOf(look: ClassPoolLook): { readonly state: WorkerState; readonly detail: string } {
  const used = look.processes.filter((one) => one.claim !== undefined).length;
  const silent = look.processes.find((one) => one.claim?.isSilent === true);
  if (silent !== undefined) {
    const since = formatInstant(instantFromMs(silent.heardAt));
    return { state: "lost", detail: `process ${silent.pid} has said nothing since ${since}` };
  }
  if (!look.isUsed) return { state: "online", detail: UNUSED_CLASS_TEXT };
  if (look.isClosing) return { state: used > 0 ? "draining" : "drained", detail: "the server is stopping" };
  if (look.drained !== undefined)
    return { state: used > 0 ? "draining" : "drained", detail: describePause("drained", look.drained) };
  if (startsFail(look)) return { state: "lost", detail: describeFailure(look) };
  return {
    state: used >= look.slotCount ? "busy" : "online",
    detail: `${used} of ${look.slotCount} slots busy`,
  };
}

/** `drained by admin@ibs since 2024-05-01T12:00:00.000Z: new disk`. */
export function describePause(what: string, { authId, pausedAt, reason }: PauseRecord): string {
  const since = formatInstant(instantFromMs(pausedAt));
  return `${what} by ${authId} since ${since}${reason === undefined ? "" : `: ${reason}`}`;
}

function startsFail(look: ClassPoolLook): boolean {
  return look.startFailureCount > 0 && look.processes.every((one) => one.state === "starting");
}

function describeFailure({ startFailureCount }: ClassPoolLook): string {
  return `no process starts; ${startFailureCount} tries failed, the server's log says why`;
}

/** A line of `status --services`. */
export function viewService(look: ClassPoolLook): Service & { readonly name: TaskClass } {
  const { class: name, slotCount, processes } = look;
  const slots = `${slotCount} ${slotCount === 1 ? "slot" : "slots"}`;
  if (!look.isUsed) return { name, state: "stopped", detail: `${slots}; ${UNUSED_CLASS_TEXT}` };
  const { state, detail } = stateOf(look);
  if (state === "drained") return { name, state: "stopped", detail };
  if (startsFail(look)) return { name, state: "failed", detail };
  return { name, state: "running", detail: `${detail}, ${countText(processes.length)}` };
}

function countText(processCount: number): string {
  return processCount === 1 ? "1 process" : `${processCount} processes`;
}
