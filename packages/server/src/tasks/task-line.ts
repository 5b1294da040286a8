/**
 * The order of the tasks that are not over, in memory, so that "who is before me, who holds what I want" is answered
 * without reading ten thousand rows. The store decides who is claimed (`queue/`); this tells why, and whether asking the
 * store can give anything.
 *
 * A queued task is in one of two places: *in line*, or *later* while its retry's delay or its parent keeps it out. Of those
 * in line that want the same lock the first may get it, and only while no running task holds it: these, and those that
 * want no lock, are the *heads*. Among the heads only limits and slots decide.
 */

import type { TaskClass } from "@ironcore-backup/protocol";
import { TASK_CLASSES } from "@ironcore-backup/protocol";
import type { ActiveTask } from "./active-task.ts";
import { goesBefore, SortedTasks } from "./sorted-tasks.ts";

export interface TaskLine {
  /** A task is new, or its state, its delay or its parent has changed. */
  place(one: ActiveTask): void;
  /** It is over, or is being ended without having run. */
  remove(one: ActiveTask): void;
  /** Those whose delay is over get in line. @returns how many there were */
  promote(now: number): number;
  readonly queuedCount: number;
  readonly runningCount: number;
  running(): Iterable<ActiveTask>;
  runningIn(taskClass: TaskClass): ReadonlySet<ActiveTask>;
  runningOn(datastore: string): ReadonlySet<ActiveTask>;
  runningFor(project: string): ReadonlySet<ActiveTask>;
  /** In line, first one first. */
  inLine(taskClass: TaskClass): readonly ActiveTask[];
  /** How many of its class go first. */
  aheadCount(one: ActiveTask): number;
  /** Those of its class that only slots and limits keep from running, first one first. */
  heads(taskClass: TaskClass): readonly ActiveTask[];
  /** The running task that holds the lock, or the one in line that gets it before this one. */
  holderOf(one: ActiveTask): ActiveTask | undefined;
  /** Some of all that are queued, in no particular order. */
  queuedFrom(start: number, countMax: number): readonly ActiveTask[];
  /** Names that limits are asked for. */
  datastoreNames(): Iterable<string>;
  projectNames(): Iterable<string>;
}

const NOBODY: ReadonlySet<ActiveTask> = new Set();

