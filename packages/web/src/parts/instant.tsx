/** Times on the page: absolute, relative, running. Each is a `<time>` whose hover tells the whole truth with zone. */

import { formatDuration } from "@ironcore-backup/base";
import { t } from "../texts/texts.ts";
import { useNow } from "../session/needs.tsx";
import { formatAbsolute, formatAbsoluteWithZone, formatElapsed, formatRelative } from "./instant-text.ts";

const isoOf = (at: number): string => new Date(at).toISOString();

/** `2026-11-23 06:12:04` */
export function When({ at }: { readonly at: number }) {
  return (
    <time dateTime={isoOf(at)} title={formatAbsoluteWithZone(at)} className="nowrap">
      {formatAbsolute(at)}
    </time>
  );
}

/** `4 min ago` */
export function Ago({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <time dateTime={isoOf(at)} title={formatAbsoluteWithZone(at)} className="nowrap">
      {formatRelative(at, now)}
    </time>
  );
}

/** How long it has run, or ran. */
export function Elapsed({ from, to }: { readonly from: number; readonly to?: number | undefined }) {
  return to === undefined ? (
    <RunningFor from={from} />
  ) : (
    <span className="nowrap">{formatDuration(Math.max(0, to - from))}</span>
  );
}

function RunningFor({ from }: { readonly from: number }) {
  const now = useNow();
  return (
    <span className="nowrap" title={t("parts.time.since", { instant: formatAbsoluteWithZone(from) })}>
      {formatElapsed(now - from)}
    </span>
  );
}
