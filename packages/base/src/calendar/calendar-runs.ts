/**
 * The instants of an event.
 *
 * On a clock change a local time that is skipped runs once, as late as the clock jumped, and one that comes twice runs
 * the first time only. So the instants are those of the wall clock, each local time once, in the order of time.
 */

import { instantFromMs } from "../clock.ts";
import type { Instant } from "../clock.ts";
import type { CalendarEvent } from "./calendar-event.ts";
import { nextLocalTime, searchPlan } from "./local-search.ts";
import type { SearchPlan } from "./local-search.ts";
import { zoneOffsets } from "./zone-offsets.ts";
import type { ZoneOffsets } from "./zone-offsets.ts";

const EARLIEST_MS = 0;
const FIRST_LOOK_BACK_MS = 60_000;

/** The first run after `after`; undefined when there is none before the year 2200. */
export function nextRun(event: CalendarEvent, after: Instant): Instant | undefined {
  const zone = zoneOffsets(event.timeZone);
  const plan = searchPlan(event);
  const afterMs = Math.max(after, EARLIEST_MS - 1);
  const offsetMs = zone.offsetAt(afterMs);
  let fromLocalMs = afterMs + 1 + offsetMs;
  let skipped: number | undefined;
  const recent = zone.recentChange(afterMs);
  if (recent !== undefined && recent.afterMs < recent.beforeMs) {
    // What the clock shows a second time has run.
    fromLocalMs = Math.max(fromLocalMs, recent.atMs + recent.beforeMs);
  } else if (recent !== undefined && afterMs < recent.atMs + recent.afterMs - recent.beforeMs) {
    // Local times that were jumped over are still to come, moved by the length of the jump.
    const gapEndMs = recent.atMs + recent.afterMs;
    const local = nextLocalTime(plan, afterMs + 1 + recent.beforeMs);
    if (local !== undefined && local < gapEndMs) skipped = local - recent.beforeMs;
  }
  const found = earliestFrom(plan, zone, fromLocalMs);
  const atMs = skipped === undefined ? found : Math.min(skipped, found ?? skipped);
  return atMs === undefined ? undefined : instantFromMs(atMs);
}

/** The earliest instant of local times at or after `fromLocalMs`. */
function earliestFrom(plan: SearchPlan, zone: ZoneOffsets, fromLocalMs: number): number | undefined {
  const local = nextLocalTime(plan, fromLocalMs);
  if (local === undefined) return undefined;
  const { atMs, gap } = zone.resolve(local);
  if (gap === undefined) return atMs;
  // A local time that is jumped over comes late, perhaps later than one that the clock does show.
  const shown = nextLocalTime(plan, gap.atMs + gap.afterMs);
  return shown === undefined ? atMs : Math.min(atMs, zone.resolve(shown).atMs);
}

/** The last run before `before`; undefined when there was none since 1970. */
export function previousRun(event: CalendarEvent, before: Instant): Instant | undefined {
  const isBefore = (afterMs: number): boolean => {
    const run = nextRun(event, instantFromMs(afterMs));
    return run !== undefined && run < before;
  };
  let lookBackMs = FIRST_LOOK_BACK_MS;
  while (!isBefore(before - lookBackMs)) {
    if (before - lookBackMs <= EARLIEST_MS) return undefined;
    lookBackMs *= 2;
  }
  // From `low` on a run comes before `before`, from `high` on none does: the run between them is the last.
  let low = before - lookBackMs;
  let high: number = before;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isBefore(middle)) low = middle;
    else high = middle;
  }
  return nextRun(event, instantFromMs(low));
}

/** The period whose runs are asked for: `from` is in it, `until` is not. */
export interface RunPeriod {
  readonly from: Instant;
  readonly until: Instant;
}

/** The runs of a period in order, lazily: the caller stops when it has enough. */
export function* runsWithin(event: CalendarEvent, period: RunPeriod): Generator<Instant, void, undefined> {
  let run = nextRun(event, instantFromMs(period.from - 1));
  while (run !== undefined && run < period.until) {
    yield run;
    run = nextRun(event, run);
  }
}
