/** Tasks by a name that they share: a datastore's, a project's. Names without tasks are forgotten. */

import type { ActiveTask } from "./active-task.ts";

export const NOBODY: ReadonlySet<ActiveTask> = new Set();

export class NamedTasks {
  readonly #sets = new Map<string, Set<ActiveTask>>();

  /** Without a name it is nowhere. */
  add(name: string | undefined, one: ActiveTask): void {
    if (name === undefined) return;
    const set = this.#sets.get(name) ?? new Set();
    this.#sets.set(name, set);
    set.add(one);
  }

  remove(name: string | undefined, one: ActiveTask): void {
    if (name === undefined) return;
    const set = this.#sets.get(name);
    set?.delete(one);
    if (set?.size === 0) this.#sets.delete(name);
  }

  of(name: string): ReadonlySet<ActiveTask> {
    return this.#sets.get(name) ?? NOBODY;
  }

  names(): Iterable<string> {
    return this.#sets.keys();
  }
}
