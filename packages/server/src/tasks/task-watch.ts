/**
 * Looks once a second after what nobody reports: delays that are over, rates that must sink, tasks that stand still, and
 * wait graphs that have changed because something else did.
 */

import type { Clock } from "@ironcore-backup/base";
import { formatInstant, instantFromMs, isCancelled } from "@ironcore-backup/base";
import { TASK_CLASSES } from "@ironcore-backup/protocol";
import type { ActiveTask } from "./active-task.ts";
import { isQueued } from "./active-task.ts";
import { presentWait, tellQueued } from "./task-desk.ts";
import type { Desk } from "./task-desk.ts";
import { shortOf } from "./wait-graph.ts";

const WATCH_INTERVAL_MS = 1000;
const STALL_MS = 5 * 60_000;
/** The first of each class are looked at every time, of the others as many in turn. */
const HEAD_COUNT = 25;
const ROUND_COUNT = 100;

export function startTaskWatch(desk: Desk): { close(): void } {
  const closing = new AbortController();
  const round = { at: 0 };
  watch(desk, closing.signal, () => {
    if (desk.line.promote(desk.clock.now()) > 0) tellQueued(desk);
    for (const one of desk.line.running()) watchRun(desk, one);
    for (const one of whoIsLookedAt(desk, round)) tellIfChanged(desk, one);
  }).catch((cause: unknown) => {
    if (!isCancelled(cause)) throw cause;
  });
  return { close: () => closing.abort() };
}

async function watch(
  needs: { readonly clock: Clock },
  signal: AbortSignal,
  look: () => void,
): Promise<never> {
  for (;;) {
    await needs.clock.sleep(WATCH_INTERVAL_MS, signal);
    look();
  }
}

function watchRun(desk: Desk, one: ActiveTask): void {
  if (one.ending) return;
  const elapsedMs = desk.clock.elapsedMs();
  const before = signs(one);
  for (const meter of one.meters) meter.tick(elapsedMs);
  const isStalled = elapsedMs - one.movedMs >= (desk.stallMs ?? STALL_MS);
  if (isStalled && one.stall === undefined) {
    one.stall = { code: "stalled", message: stallMessage(one), since: one.movedAt };
  }
  if (signs(one) !== before) desk.ledger.moved(one);
}

/** What others must learn although no report came: that a rate or an end in sight is gone, and that it stands still. */
function signs(one: ActiveTask): string {
  const rates = one.meters.map((meter) => {
    const { rateBytesPerSecond, etaSeconds } = meter.stage();
    return [rateBytesPerSecond === undefined, etaSeconds === undefined];
  });
  return JSON.stringify([rates, one.stall?.since]);
}

function stallMessage(one: ActiveTask): string {
  const at = formatInstant(instantFromMs(one.movedAt));
  const stage = one.meters.map((meter) => meter.stage()).findLast(({ state }) => state === "running");
  const where =
    stage === undefined
      ? "no stage is open"
      : `in stage ${stage.name}${stage.current === undefined ? "" : `, at ${stage.current}`}`;
  return `No byte, item, stage or log line has moved since ${at}: ${where}`;
}

/** The first of each class, and some of the others in turn, so that a long queue costs no more than a short one. */
function whoIsLookedAt(desk: Desk, round: { at: number }): ActiveTask[] {
  const heads = TASK_CLASSES.flatMap((taskClass) => desk.line.inLine(taskClass).slice(0, HEAD_COUNT));
  const { queuedCount } = desk.line;
  if (queuedCount === heads.length) return heads;
  const others = desk.line.queuedFrom(round.at, ROUND_COUNT);
  round.at = others.length < ROUND_COUNT ? 0 : round.at + ROUND_COUNT;
  return [...new Set([...heads, ...others])];
}

function tellIfChanged(desk: Desk, one: ActiveTask): void {
  if (!isQueued(one)) return;
  if (shortOf(presentWait(desk, one)) !== one.toldWait) desk.ledger.tell(one);
}
