import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import type { Upid } from "@ironcore-backup/base";
import type { Task } from "@ironcore-backup/protocol";
import { createClaim, renewClaim, tendClaim } from "./claim-lease.ts";
import { DEFAULT_PATIENCE } from "./patience.ts";
import type { WorkerProcess } from "./worker-handle.ts";

const upid = "UPID:a:00000001:00000001:00000001:00000001:backup::admin@ibs:" as Upid; // Its parts do not matter here.

/** A process that runs a task, and a store that says of the claim what the test wants. */
function aRun(answer: () => boolean | Error = () => true) {
  const clock = createFakeClock();
  const concerns: (string | undefined)[] = [];
  const warnings: string[] = [];
  let renewCount = 0;
  const needs = {
    clock,
    patience: DEFAULT_PATIENCE,
    warn: (code: string) => warnings.push(code),
    tasks: {
      renew: async () => {
        renewCount++;
        const said = answer();
        if (said instanceof Error) throw said;
        return said;
      },
      setConcern: (_upid: string, concern: Task["concern"]) => void concerns.push(concern?.code),
    },
  };
  const worker: WorkerProcess = {
    pid: 7,
    state: "busy",
    claim: undefined,
    heardAtMs: clock.elapsedMs(),
    heardAt: clock.now(),
    rssBytes: 0,
    killedBecause: undefined,
    failure: undefined,
    isConnected: () => true,
    send: () => undefined,
    kill: (because) => {
      worker.killedBecause ??= because;
    },
  };
  const assignment = {
    upid,
    attempt: 3,
    authId: "a@ibs",
    type: "backup",
    target: "t",
    parameters: {},
  } as const;
  const claim = createClaim(needs, assignment, clock.elapsedMs());
  worker.claim = claim;
  /** Seconds pass, one look each; `heard`: the process says each second that it lives. */
  const pass = async (seconds: number, heard: boolean): Promise<void> => {
    for (let at = 0; at < seconds; at++) {
      clock.advance(1000);
      if (heard) worker.heardAtMs = clock.elapsedMs();
      tendClaim(needs, worker);
      await new Promise((turn) => setImmediate(turn));
    }
  };
  return { needs, worker, claim, concerns, warnings, pass, renewCount: () => renewCount };
}

test("a process that is heard keeps its claim, which is renewed every ten seconds", async () => {
  const run = aRun();
  await run.pass(3600, true);
  expect([run.worker.killedBecause, run.concerns]).toEqual([undefined, []]);
  expect(run.renewCount()).toBe(360);
});

test("a silent one is told as lost after ten seconds, taken back when it speaks, and no claim is renewed for it", async () => {
  const run = aRun();
  await run.pass(9, false);
  expect(run.concerns).toEqual([]);
  await run.pass(20, false);
  expect([run.concerns, run.renewCount()]).toEqual([["contact-lost"], 0]);
  await run.pass(1, true);
  expect([run.concerns, run.worker.killedBecause]).toEqual([["contact-lost", undefined], undefined]);
});

test("one that stays silent is killed when its lease is over, not before, and within a minute of its last word", async () => {
  const run = aRun();
  await run.pass(25, true);
  await run.pass(30, false);
  expect(run.worker.killedBecause).toBeUndefined();
  await run.pass(29, false);
  expect(run.worker.killedBecause).toMatch(/^it said nothing for \d+\.\d s and was killed$/);
});

test("a claim that the store calls over ends its process at once", async () => {
  const run = aRun(() => false);
  await run.pass(10, true);
  expect(run.worker.killedBecause).toBe("its claim was over");
});

test("a store that cannot be asked is asked again; only when the lease is over meanwhile the process goes", async () => {
  let broken = true;
  const run = aRun(() => (broken ? new Error("disk full") : true));
  await run.pass(40, true);
  expect([run.worker.killedBecause, run.warnings.length > 1]).toEqual([undefined, true]);
  broken = false;
  await run.pass(40, true);
  expect(run.worker.killedBecause).toBeUndefined();
  broken = true;
  await run.pass(60, true);
  expect(run.worker.killedBecause).toBe("its claim could not be renewed in the state store");
});

test("a server that stood still itself asks the store before it kills a process that was heard meanwhile", async () => {
  const run = aRun();
  run.needs.clock.advance(100_000);
  await run.pass(1, true);
  expect([run.worker.killedBecause, run.renewCount()]).toEqual([undefined, 1]);
});

test("two who ask at the same time share one question", async () => {
  const run = aRun();
  const answers = await Promise.all([
    renewClaim(run.needs, run.worker, run.claim),
    renewClaim(run.needs, run.worker, run.claim),
  ]);
  expect([answers, run.renewCount()]).toEqual([[true, true], 1]);
});
