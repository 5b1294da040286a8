/** What happened, before anybody was told: the input of everything in this room. */

import type { NotificationEventWord, Severity, TaskType } from "@ironcore-backup/protocol";
import type { NoticeAudience } from "../state/notice-records.ts";

/** What it is about. */
export interface Subject {
  readonly project?: string | undefined;
  readonly datastore?: string | undefined;
  readonly namespace?: string | undefined;
  readonly job?: string | undefined;
  readonly workload?: string | undefined;
  readonly upid?: string | undefined;
}

export interface Occurrence extends Subject {
  readonly event: NotificationEventWord;
  readonly severity: Severity;
  readonly at: number;
  readonly title: string;
  readonly text: string;
  readonly remedy?: string | undefined;
  readonly code?: string | undefined;
  readonly audience: NoticeAudience;
  readonly taskType?: TaskType | undefined;
  /** The incident that it opens or repeats; absent: it is a note, or only ends others. */
  readonly opens?: string | undefined;
  /** Of an incident about several things: which of them. */
  readonly part?: string | undefined;
  /** Incidents that are over with it, or with `part` only that part of them. */
  readonly resolves?: readonly string[] | undefined;
  /** Nothing but what it resolves. */
  readonly isOnlyEnd?: boolean | undefined;
  /** The end of what it resolves is told to nobody. */
  readonly isSilentEnd?: boolean | undefined;
  /** Worth a line in the inbox. Everything but the daily course of things. */
  readonly isKept: boolean;
}
