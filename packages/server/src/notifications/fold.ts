/**
 * The fold of occurrences into notices: an incident opens, is repeated, loses parts, is over. Runs inside a transaction; what
 * it returns is what could be told.
 *
 * Invariants: of one key at most one incident is open; `openKeys` is what the store says, once the transaction is committed.
 * While a datastore is offline, what fails because of it is counted with that incident and told to nobody: one cause, one
 * message.
 */

import { formatDuration } from "@ironcore-backup/base";
import type { NoticeChange, NotificationEventWord, Severity, TaskType } from "@ironcore-backup/protocol";
import { SEVERITIES } from "@ironcore-backup/protocol";
import { findOpenNotice, insertNotice, updateNotice } from "../state/notice-records.ts";
import type { NewNotice, NoticeRecord } from "../state/notice-records.ts";
import type { StateDatabase } from "../state/schema.ts";
import type { Occurrence, Subject } from "./occurrence.ts";

/** An incident about more things than these says only how many there are. */
const PART_COUNT_MAX = 500;

/** One thing that could be told. */
export interface Telling extends Subject {
  readonly change: NoticeChange;
  /** 0: the inbox does not keep it. */
  readonly noticeId: number;
  /** The incident's. */
  readonly key: string | undefined;
  readonly event: NotificationEventWord;
  readonly severity: Severity;
  readonly at: number;
  readonly title: string;
  readonly text: string;
  readonly remedy: string | undefined;
  readonly code: string | undefined;
  readonly taskType: TaskType | undefined;
  readonly count: number;
  readonly since: number;
  /** Somebody sees to it: it is repeated to nobody. */
  readonly isAcknowledged: boolean;
}

export interface FoldNeeds {
  readonly database: StateDatabase;
  /** Keys of the incidents that are open; this function changes it. */
  readonly openKeys: Set<string>;
  /** The next number of a change of the inbox. */
  readonly nextChange: () => number;
}

export async function foldOccurrence(needs: FoldNeeds, occurrence: Occurrence): Promise<readonly Telling[]> {
  const ended = await endIncidents(needs, occurrence);
  if (occurrence.isOnlyEnd === true) return ended;
  if (occurrence.opens === undefined) return [...ended, await noteDown(needs, occurrence)];
  const told = await openIncident(needs, occurrence, occurrence.opens);
  return told === undefined ? ended : [...ended, told];
}

async function endIncidents(needs: FoldNeeds, occurrence: Occurrence): Promise<readonly Telling[]> {
  const told: Telling[] = [];
  for (const key of keysMeant(needs.openKeys, occurrence.resolves ?? [])) {
    const notice = await findOpenNotice(needs.database, key);
    if (notice === undefined) continue;
    const left = notice.parts?.filter((part) => part !== occurrence.part) ?? [];
    if (occurrence.part !== undefined && left.length > 0) {
      if (left.length !== notice.parts?.length)
        await updateNotice(needs.database, { ...notice, parts: left });
      continue;
    }
    const telling = await endIncident(needs, notice, occurrence);
    if (occurrence.isSilentEnd !== true) told.push(telling);
  }
  return told;
}

/** Those that are open; a key that ends in `*` means all that begin like it. */
function keysMeant(openKeys: ReadonlySet<string>, wanted: readonly string[]): readonly string[] {
  return wanted.flatMap((key) => {
    if (!key.endsWith("*")) return openKeys.has(key) ? [key] : [];
    return [...openKeys].filter((open) => open.startsWith(key.slice(0, -1)));
  });
}

/** @param why  says when, and what is told of it */
export async function endIncident(
  { database, openKeys, nextChange }: FoldNeeds,
  notice: NoticeRecord,
  why: Pick<Occurrence, "at" | "title" | "text" | "upid">,
): Promise<Telling> {
  const { at } = why;
  const times = notice.count === 1 ? "" : `, ${notice.count} times`;
  const lasted = `It lasted ${formatDuration(Math.max(0, at - notice.openedAt))}${times}.`;
  const ended: NoticeRecord = {
    ...notice,
    state: "resolved",
    parts: undefined,
    resolvedAt: at,
    changedAt: at,
    changeNumber: nextChange(),
  };
  await updateNotice(database, ended);
  if (notice.key !== undefined) openKeys.delete(notice.key);
  return {
    ...tellingOf(ended, "resolved"),
    severity: "info",
    at,
    title: `Resolved: ${notice.title}`,
    text: [why.title, ...(why.text === "" ? [] : [why.text]), lasted].join("\n"),
    remedy: undefined,
    code: undefined,
    upid: why.upid ?? notice.upid,
  };
}

