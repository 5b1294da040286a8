/** A task in a few words. */

import type { Task } from "@ironcore-backup/protocol/calls";

/** `backup /srv/data → main:host/web-1` */
export function taskTitle({ type, source, target }: Pick<Task, "type" | "source" | "target">): string {
  if (source === "" || source === target) return `${type} ${target}`;
  return target === "" ? `${type} ${source}` : `${type} ${source} → ${target}`;
}
