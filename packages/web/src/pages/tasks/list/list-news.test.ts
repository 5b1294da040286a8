import { describe, expect, test } from "vitest";
import type { Event, Task } from "@ironcore-backup/protocol/calls";
import { aTask } from "../../../live/scripted-server.testing.ts";
import { describeNews, foldListNews, NO_NEWS } from "./list-news.ts";
import type { ListedTasks } from "./list-news.ts";
import { matchesQuery } from "./task-match.ts";

const AT = 1_700_000_100_000;

function told(task: Task): Event {
  return { sequence: 1, at: AT, kind: "task-changed", upid: task.upid, task };
}

function aList(listed: readonly Task[], given: Partial<ListedTasks> = {}): ListedTasks {
  return { upids: new Set(listed.map(({ upid }) => upid)), query: {}, sort: "queued", ...given };
}

describe("news of a list", () => {
  test("a task that was queued just now is new, progress of an old one elsewhere is not", () => {
    const queued = aTask({ state: "queued", queuedAt: AT - 100 });
    const old = aTask({ queuedAt: AT - 3_600_000 });
    const news = foldListNews(NO_NEWS, [told(queued), told(old)], aList([]));
    expect([...news.fresh]).toEqual([queued.upid]);
    expect(describeNews(news)).toBe("1 new task");
  });

  test("a task that is listed is never new, however often it is told", () => {
    const task = aTask({ queuedAt: AT });
    expect(foldListNews(NO_NEWS, [told(task), told(task)], aList([task]))).toBe(NO_NEWS);
  });

  test("in a list of failures an old task is new when it fails", () => {
    const task = aTask({ state: "failed", queuedAt: AT - 3_600_000, endedAt: AT - 10 });
    const list = aList([], { query: { state: "failed" } });
    expect(foldListNews(NO_NEWS, [told(task)], list).fresh.has(task.upid)).toBe(true);
  });

  test("in a list of what runs a task that ended no longer belongs, and counts apart", () => {
    const task = aTask({ queuedAt: AT });
    const list = aList([task], { query: { state: "running" } });
    const news = foldListNews(NO_NEWS, [told({ ...task, state: "ok", endedAt: AT })], list);
    expect(describeNews(news)).toBe("1 no longer belongs here");
  });

  test("a new task that stopped belonging before anybody looked is not announced any more", () => {
    const task = aTask({ state: "queued", queuedAt: AT });
    const list = aList([], { query: { state: "queued,running" } });
    const first = foldListNews(NO_NEWS, [told(task)], list);
    expect(foldListNews(first, [told({ ...task, state: "cancelled", endedAt: AT })], list).fresh.size).toBe(
      0,
    );
  });
});

describe("belonging to a list", () => {
  const task = aTask({
    state: "failed",
    authId: "ann@ibs!laptop",
    project: "blue",
    source: "/srv/Data",
    job: "nightly",
    workload: "web",
    exitStatus: "the disk is full",
    queuedAt: AT,
  });

  test.each([
    [{ state: "failed,warning", type: "backup" }, true],
    [{ state: "ok" }, false],
    [{ user: "ann@ibs" }, true],
    [{ user: "ann@ibs!laptop" }, true],
    [{ user: "ann@ib" }, false],
    [{ project: "red" }, false],
    [{ job: "nightly", workload: "web" }, true],
    [{ job: "weekly" }, false],
    [{ workload: "web-2" }, false],
    [{ text: "srv/data" }, true],
    [{ text: "DISK" }, true],
    [{ text: "tape" }, false],
    [{ since: AT, until: AT }, true],
    [{ since: AT + 1 }, false],
    [{ datastore: "main", parent: "UPID:other" }, false],
  ])("%j: %s", (query, belongs) => {
    expect(matchesQuery(task, query)).toBe(belongs);
  });
});