export function createTaskLine(): TaskLine {
  const placed = new Map<ActiveTask, Place>();
  const rooms = new Map(TASK_CLASSES.map((name) => [name, new ClassRoom()]));
  const locks = new Map<string, Lock>();
  const byDatastore = new Map<string, Set<ActiveTask>>();
  const byProject = new Map<string, Set<ActiveTask>>();
  const datastoreUses = new Map<string, number>();
  const projectUses = new Map<string, number>();
  let queuedCount = 0;
  let dueAt = Infinity;

  const roomOf = (one: ActiveTask): ClassRoom => {
    const room = rooms.get(one.task.class) ?? new ClassRoom();
    rooms.set(one.task.class, room);
    return room;
  };
  /** Takes the lock's first out of the heads before a change and puts the then first in after it. */
  const aroundLock = (one: ActiveTask, change: (lock: Lock | undefined) => void): void => {
    if (one.exclusiveKey === undefined) return change(undefined);
    const lock = locks.get(one.exclusiveKey) ?? { holders: new Set(), wanting: new SortedTasks() };
    locks.set(one.exclusiveKey, lock);
    const before = headOf(lock);
    if (before !== undefined) roomOf(before).heads.remove(before);
    change(lock);
    const after = headOf(lock);
    if (after !== undefined) roomOf(after).heads.insert(after);
    if (lock.holders.size === 0 && lock.wanting.tasks.length === 0) locks.delete(one.exclusiveKey);
  };
  const takeOut = (one: ActiveTask): void => {
    const place = placed.get(one);
    if (place === undefined) return;
    placed.delete(one);
    if (place !== "running") queuedCount--;
    if (place === "later") roomOf(one).later.delete(one);
    if (place === "line") {
      roomOf(one).line.remove(one);
      if (one.exclusiveKey === undefined) roomOf(one).heads.remove(one);
      aroundLock(one, (lock) => lock?.wanting.remove(one));
    }
    if (place === "running") {
      roomOf(one).running.delete(one);
      dropFrom(byDatastore, one.task.datastore, one);
      if (one.task.project !== undefined) dropFrom(byProject, one.task.project, one);
      aroundLock(one, (lock) => lock?.holders.delete(one));
    }
    count(datastoreUses, one.task.datastore, -1);
    if (one.task.project !== undefined) count(projectUses, one.task.project, -1);
  };
  const putIn = (one: ActiveTask): void => {
    const place = placeOf(one);
    placed.set(one, place);
    if (place !== "running") queuedCount++;
    if (place === "later") {
      roomOf(one).later.add(one);
      if (!one.afterParent) dueAt = Math.min(dueAt, one.notBefore ?? dueAt);
    }
    if (place === "line") {
      roomOf(one).line.insert(one);
      if (one.exclusiveKey === undefined) roomOf(one).heads.insert(one);
      aroundLock(one, (lock) => lock?.wanting.insert(one));
    }
    if (place === "running") {
      roomOf(one).running.add(one);
      addTo(byDatastore, one.task.datastore, one);
      if (one.task.project !== undefined) addTo(byProject, one.task.project, one);
      aroundLock(one, (lock) => lock?.holders.add(one));
    }
    count(datastoreUses, one.task.datastore, 1);
    if (one.task.project !== undefined) count(projectUses, one.task.project, 1);
  };
  const promote = (now: number): number => {
    if (now < dueAt) return 0;
    dueAt = Infinity;
    const due: ActiveTask[] = [];
    for (const room of rooms.values()) {
      for (const one of room.later) {
        if (one.afterParent) continue;
        if ((one.notBefore ?? 0) <= now) due.push(one);
        else dueAt = Math.min(dueAt, one.notBefore ?? dueAt);
      }
    }
    for (const one of due) {
      takeOut(one);
      one.notBefore = undefined;
      putIn(one);
    }
    return due.length;
  };
  return {
    place: (one) => {
      takeOut(one);
      putIn(one);
    },
    remove: takeOut,
    promote,
    get queuedCount() {
      return queuedCount;
    },
    get runningCount() {
      return placed.size - queuedCount;
    },
    running: () => [...rooms.values()].flatMap((room) => [...room.running]),
    runningIn: (taskClass) => rooms.get(taskClass)?.running ?? NOBODY,
    runningOn: (datastore) => byDatastore.get(datastore) ?? NOBODY,
    runningFor: (project) => byProject.get(project) ?? NOBODY,
    inLine: (taskClass) => rooms.get(taskClass)?.line.tasks ?? [],
    aheadCount: (one) => roomOf(one).line.rankOf(one),
    heads: (taskClass) => rooms.get(taskClass)?.heads.tasks ?? [],
    holderOf: (one) => {
      if (one.exclusiveKey === undefined) return undefined;
      const lock = locks.get(one.exclusiveKey);
      const [holder] = lock?.holders ?? [];
      if (holder !== undefined) return holder === one ? undefined : holder;
      const first = lock?.wanting.tasks[0];
      return first === undefined || first === one || !goesBefore(first, one) ? undefined : first;
    },
    queuedFrom: (start, countMax) => {
      const all = [...rooms.values()].flatMap((room) => [...room.line.tasks, ...room.later]);
      return all.slice(start, start + countMax);
    },
    datastoreNames: () => datastoreUses.keys(),
    projectNames: () => projectUses.keys(),
  };
}

type Place = "line" | "later" | "running";

interface Lock {
  readonly holders: Set<ActiveTask>;
  readonly wanting: SortedTasks;
}

class ClassRoom {
  readonly line = new SortedTasks();
  readonly heads = new SortedTasks();
  readonly later = new Set<ActiveTask>();
  readonly running = new Set<ActiveTask>();
}

function placeOf(one: ActiveTask): Place {
  if (one.task.state !== "queued") return "running";
  return one.afterParent || one.notBefore !== undefined ? "later" : "line";
}

function headOf(lock: Lock): ActiveTask | undefined {
  return lock.holders.size === 0 ? lock.wanting.tasks[0] : undefined;
}

function addTo(sets: Map<string, Set<ActiveTask>>, name: string, one: ActiveTask): void {
  const set = sets.get(name) ?? new Set();
  sets.set(name, set);
  set.add(one);
}

function dropFrom(sets: Map<string, Set<ActiveTask>>, name: string, one: ActiveTask): void {
  const set = sets.get(name);
  set?.delete(one);
  if (set?.size === 0) sets.delete(name);
}

function count(uses: Map<string, number>, name: string, change: number): void {
  const next = (uses.get(name) ?? 0) + change;
  if (next === 0) uses.delete(name);
  else uses.set(name, next);
}
