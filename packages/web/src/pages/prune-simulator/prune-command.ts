/** The same question as a line for a shell. */

import { retentionOptions } from "../../parts/retention-text.ts";
import { simulationRequest, retentionIn } from "./prune-search.ts";
import type { PruneSearch } from "./prune-search.ts";

export function pruneCommand(search: PruneSearch): string {
  const words = ["ironcore-backup prune --simulate"];
  if (search.invented === true) {
    const { schedule, retention } = simulationRequest(search);
    words.push(`--times ${schedule.times.join(",")}`);
    if (schedule.weekdays !== undefined) words.push(`--weekdays ${schedule.weekdays.join(",")}`);
    words.push(`--days ${schedule.dayCount}`, retentionOptions(retention));
  } else {
    words.push(`--datastore ${search.datastore ?? "NAME"}`);
    if (search.group !== undefined) words.push(`--group ${search.group}`);
    else if (search.namespace !== undefined) words.push(`--namespace ${search.namespace}`);
    words.push(retentionOptions(retentionIn(search)));
  }
  if (search.zone !== undefined) words.push(`--time-zone ${search.zone}`);
  return words.filter((word) => word !== "").join(" ");
}
