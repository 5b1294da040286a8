/**
 * The Task Browser as it stands in its address: filters, order, page, and what of a task is shown. Every value is checked;
 * what is unknown is dropped and never asked. Lists of words are joined by commas in the words' own order, so that one view
 * has one address. A default is left out.
 */

import { LOG_LEVELS, TASK_SORT_KEYS, TASK_STATES, TASK_TYPES } from "@ironcore-backup/protocol/calls";
import type { LogLevel, TaskCountQuery, TaskSortKey } from "@ironcore-backup/protocol/calls";
import { boundsOf, parseInstantText, RANGE_PRESETS } from "./time-range.ts";
import type { RangePreset } from "./time-range.ts";

/** What narrows the list. */
export interface TaskFilter {
  readonly type?: string;
  readonly state?: string;
  readonly range?: RangePreset;
  readonly since?: string;
  readonly until?: string;
  readonly user?: string;
  readonly project?: string;
  readonly datastore?: string;
  /** Only what ran for this job, or for this workload. */
  readonly job?: string;
  readonly workload?: string;
  readonly text?: string;
  /** Only the parts of this task, or its tries. */
  readonly parent?: string;
}

/** What a saved view keeps. */
export interface TaskView extends TaskFilter {
  readonly sort?: Exclude<TaskSortKey, "queued">;
  readonly order?: "ascending";
}

export const PANEL_PARTS = ["overview", "log"] as const;
export type PanelPart = (typeof PANEL_PARTS)[number];

export interface TaskSearch extends TaskView {
  /** Where the page begins: the server's cursor, and how many pages lie before it. */
  readonly cursor?: string;
  readonly page?: number;
  /** Only this part of the task; absent: as much as there is room for. */
  readonly show?: PanelPart;
  /** The task alone, without the list. */
  readonly full?: true;
  /** The line of the log that is looked at. */
  readonly line?: number;
  readonly level?: Exclude<LogLevel, "debug">;
  readonly stage?: string;
  readonly find?: string;
  /** Only the lines with `find` in them. */
  readonly only?: true;
}

const NAME_LENGTH_MAX = 256;
const CURSOR_LENGTH_MAX = 512;
const UPID_LENGTH_MAX = 2048;
const PAGE_MAX = 1_000_000;
const LINE_MAX = 1_000_000_000;

const LEVELS = LOG_LEVELS.filter((level) => level !== "debug");
const SORT_KEYS = TASK_SORT_KEYS.filter((key) => key !== "queued");

export function parseTaskSearch(raw: Readonly<Record<string, unknown>>): TaskSearch {
  const cursor = textOf(raw["cursor"], CURSOR_LENGTH_MAX);
  const page = wholeOf(raw["page"], 2, PAGE_MAX);
  const find = textOf(raw["find"], NAME_LENGTH_MAX);
  return withoutAbsent({
    ...parseTaskView(raw),
    // One without the other leads nowhere.
    cursor: page === undefined ? undefined : cursor,
    page: cursor === undefined ? undefined : page,
    show: wordOf(PANEL_PARTS, raw["show"]),
    full: flagOf(raw["full"]),
    line: wholeOf(raw["line"], 1, LINE_MAX),
    level: wordOf(LEVELS, raw["level"]),
    stage: textOf(raw["stage"], NAME_LENGTH_MAX),
    find,
    only: find === undefined ? undefined : flagOf(raw["only"]),
  });
}

export function parseTaskView(raw: Readonly<Record<string, unknown>>): TaskView {
  const since = parseInstantText(raw["since"]);
  const until = parseInstantText(raw["until"]);
  const isFixed = since !== undefined || until !== undefined;
  return withoutAbsent({
    type: wordsOf(TASK_TYPES, raw["type"]),
    state: wordsOf(TASK_STATES, raw["state"]),
    range: isFixed ? undefined : wordOf(RANGE_PRESETS, raw["range"]),
    since,
    until,
    user: textOf(raw["user"], NAME_LENGTH_MAX),
    project: textOf(raw["project"], NAME_LENGTH_MAX),
    datastore: textOf(raw["datastore"], NAME_LENGTH_MAX),
    job: textOf(raw["job"], NAME_LENGTH_MAX),
    workload: textOf(raw["workload"], NAME_LENGTH_MAX),
    text: textOf(raw["text"], NAME_LENGTH_MAX),
    parent: textOf(raw["parent"], UPID_LENGTH_MAX),
    sort: wordOf(SORT_KEYS, raw["sort"]),
    order: wordOf(["ascending"] as const, raw["order"]),
  });
}

/** The view without what only says where in it one is. */
export function viewOf(search: TaskSearch): TaskView {
  return parseTaskView({ ...search });
}

/** Two views that show the same have the same key. */
export function viewKey(view: TaskView): string {
  return JSON.stringify(Object.entries(viewOf(view)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The filter as the server is asked; `now` decides where a preset begins. */
export function filterQuery(view: TaskView, now: number): TaskCountQuery {
  const { range: _range, since: _since, until: _until, sort: _sort, order: _order, ...asked } = viewOf(view);
  return { ...asked, ...boundsOf(view, now) };
}

export function wordsIn(list: string | undefined): readonly string[] {
  return list === undefined ? [] : list.split(",");
}

/** The list with the word added or, when it was there, without it; absent when nothing is left. */
export function toggleWord<Word extends string>(
  words: readonly Word[],
  list: string | undefined,
  word: Word,
): string | undefined {
  const chosen = new Set(wordsIn(list));
  if (!chosen.delete(word)) chosen.add(word);
  return wordsOf(words, [...chosen].join(","));
}

/** All words are as good as none. */
function wordsOf(words: readonly string[], value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const chosen = new Set(value.split(","));
  const known = words.filter((word) => chosen.has(word));
  return known.length === 0 || known.length === words.length ? undefined : known.join(",");
}

function wordOf<Word extends string>(words: readonly Word[], value: unknown): Word | undefined {
  return words.find((word) => word === value);
}

/** An address of digits alone is read as a number by the router. */
function textOf(value: unknown, lengthMax: number): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return undefined;
  const text = String(value).trim();
  return text === "" || text.length > lengthMax ? undefined : text;
}

function wholeOf(value: unknown, min: number, max: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
    ? value
    : undefined;
}

function flagOf(value: unknown): true | undefined {
  return value === true || value === 1 ? true : undefined;
}

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };

/** An absent property and one that is `undefined` are not the same in an address. */
export function withoutAbsent<Fields extends object>(fields: Fields): Present<Fields> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Present<Fields>; // The same properties, fewer of them.
}
