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
import { NamedTasks, NOBODY } from "./named-tasks.ts";
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

export function createTaskLine(): TaskLine {
  return new Line();
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

class Line implements TaskLine {
  readonly #placed = new Map<ActiveTask, Place>();
  readonly #rooms = new Map(TASK_CLASSES.map((name) => [name, new ClassRoom()]));
  readonly #locks = new Map<string, Lock>();
  readonly #all = { datastores: new NamedTasks(), projects: new NamedTasks() };
  readonly #running = { datastores: new NamedTasks(), projects: new NamedTasks() };
  #queuedCount = 0;
  /** No delay is over before. */
  #dueAt = Infinity;

  get queuedCount(): number {
    return this.#queuedCount;
  }

  get runningCount(): number {
    return this.#placed.size - this.#queuedCount;
  }

  place(one: ActiveTask): void {
    this.remove(one);
    const place = placeOf(one);
    this.#placed.set(one, place);
    this.#all.datastores.add(one.task.datastore, one);
    this.#all.projects.add(one.task.project, one);
    if (place === "running") return this.#putRunning(one);
    this.#queuedCount++;
    if (place === "line") return this.#putInLine(one);
    this.#roomOf(one).later.add(one);
    if (!one.afterParent) this.#dueAt = Math.min(this.#dueAt, one.notBefore ?? Infinity);
  }

  remove(one: ActiveTask): void {
    const place = this.#placed.get(one);
    if (place === undefined) return;
    this.#placed.delete(one);
    this.#all.datastores.remove(one.task.datastore, one);
    this.#all.projects.remove(one.task.project, one);
    if (place === "running") return this.#takeRunning(one);
    this.#queuedCount--;
    if (place === "line") return this.#takeFromLine(one);
    this.#roomOf(one).later.delete(one);
  }

  promote(now: number): number {
    if (now < this.#dueAt) return 0;
    const delayed = [...this.#rooms.values()].flatMap((room) =>
      [...room.later].filter((one) => !one.afterParent),
    );
    const due = delayed.filter((one) => (one.notBefore ?? 0) <= now);
    for (const one of due) {
      one.notBefore = undefined;
      this.place(one);
    }
    this.#dueAt = Math.min(Infinity, ...delayed.flatMap((one) => one.notBefore ?? []));
    return due.length;
  }

  running(): ActiveTask[] {
    return [...this.#rooms.values()].flatMap((room) => [...room.running]);
  }

  runningIn(taskClass: TaskClass): ReadonlySet<ActiveTask> {
    return this.#rooms.get(taskClass)?.running ?? NOBODY;
  }

  runningOn(datastore: string): ReadonlySet<ActiveTask> {
    return this.#running.datastores.of(datastore);
  }

  runningFor(project: string): ReadonlySet<ActiveTask> {
    return this.#running.projects.of(project);
  }

  inLine(taskClass: TaskClass): readonly ActiveTask[] {
    return this.#rooms.get(taskClass)?.line.tasks ?? [];
  }

  aheadCount(one: ActiveTask): number {
    return this.#roomOf(one).line.rankOf(one);
  }

  heads(taskClass: TaskClass): readonly ActiveTask[] {
    return this.#rooms.get(taskClass)?.heads.tasks ?? [];
  }

  holderOf(one: ActiveTask): ActiveTask | undefined {
    const lock = one.exclusiveKey === undefined ? undefined : this.#locks.get(one.exclusiveKey);
    const [holder] = lock?.holders ?? [];
    if (holder !== undefined) return holder === one ? undefined : holder;
    const first = lock?.wanting.tasks[0];
    return first === undefined || first === one || !goesBefore(first, one) ? undefined : first;
  }

  queuedFrom(start: number, countMax: number): readonly ActiveTask[] {
    const all = [...this.#rooms.values()].flatMap((room) => [...room.line.tasks, ...room.later]);
    return all.slice(start, start + countMax);
  }

  datastoreNames(): Iterable<string> {
    return this.#all.datastores.names();
  }

  projectNames(): Iterable<string> {
    return this.#all.projects.names();
  }

  #putRunning(one: ActiveTask): void {
    this.#roomOf(one).running.add(one);
    this.#running.datastores.add(one.task.datastore, one);
    this.#running.projects.add(one.task.project, one);
    this.#aroundLock(one, (lock) => lock.holders.add(one));
  }

  #takeRunning(one: ActiveTask): void {
    this.#roomOf(one).running.delete(one);
    this.#running.datastores.remove(one.task.datastore, one);
    this.#running.projects.remove(one.task.project, one);
    this.#aroundLock(one, (lock) => lock.holders.delete(one));
  }

  #putInLine(one: ActiveTask): void {
    this.#roomOf(one).line.insert(one);
    if (one.exclusiveKey === undefined) this.#roomOf(one).heads.insert(one);
    this.#aroundLock(one, (lock) => lock.wanting.insert(one));
  }

  #takeFromLine(one: ActiveTask): void {
    this.#roomOf(one).line.remove(one);
    if (one.exclusiveKey === undefined) this.#roomOf(one).heads.remove(one);
    this.#aroundLock(one, (lock) => lock.wanting.remove(one));
  }

  /** Takes the lock's first out of the heads before a change and puts the then first in after it. */
  #aroundLock(one: ActiveTask, change: (lock: Lock) => void): void {
    if (one.exclusiveKey === undefined) return;
    const lock = this.#locks.get(one.exclusiveKey) ?? { holders: new Set(), wanting: new SortedTasks() };
    this.#locks.set(one.exclusiveKey, lock);
    const before = headOf(lock);
    if (before !== undefined) this.#roomOf(before).heads.remove(before);
    change(lock);
    const after = headOf(lock);
    if (after !== undefined) this.#roomOf(after).heads.insert(after);
    if (lock.holders.size === 0 && lock.wanting.tasks.length === 0) this.#locks.delete(one.exclusiveKey);
  }

  #roomOf({ task }: ActiveTask): ClassRoom {
    const room = this.#rooms.get(task.class) ?? new ClassRoom();
    this.#rooms.set(task.class, room);
    return room;
  }
}

function placeOf(one: ActiveTask): Place {
  if (one.task.state !== "queued") return "running";
  return one.afterParent || one.notBefore !== undefined ? "later" : "line";
}

function headOf(lock: Lock): ActiveTask | undefined {
  return lock.holders.size === 0 ? lock.wanting.tasks[0] : undefined;
}
