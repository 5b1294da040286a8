/** `/inbox`: what the caller may see, with their own marks. */

import type { Caller } from "../access/access.ts";
import { ownedBy } from "../access/job-rights.ts";
import { PLATFORM } from "../access/rights.ts";
import type { InboxSight } from "../state/inbox-records.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

export const inboxHandlers: SomeHandlers<
  "listInbox" | "countInbox" | "getNotice" | "markInbox" | "acknowledgeNotice" | "resolveNotice"
> = {
  listInbox: (needs, { caller, query }) => needs.notifications.inbox.list(sightOf(needs, caller), query),
  countInbox: (needs, { caller }) => needs.notifications.inbox.counts(sightOf(needs, caller)),
  getNotice: (needs, { caller, params }) =>
    needs.notifications.inbox.get(sightOf(needs, caller), Number(params.notice)),
  markInbox: (needs, { caller, body }) => needs.notifications.inbox.mark(sightOf(needs, caller), body),
  acknowledgeNotice: async (needs, { caller, params }) => {
    const noticeId = await assertMaySeeTo(needs, caller, params.notice);
    return needs.notifications.inbox.acknowledge(sightOf(needs, caller), noticeId);
  },
  resolveNotice: async (needs, { caller, params }) => {
    const noticeId = await assertMaySeeTo(needs, caller, params.notice);
    return needs.notifications.resolveNotice(sightOf(needs, caller), noticeId);
  },
};

function sightOf({ access }: ApiNeeds, caller: Caller): InboxSight {
  return {
    userId: caller.userId,
    tasks: access.taskVisibility(caller),
    audit: access.may(caller, "audit.read", PLATFORM),
  };
}

/** @throws NOTICE_NOT_FOUND for what the caller does not see, FORBIDDEN */
async function assertMaySeeTo(needs: ApiNeeds, caller: Caller, text: string): Promise<number> {
  const noticeId = Number(text);
  const { project } = await needs.notifications.inbox.find(sightOf(needs, caller), noticeId);
  needs.access.assertMay(caller, "notification.acknowledge", ownedBy(project));
  return noticeId;
}
