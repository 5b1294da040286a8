/**
 * Who changed what, and who signed in, done or refused. Entries are added and never changed; the oldest go when they are
 * older than two years or too many. Refused ones have a bound of their own, so that somebody who is refused all day cannot
 * push out what was done. No secret is ever in one: callers name the few values that are written down.
 */

import type { Clock } from "@ironcore-backup/base";
import type { AuditEntry, AuditList, AuditQuery } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { deleteOldAuditRecords, insertAuditRecord, listAuditRecords } from "../state/audit-records.ts";
import type { AuditFilter, AuditPlace } from "../state/audit-records.ts";
import type { State } from "../state/database.ts";
import { userOf } from "./access-name.ts";

const KEEP_MS = 2 * 365 * 86_400_000;
const COUNT_MAX = { done: 2_000_000, refused: 200_000 } as const;
/** Entries between two looks at what is too old. */
const TIDY_INTERVAL_COUNT = 1000;
const TEXT_LENGTH_MAX = 512;
const PAGE_LENGTH_DEFAULT = 50;
/** Entries that one search for a text looks at; a page that found less says where to go on. */
const SCAN_COUNT_MAX = 5000;

export interface AuditNote {
  readonly authId: string;
  readonly address: string;
  readonly requestId?: string | undefined;
  /** `user.created` */
  readonly action: string;
  readonly subject: string;
  readonly outcome: AuditEntry["outcome"];
  readonly detail?: Readonly<Record<string, string | number | boolean | undefined>>;
}

export interface Audit {
  /** Returns when the entry survives a power cut. */
  record(note: AuditNote): Promise<void>;
  /** Newest first. @throws REQUEST_INVALID for a cursor that is none */
  list(query: AuditQuery): Promise<AuditList>;
}

export function createAudit(needs: { readonly clock: Clock; readonly state: State }): Audit {
  const { clock, state } = needs;
  let untilTidyCount = 0;
  return {
    record: async (note) => {
      const at = clock.now();
      await insertAuditRecord(state.database, {
        ...note,
        at,
        requestId: note.requestId,
        authId: shortened(note.authId),
        userId: shortened(userOf(note.authId)),
        subject: shortened(note.subject),
        detail: presentDetail(note.detail ?? {}),
      });
      if (untilTidyCount-- <= 0) {
        untilTidyCount = TIDY_INTERVAL_COUNT;
        await deleteOldAuditRecords(state.database, at - KEEP_MS, COUNT_MAX);
      }
      await state.flush();
    },
    list: (query) => listAudit(state, query),
  };
}

async function listAudit(
  { database }: State,
  { limit = PAGE_LENGTH_DEFAULT, cursor, user, text, ...rest }: AuditQuery,
): Promise<AuditList> {
  const filter: AuditFilter = {
    ...rest,
    ...(user === undefined ? {} : { userId: userOf(user) }),
    ...(user?.includes("!") === true ? { authId: user } : {}),
  };
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  // One more than is shown tells whether there is a next page.
  const scanCount = text === undefined ? limit + 1 : SCAN_COUNT_MAX;
  const scanned = await listAuditRecords(database, filter, { after, limit: scanCount });
  const found = text === undefined ? scanned : scanned.filter((entry) => hasText(entry, text.toLowerCase()));
  const entries = found.slice(0, limit);
  // Either more was found than is shown, or there may be more behind what was looked at.
  const last =
    found.length > limit ? entries.at(-1) : scanned.length === scanCount ? scanned.at(-1) : undefined;
  return { entries, ...(last === undefined ? {} : { nextCursor: `${last.at}.${last.id}` }) };
}

function hasText(entry: AuditEntry, text: string): boolean {
  const values = Object.values(entry.detail).map(String);
  return [entry.authId, entry.address, entry.action, entry.subject, entry.requestId ?? "", ...values].some(
    (value) => value.toLowerCase().includes(text),
  );
}

function parseCursor(text: string): AuditPlace {
  const [, at, id] = /^(\d{1,16})\.(\d{1,16})$/.exec(text) ?? [];
  if (at === undefined || id === undefined)
    throw serverErrors.REQUEST_INVALID({ part: "query", detail: "cursor is not one of ours" });
  return { at: Number(at), id: Number(id) };
}

function presentDetail(detail: NonNullable<AuditNote["detail"]>): AuditEntry["detail"] {
  return Object.fromEntries(
    Object.entries(detail).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === "string" ? shortened(value) : value]],
    ),
  );
}

function shortened(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}…`;
}
