/**
 * When a queued task will start: the queue of its class is played through, once with the short and once with the long
 * durations of like runs. Running tasks free their slot, lock and place under a limit when they are expected to end; then
 * each task in line takes the first slot at which its lock and its limits are free, too.
 *
 * The play is cached, because a queue of ten thousand is asked about by everybody who looks at it: it is played again
 * when it is older than `queue length / PLAYED_PER_MS`, and at the latest after a second. In between, a task gets the
 * answer of its place in line.
 */

import type { Clock } from "@ironcore-backup/base";
import type { TaskClass, TaskWait } from "@ironcore-backup/protocol";
import type { ActiveTask } from "./active-task.ts";
import type { DurationRange, RunDurations } from "./run-durations.ts";
import { freeSlotCount } from "./wait-graph.ts";
import type { WaitView } from "./wait-graph.ts";

const PLAYED_PER_MS = 50;
const AGE_MS_MAX = 1000;
/** A run that has taken longer than any like it is expected to need so much of its time again. */
const OVERDUE_SHARE = 0.25;
/** Between a free slot and the first step of the run. */
const TAKE_UP_MS = 2000;

type PredictedStart = NonNullable<TaskWait["predictedStart"]>;

interface Play {
  readonly playedMs: number;
  readonly earliest: PlayedLine;
  readonly latest: PlayedLine;
}

interface PlayedLine {
  /** By place in line; shorter than the line where nothing is known from there on. */
  readonly starts: readonly number[];
  /** Where somebody behind them all would start; undefined when that is not known. */
  readonly next: number | undefined;
}

export interface StartForecast {
  /** Undefined when the prediction would stand on nothing: a pause, no worker, an unknown duration. */
  predict(view: WaitView, one: ActiveTask): PredictedStart | undefined;
}

export function createStartForecast(needs: {
  readonly clock: Clock;
  readonly durations: RunDurations;
}): StartForecast {
  const plays = new Map<TaskClass, Play>();
  const playOf = (view: WaitView, taskClass: TaskClass): Play => {
    const nowMs = needs.clock.elapsedMs();
    const known = plays.get(taskClass);
    const age = known === undefined ? Infinity : nowMs - known.playedMs;
    const keepMs = Math.min(AGE_MS_MAX, Math.floor(view.line.inLine(taskClass).length / PLAYED_PER_MS));
    if (known !== undefined && age < keepMs) return known;
    const remaining = (one: ActiveTask): DurationRange | undefined =>
      remainingOf(needs.durations.estimate(one.likeness), view, one);
    const line = view.line.inLine(taskClass).map((one) => ({ one, range: remaining(one) }));
    const running = Array.from(view.line.running(), (one) => ({ one, range: remaining(one) }));
    const parts = { view, taskClass, line, running };
    const play = {
      playedMs: nowMs,
      earliest: playLine(parts, (range) => range.lowMs),
      latest: playLine(parts, (range) => range.highMs),
    };
    plays.set(taskClass, play);
    return play;
  };
  return {
    predict: (view, one) => {
      if (isStandstill(view, one)) return undefined;
      const play = playOf(view, one.task.class);
      const rank = view.line.aheadCount(one);
      const early = play.earliest.starts[rank] ?? play.earliest.next;
      const late = play.latest.starts[rank] ?? play.latest.next;
      if (early === undefined || late === undefined) return undefined;
      const floor = Math.max(view.now, one.notBefore ?? 0);
      const earliestAt = Math.round(Math.max(floor, early));
      return { earliestAt, latestAt: Math.round(Math.max(earliestAt, floor, late) + TAKE_UP_MS) };
    },
  };
}

function isStandstill(view: WaitView, one: ActiveTask): boolean {
  const { slotCount, closedBecause, drainingBecause } = view.capacityOf(one.task.class);
  const noWorkers = slotCount === 0 || closedBecause !== undefined || drainingBecause !== undefined;
  return view.paused !== undefined || noWorkers || one.afterParent;
}

/** A task with how long it still takes, as far as that is known. */
interface Part {
  readonly one: ActiveTask;
  readonly range: DurationRange | undefined;
}

