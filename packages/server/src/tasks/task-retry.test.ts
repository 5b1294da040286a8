/** Trying again, by hand and by policy, over crashes too. */

import { expect, test } from "vitest";
import { baseErrors } from "@ironcore-backup/base";
import type { ErrorShape } from "@ironcore-backup/base";
import { aBench, ADMIN, aFolder, aReport, claim, claimed, plan, run } from "./tasks.testing.ts";
import type { Bench } from "./tasks.testing.ts";

const error = (retry: ErrorShape["retry"]): ErrorShape => ({
  ...baseErrors.INTERNAL_ERROR({ detail: "x" }).toJSON(),
  retry,
});
const POLICY = { countMax: 2, delaySeconds: 60 };

/** Claims what is first and lets it fail. */
async function fail(bench: Bench, retry: ErrorShape["retry"] = "later"): Promise<string> {
  const { upid, attempt } = await claimed(bench);
  await bench.tasks.finish(upid, attempt, { kind: "failed", error: error(retry) });
  return upid;
}

test("a failed task is retried by hand as a new task that repeats its request, and both name each other", async () => {
  const bench = await aBench();
  const request = { project: "web", priority: "high" as const, namespace: "a", exclusiveKey: "k" };
  await bench.tasks.queue(ADMIN, plan({ ...request, parameters: { paths: ["/x"] } }));
  const { upid, attempt } = await claimed(bench);
  await bench.tasks.report(upid, attempt, aReport({ target: "store:host/a/2024-05-01T12:00:00Z" }));
  await bench.tasks.finish(upid, attempt, { kind: "failed", error: error("never") });
  const again = await bench.tasks.retry(upid, "other@ibs");
  expect(await bench.tasks.get(upid)).toMatchObject({ state: "failed", retriedBy: again });
  expect(await bench.tasks.get(again)).toMatchObject({
    state: "queued",
    retryOf: upid,
    tryNumber: 2,
    authId: "other@ibs",
    project: "web",
    priority: "high",
    namespace: "a",
    source: "/",
    // The snapshot of the failed run is not what this one will make.
    target: "store:host/a",
  });
  expect(await claimed(bench)).toMatchObject({ upid: again, parameters: { paths: ["/x"] } });
});

test("only what failed or was cancelled is retried, and not while a retry of it is active", async () => {
  const bench = await aBench();
  const first = await bench.tasks.queue(ADMIN, plan());
  await expect(bench.tasks.retry(first, "a@ibs")).rejects.toMatchObject({ code: "TASK_NOT_RETRYABLE" });
  await run(bench);
  await expect(bench.tasks.retry(first, "a@ibs")).rejects.toMatchObject({ code: "TASK_NOT_RETRYABLE" });
  const second = await bench.tasks.queue(ADMIN, plan());
  await bench.tasks.requestCancel(second, "a@ibs");
  const tries = await Promise.allSettled([1, 2, 3].map(() => bench.tasks.retry(second, "a@ibs")));
  const made = tries.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(made.length).toBe(1);
  await expect(bench.tasks.retry(second, "a@ibs")).rejects.toMatchObject({ code: "TASK_RETRY_ACTIVE" });
  await fail(bench, "never");
  const third = await bench.tasks.retry(second, "a@ibs");
  expect((await bench.tasks.get(second)).retriedBy).toBe(third);
  await expect(bench.tasks.retry("UPID:none", "a@ibs")).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
});

test("a policy tries again after its delay, twice as late at each further try, and stops after the last", async () => {
  const bench = await aBench();
  await bench.tasks.queue(ADMIN, plan({ retryPolicy: POLICY }));
  const first = await fail(bench);
  const second = (await bench.tasks.get(first)).retriedBy ?? "";
  expect((await bench.tasks.get(second)).wait?.reasons[0]).toMatchObject({
    code: "retry-delay",
    resource: first,
  });
  await bench.pass(59_000, 1000);
  expect(await claim(bench)).toBeUndefined();
  await bench.pass(1000, 1000);
  expect(await fail(bench)).toBe(second);
  const third = (await bench.tasks.get(second)).retriedBy ?? "";
  expect(await bench.tasks.get(third)).toMatchObject({ tryNumber: 3, retryOf: second });
  await bench.pass(119_000, 1000);
  expect(await claim(bench)).toBeUndefined();
  await bench.pass(1000, 1000);
  expect(await fail(bench)).toBe(third);
  expect(await bench.tasks.get(third)).not.toHaveProperty("retriedBy");
  expect(bench.tasks.counts()).toEqual({ queued: 0, running: 0 });
});

test("workers hear of a retry when its delay is over", async () => {
  const bench = await aBench();
  await bench.tasks.queue(ADMIN, plan({ retryPolicy: POLICY }));
  await fail(bench);
  let heard = 0;
  bench.tasks.onQueued(() => heard++);
  await bench.pass(59_000, 1000);
  expect(heard).toBe(0);
  await bench.pass(2000, 1000);
  expect(heard).toBe(1);
});

test("a policy does not try again what cannot pass by itself, what was cancelled, and what ended well", async () => {
  const bench = await aBench();
  for (let count = 0; count < 3; count++) await bench.tasks.queue(ADMIN, plan({ retryPolicy: POLICY }));
  await fail(bench, "never");
  const { upid, attempt } = await claimed(bench);
  await bench.tasks.requestCancel(upid, "a@ibs");
  await bench.tasks.finish(upid, attempt, { kind: "failed", error: error("now") });
  await run(bench);
  expect(bench.tasks.counts()).toEqual({ queued: 0, running: 0 });
});

test("a server that dies while the task runs tries it again at its next start, with the delay kept", async () => {
  const root = aFolder();
  const before = await aBench(root);
  await before.tasks.queue(ADMIN, plan({ retryPolicy: POLICY }));
  const { upid } = await claimed(before);
  await before.kill();
  const after = await aBench(root, { clock: before.clock });
  expect((await after.tasks.recover()).map((one) => one.upid)).toEqual([upid]);
  const again = (await after.tasks.get(upid)).retriedBy ?? "";
  expect(await after.tasks.get(again)).toMatchObject({ state: "queued", tryNumber: 2 });
  expect(await claim(after)).toBeUndefined();
  await after.close();
  const third = await aBench(root, { clock: before.clock });
  await third.tasks.recover();
  expect(await claim(third)).toBeUndefined();
  await third.pass(61_000, 1000);
  expect((await claimed(third)).upid).toBe(again);
});
