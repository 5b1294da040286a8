/** What a reader of events is refused with. */

import { errorEntry } from "@ironcore-backup/base";

export const eventErrorRows = {
  EVENT_READERS_TOO_MANY: errorEntry(
    "later",
    (c: { limit: string; readerCountMax: number }) =>
      `${c.readerCountMax} streams of events are open already (limit ${c.limit})`,
    "Close pages and programs that follow events, or read one stream for all: its filters narrow it.",
  ),
};
