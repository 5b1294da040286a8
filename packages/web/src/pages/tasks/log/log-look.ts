/** How a person likes logs to look, kept in this browser. */

import { useSyncExternalStore } from "react";

export interface LogLook {
  /** Long lines go on in the next one. */
  readonly wraps: boolean;
  /** `+12.345 s` since the task began, and not the time of day. */
  readonly isRelative: boolean;
}

const STORAGE_KEY = "ironcore-log-look";
const listeners = new Set<() => void>();
let look = readLook(localStorage.getItem(STORAGE_KEY));

export function useLogLook(): readonly [LogLook, (change: Partial<LogLook>) => void] {
  const now = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => look,
  );
  return [now, changeLook];
}

function changeLook(change: Partial<LogLook>): void {
  look = { ...look, ...change };
  for (const listener of [...listeners]) listener();
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(look));
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}

function readLook(text: string | null): LogLook {
  return {
    wraps: text?.includes('"wraps":true') ?? false,
    isRelative: text?.includes('"isRelative":true') ?? false,
  };
}