/** Undefined when there is nothing new in it. */
async function openIncident(
  needs: FoldNeeds,
  occurrence: Occurrence,
  key: string,
): Promise<Telling | undefined> {
  const { database, openKeys, nextChange } = needs;
  const cause = causeOf(needs, occurrence, key);
  const known = openKeys.has(key) ? await findOpenNotice(database, key) : undefined;
  if (known !== undefined) {
    const isKnownPart = occurrence.part !== undefined && known.parts?.includes(occurrence.part) === true;
    if (isKnownPart) return undefined;
    const isWorse = rank(occurrence.severity) > rank(known.severity);
    const again: NoticeRecord = {
      ...known,
      severity: isWorse ? occurrence.severity : known.severity,
      title: occurrence.title,
      text: occurrence.text,
      remedy: occurrence.remedy,
      code: occurrence.code,
      upid: occurrence.upid,
      parts: withPart(known.parts, occurrence.part),
      count: known.count + 1,
      changedAt: Math.max(known.changedAt, occurrence.at),
      changeNumber: isWorse ? nextChange() : known.changeNumber,
    };
    await updateNotice(database, again);
    return cause === undefined
      ? { ...tellingOf(again, "repeated"), taskType: occurrence.taskType }
      : undefined;
  }
  if (cause !== undefined) {
    const notice = await findOpenNotice(database, cause);
    if (notice !== undefined) {
      await updateNotice(database, { ...notice, count: notice.count + 1, changedAt: occurrence.at });
      return undefined;
    }
  }
  const opened = newNotice(occurrence, { key, state: "open", changeNumber: nextChange() });
  const noticeId = await insertNotice(database, opened);
  openKeys.add(key);
  return { ...tellingOf({ ...opened, noticeId }, "opened"), taskType: occurrence.taskType };
}

/** The incident that explains this one. */
function causeOf({ openKeys }: FoldNeeds, { datastore }: Occurrence, key: string): string | undefined {
  if (datastore === undefined) return undefined;
  const offline = `datastore|${datastore}|offline`;
  return key !== offline && openKeys.has(offline) ? offline : undefined;
}

async function noteDown({ database, nextChange }: FoldNeeds, occurrence: Occurrence): Promise<Telling> {
  const notice = newNotice(occurrence, { key: undefined, state: "note", changeNumber: 0 });
  const noticeId = occurrence.isKept
    ? await insertNotice(database, { ...notice, changeNumber: nextChange() })
    : 0;
  return { ...tellingOf({ ...notice, noticeId }, "note"), taskType: occurrence.taskType };
}

function newNotice(
  occurrence: Occurrence,
  { key, state, changeNumber }: Pick<NewNotice, "key" | "state" | "changeNumber">,
): NewNotice {
  const { event, severity, title, text, remedy, code, at, audience, part } = occurrence;
  return {
    key,
    state,
    audience,
    event,
    severity,
    title,
    text,
    remedy,
    code,
    project: occurrence.project,
    datastore: occurrence.datastore,
    namespace: occurrence.namespace ?? "",
    job: occurrence.job,
    workload: occurrence.workload,
    upid: occurrence.upid,
    parts: part === undefined ? undefined : [part],
    count: 1,
    openedAt: at,
    changedAt: at,
    resolvedAt: undefined,
    acknowledgedBy: undefined,
    acknowledgedAt: undefined,
    changeNumber,
  };
}

function withPart(
  parts: readonly string[] | undefined,
  part: string | undefined,
): readonly string[] | undefined {
  if (part === undefined) return parts;
  const all = [...(parts ?? []), part];
  return all.length > PART_COUNT_MAX ? parts : all;
}

function tellingOf(notice: NoticeRecord, change: NoticeChange): Telling {
  const { noticeId, key, event, severity, title, text, remedy, code, count } = notice;
  return {
    change,
    noticeId,
    key,
    event,
    severity,
    at: notice.changedAt,
    title,
    text,
    remedy,
    code,
    project: notice.project,
    datastore: notice.datastore,
    namespace: notice.namespace,
    job: notice.job,
    workload: notice.workload,
    upid: notice.upid,
    taskType: undefined,
    count,
    since: notice.openedAt,
    isAcknowledged: notice.acknowledgedAt !== undefined,
  };
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