interface Parts {
  readonly view: WaitView;
  readonly taskClass: TaskClass;
  readonly line: readonly Part[];
  readonly running: readonly Part[];
}

/** The instant at which each task in line starts, as far as durations are known. */
function playLine(parts: Parts, msOf: (range: DurationRange) => number): PlayedLine {
  const stage = setStage(parts, msOf);
  const starts: number[] = [];
  if (stage === undefined) return { starts, next: undefined };
  for (const { one, range } of parts.line) {
    const start = stage.startOf(one);
    starts.push(start);
    // Whoever comes behind would wait for an end that nobody can tell.
    if (range === undefined) return { starts, next: undefined };
    stage.occupy(one, start, start + msOf(range));
  }
  return { starts, next: stage.firstFree() };
}

interface Stage {
  startOf(one: ActiveTask): number;
  firstFree(): number;
  occupy(one: ActiveTask, start: number, end: number): void;
}

/** Slots, locks and limits with the instants at which they come free. Undefined when a running task's end is unknown. */
function setStage(
  { view, taskClass, running }: Parts,
  msOf: (range: DurationRange) => number,
): Stage | undefined {
  const slots: number[] = Array.from({ length: freeSlotCount(view, taskClass) }, () => view.now);
  const locks = new Map<string, number>();
  const places = new Map<string, number[]>();
  const take = (one: ActiveTask, start: number, end: number): void => {
    if (one.exclusiveKey !== undefined) locks.set(one.exclusiveKey, end);
    for (const name of limitsOf(view, one)) replaceFirstFree(placesOf(places, name, view), start, end);
  };
  for (const { one, range } of running) {
    if (range === undefined && one.task.class === taskClass) return undefined;
    const end = view.now + (range === undefined ? 0 : msOf(range));
    if (one.task.class === taskClass) slots.push(end);
    take(one, view.now, end);
  }
  // The workers still tidy up after a run that has ended here.
  if (slots.length === 0) slots.push(view.now);
  const firstFree = (): number => Math.min(...slots);
  return {
    firstFree,
    startOf: (one) =>
      Math.max(
        firstFree(),
        one.exclusiveKey === undefined ? 0 : (locks.get(one.exclusiveKey) ?? 0),
        ...limitsOf(view, one).map((name) => Math.min(...placesOf(places, name, view))),
      ),
    occupy: (one, start, end) => {
      replaceFirstFree(slots, start, end);
      take(one, start, end);
    },
  };
}

/** Of those that are free by then the one that became so last: an earlier one is left to somebody who can use it earlier. */
function replaceFirstFree(free: number[], start: number, end: number): void {
  let best = -1;
  free.forEach((at, index) => {
    if (at <= start && (best < 0 || at > (free[best] ?? 0))) best = index;
  });
  // More run than the limit says, since it was lowered: the next end frees no place.
  if (best < 0) free.push(end);
  else free[best] = end;
}

function limitsOf(view: WaitView, { task }: ActiveTask): string[] {
  const { datastore, project } = task;
  const names: string[] = [];
  if (view.limits.datastoreMax(datastore) !== undefined) names.push(`d${datastore}`);
  if (project !== undefined && view.limits.projectMax(project) !== undefined) names.push(`p${project}`);
  return names;
}

function placesOf(places: Map<string, number[]>, name: string, view: WaitView): number[] {
  const known = places.get(name);
  if (known !== undefined) return known;
  const max = name.startsWith("d") ? view.limits.datastoreMax : view.limits.projectMax;
  const made = Array.from({ length: Math.max(1, max(name.slice(1)) ?? 1) }, () => view.now);
  places.set(name, made);
  return made;
}

function remainingOf(
  range: DurationRange | undefined,
  view: WaitView,
  one: ActiveTask,
): DurationRange | undefined {
  if (range === undefined || one.task.startedAt === undefined) return range;
  const elapsedMs = Math.max(0, view.now - one.task.startedAt);
  const overdueMs = elapsedMs > range.highMs ? elapsedMs * OVERDUE_SHARE : 0;
  return {
    lowMs: Math.max(0, range.lowMs - elapsedMs),
    highMs: Math.max(0, range.highMs - elapsedMs, overdueMs),
  };
}
