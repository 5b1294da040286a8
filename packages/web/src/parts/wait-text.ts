/** When a queued task may start, as far as that can be said. */

import { t } from "../texts/texts.ts";
import { formatCoarse } from "./instant-text.ts";

const SOON_MS = 1000;

/** `any moment`, `within 3 min`, `in 2 min to 8 min`, `in about 5 min`. */
export function formatPrediction(
  { earliestAt, latestAt }: { readonly earliestAt: number; readonly latestAt: number },
  now: number,
): string {
  const distance = (at: number): string => formatCoarse(Math.max(0, at - now));
  if (latestAt < now + SOON_MS) return t("parts.wait.anyMoment");
  if (earliestAt < now + SOON_MS) return t("parts.wait.within", { span: distance(latestAt) });
  const [from, to] = [distance(earliestAt), distance(latestAt)];
  return from === to ? t("parts.wait.inAbout", { span: from }) : t("parts.wait.inRange", { from, to });
}
