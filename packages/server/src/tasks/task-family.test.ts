/** Tasks that are parts of another one. */

import { expect, test } from "vitest";
import { baseErrors } from "@ironcore-backup/base";
import { aBench, ADMIN, aFolder, claim, claimed, plan, run } from "./tasks.testing.ts";

const error = baseErrors.INTERNAL_ERROR({ detail: "x" }).toJSON();

test("a part names its parent, the parent counts its parts, and cancelling it stops them all", async () => {
  const bench = await aBench();
  const whole = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  const running = await bench.tasks.queue(ADMIN, plan({ parent: whole }));
  const got = await claimed(bench);
  expect(got.upid).toBe(running);
  const queued = await bench.tasks.queue(ADMIN, plan({ parent: whole }));
  const stranger = await bench.tasks.queue(ADMIN, plan());
  expect(await bench.tasks.get(whole)).toMatchObject({ childCount: 2 });
  expect(await bench.tasks.get(running)).toMatchObject({ parent: whole });
  const asked: string[] = [];
  bench.tasks.onCancelRequested((upid) => asked.push(upid));
  await bench.tasks.requestCancel(whole, "a@ibs");
  expect(asked.toSorted()).toEqual([whole, running].toSorted());
  expect(await bench.tasks.get(queued)).toMatchObject({ state: "cancelled" });
  expect(await bench.tasks.get(stranger)).toMatchObject({ state: "queued", cancelRequested: false });
  await bench.tasks.finish(running, got.attempt, { kind: "cancelled" });
  await bench.tasks.finish(whole, attempt, { kind: "cancelled" });
  await expect(bench.tasks.queue(ADMIN, plan({ parent: whole }))).rejects.toMatchObject({
    code: "TASK_NOT_FOUND",
  });
});

test("a part that starts after its parent says so, and starts when that has ended well", async () => {
  const bench = await aBench();
  const whole = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  const part = await bench.tasks.queue(ADMIN, plan({ parent: whole, afterParent: true }));
  expect(await claim(bench)).toBeUndefined();
  expect((await bench.tasks.get(part)).wait?.reasons).toMatchObject([
    { code: "waiting-for-parent", heldBy: [whole], resource: whole },
  ]);
  await bench.tasks.finish(whole, attempt, { kind: "done" });
  expect((await bench.tasks.get(part)).wait?.reasons).toMatchObject([{ code: "starting" }]);
  expect((await claimed(bench)).upid).toBe(part);
});

test("when the parent fails its parts are stopped: nobody is left to use what they do", async () => {
  const bench = await aBench();
  const whole = await bench.tasks.queue(ADMIN, plan());
  const { attempt } = await claimed(bench);
  const after = await bench.tasks.queue(ADMIN, plan({ parent: whole, afterParent: true }));
  const beside = await bench.tasks.queue(ADMIN, plan({ parent: whole }));
  const got = await claimed(bench);
  await bench.tasks.finish(whole, attempt, { kind: "failed", error });
  expect(await bench.tasks.get(after)).toMatchObject({ state: "cancelled" });
  expect(await bench.tasks.get(beside)).toMatchObject({ state: "running", cancelRequested: true });
  await bench.tasks.finish(got.upid, got.attempt, { kind: "cancelled" });
});

test("a parent that waits for its parts goes on when the last has ended, and gets them as they ended", async () => {
  const bench = await aBench();
  const whole = await bench.tasks.queue(ADMIN, plan());
  await claimed(bench);
  const parts = [1, 2].map(() => bench.tasks.queue(ADMIN, plan({ type: "verify", parent: whole })));
  const upids = await Promise.all(parts);
  let isOver = false;
  const waiting = bench.tasks.waitForParts(whole, { signal: new AbortController().signal });
  void waiting.then(() => (isOver = true));
  await run(bench, "verifier");
  expect(isOver).toBe(false);
  const last = await claimed(bench, "verifier");
  await bench.tasks.finish(last.upid, last.attempt, { kind: "failed", error });
  const ended = (await waiting).map((task) => [task.upid, task.state]);
  expect(ended).toEqual([
    [upids[0], "ok"],
    [upids[1], "failed"],
  ]);
});

test("who waits for parts can be called off", async () => {
  const bench = await aBench();
  const whole = await bench.tasks.queue(ADMIN, plan());
  await claimed(bench);
  await bench.tasks.queue(ADMIN, plan({ parent: whole }));
  const stop = new AbortController();
  const waiting = bench.tasks.waitForParts(whole, { signal: stop.signal });
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a restart settles the parts of a parent that was lost with the server", async () => {
  const root = aFolder();
  const before = await aBench(root);
  const whole = await before.tasks.queue(ADMIN, plan());
  await claimed(before);
  const part = await before.tasks.queue(ADMIN, plan({ parent: whole, afterParent: true }));
  await before.kill();
  const after = await aBench(root);
  await after.tasks.recover();
  expect(await after.tasks.get(whole)).toMatchObject({ state: "failed", childCount: 1 });
  expect(await after.tasks.get(part)).toMatchObject({ state: "cancelled" });
  expect(after.tasks.counts()).toEqual({ queued: 0, running: 0 });
});
