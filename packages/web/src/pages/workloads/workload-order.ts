/** Which workloads are shown, and in which order: who needs somebody comes first. */

import { PROTECTION_STATES } from "@ironcore-backup/protocol/calls";
import type { Workload, WorkloadProtection } from "@ironcore-backup/protocol/calls";

export interface WorkloadSearch {
  readonly q?: string;
}

export function parseWorkloadSearch({ q }: Readonly<Record<string, unknown>>): WorkloadSearch {
  const text = typeof q === "string" || typeof q === "number" ? String(q).slice(0, 100) : "";
  return text === "" ? {} : { q: text };
}

export function sortByProtection(
  workloads: readonly Workload[],
  states: ReadonlyMap<string, WorkloadProtection>,
): Workload[] {
  const rank = ({ name }: Workload): number => {
    const state = states.get(name)?.state;
    return state === undefined ? PROTECTION_STATES.length : PROTECTION_STATES.indexOf(state);
  };
  return [...workloads].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** Every word of the text is somewhere in it. */
export function fitsText({ name, comment, project, tags = [], paths = [] }: Workload, text: string): boolean {
  const all = [name, comment ?? "", project ?? "", ...tags, ...paths].join("\n").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
