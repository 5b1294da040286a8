/** Readers of the stream as tests make them. */

import { SEES_ALL } from "../tasks/event-stream.testing.ts";
import type { EventAudience, EventSink } from "./event-fanout.ts";

export const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

export function anAudience(changes: Partial<EventAudience> = {}): EventAudience {
  const { sight = SEES_ALL } = changes;
  return {
    filter: {},
    sight,
    after: undefined,
    user: "a@ibs",
    proof: "proof",
    look: async () => sight,
    ...changes,
  };
}

/** What arrives, as the browser would read it. */
export interface Arrival {
  text: string;
  /** The last thing that arrived is this fact. */
  endsWith(sequence: number): boolean;
  kinds(): string[];
  numbers(): number[];
}

export function anArrival(): Arrival {
  return {
    text: "",
    endsWith(sequence) {
      const last = this.text.slice(-150_000);
      return last.includes(`id: ${sequence}\n`) && last.endsWith("\n\n");
    },
    kinds() {
      return [...this.text.matchAll(/^event: (.*)$/gm)].map((match) => match[1] ?? "");
    },
    numbers() {
      return [...this.text.matchAll(/^data: \{"sequence":(\d+)/gm)].map((match) => Number(match[1]));
    },
  };
}

/** A reader in memory that takes everything while `takes` is true, and one piece more. */
export function aSink(): EventSink &
  Arrival & { takes: boolean; isEnded: boolean; isDestroyed: boolean; drain(): void } {
  const listeners = new Map<string, (() => void)[]>();
  const fire = (event: string): void => {
    for (const listener of listeners.get(event) ?? []) listener();
  };
  return {
    ...anArrival(),
    takes: true,
    isEnded: false,
    isDestroyed: false,
    write(bytes) {
      this.text += typeof bytes === "string" ? bytes : Buffer.from(bytes).toString();
      return this.takes;
    },
    end() {
      this.isEnded = true;
      fire("close");
    },
    destroy() {
      this.isDestroyed = true;
      fire("close");
    },
    drain: () => fire("drain"),
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
  };
}
