/** The inbox of one person: what they may see, with their own marks; and what anybody may say of an incident. */

import type { Clock } from "@ironcore-backup/base";
import type { Inbox, InboxCounts, InboxMarkRequest, InboxQuery, Notice } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import { countInbox, findInboxRow, listInbox, markAllNotices, markNotices } from "../state/inbox-records.ts";
import type { InboxRow, InboxSight } from "../state/inbox-records.ts";
import { findNotice, showNotice, updateNotice } from "../state/notice-records.ts";
import type { NoticeRecord } from "../state/notice-records.ts";

const PAGE_LENGTH_DEFAULT = 50;

export interface InboxRoom {
  /** @throws NOTIFICATION_CURSOR_UNKNOWN */
  list(sight: InboxSight, query: InboxQuery): Promise<Inbox>;
  counts(sight: InboxSight): Promise<InboxCounts>;
  /** @throws NOTICE_NOT_FOUND for what is not there or not to be seen */
  get(sight: InboxSight, noticeId: number): Promise<Notice>;
  mark(sight: InboxSight, request: InboxMarkRequest): Promise<InboxCounts>;
  /** Somebody sees to it: it is repeated to nobody. @throws NOTICE_NOT_FOUND, NOTICE_NOT_OPEN */
  acknowledge(sight: InboxSight, noticeId: number): Promise<Notice>;
  /** Whose it is, for who asks whether they may change it. @throws NOTICE_NOT_FOUND */
  find(sight: InboxSight, noticeId: number): Promise<NoticeRecord>;
}

export function createInbox(needs: {
  readonly clock: Clock;
  readonly state: State;
  readonly onChanged: () => void;
}): InboxRoom {
  const { clock, state } = needs;
  const { database } = state;
  const find = async (sight: InboxSight, noticeId: number): Promise<InboxRow> => {
    const row = await findInboxRow(database, sight, noticeId);
    if (row === undefined) throw serverErrors.NOTICE_NOT_FOUND({ notice: noticeId });
    return row;
  };
  return {
    list: async (sight, { unread, cursor, limit = PAGE_LENGTH_DEFAULT, ...filter }) => {
      const after = cursor === undefined ? undefined : parseCursor(cursor);
      const rows = await listInbox(database, sight, { ...filter, isUnread: unread, after, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1)?.notice;
      const hasMore = rows.length > limit && last !== undefined;
      const { unreadCount, openCount } = await countInbox(database, sight);
      return {
        notices: shown.map(({ notice, isRead }) => showNotice(notice, isRead)),
        ...(hasMore ? { nextCursor: `${last.changedAt}-${last.noticeId}` } : {}),
        unreadCount,
        openCount,
      };
    },
    counts: (sight) => countInbox(database, sight),
    get: async (sight, noticeId) => {
      const { notice, isRead } = await find(sight, noticeId);
      return showNotice(notice, isRead);
    },
    mark: async (sight, { notices, isRead }) => {
      if (notices === undefined) await markAllNotices(database, sight, { isRead });
      else await markNotices(database, sight, { noticeIds: notices, isRead });
      await state.flush();
      needs.onChanged();
      return countInbox(database, sight);
    },
    acknowledge: async (sight, noticeId) => {
      await find(sight, noticeId);
      // The newest row, and no other work of the store between reading and writing it.
      const changed = await database.transaction().execute(async (transaction) => {
        const notice = await findNotice(transaction, noticeId);
        if (notice?.state !== "open")
          throw serverErrors.NOTICE_NOT_OPEN({ notice: noticeId, state: notice?.state ?? "gone" });
        const next = { ...notice, acknowledgedBy: sight.userId, acknowledgedAt: clock.now() };
        await updateNotice(transaction, next);
        return next;
      });
      await state.flush();
      needs.onChanged();
      return showNotice(changed, true);
    },
    find: async (sight, noticeId) => (await find(sight, noticeId)).notice,
  };
}

function parseCursor(cursor: string): { readonly changedAt: number; readonly noticeId: number } {
  const [changedAt = Number.NaN, noticeId = Number.NaN] = cursor.split("-").map(Number);
  if (Number.isSafeInteger(changedAt) && Number.isSafeInteger(noticeId)) return { changedAt, noticeId };
  throw serverErrors.NOTIFICATION_CURSOR_UNKNOWN({});
}
