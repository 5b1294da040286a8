import { expect, test } from "vitest";
import { createFakeClock } from "@ironcore-backup/base";
import { createClaimCheck } from "./claim-check.ts";
import { CONFIRM_MS_MAX } from "./worker-message.ts";

function aCheck() {
  const clock = createFakeClock();
  const abort = new AbortController();
  let askedCount = 0;
  const check = createClaimCheck({ clock, askForConfirmation: () => askedCount++ });
  return { clock, abort, check, askedCount: () => askedCount, confirm: () => check.confirm(abort.signal) };
}

test("only a yes of the server lets a run make something final", async () => {
  const { check, confirm, askedCount } = aCheck();
  const yes = confirm();
  check.answer(true);
  await expect(yes).resolves.toBeUndefined();
  const no = confirm();
  check.answer(false);
  await expect(no).rejects.toMatchObject({ code: "CLAIM_LOST" });
  expect(askedCount()).toBe(2);
});

test("no answer in time is a no", async () => {
  const { clock, confirm } = aCheck();
  const refused = expect(confirm()).rejects.toMatchObject({ code: "CLAIM_LOST" });
  clock.advance(CONFIRM_MS_MAX);
  await refused;
});

test("a yes that a process reads after it stood still is a no", async () => {
  const { clock, check, confirm } = aCheck();
  const late = confirm();
  // The timer has not run yet when the answer is read: both were due while the process stood still.
  const elapsedMs = clock.elapsedMs;
  clock.elapsedMs = () => elapsedMs() + CONFIRM_MS_MAX;
  check.answer(true);
  await expect(late).rejects.toMatchObject({ code: "CLAIM_LOST" });
});

test("without a server nothing is confirmed, neither what was asked nor what is asked later", async () => {
  const { check, confirm, askedCount } = aCheck();
  const asked = confirm();
  check.abandon();
  await expect(asked).rejects.toMatchObject({ code: "CLAIM_LOST" });
  await expect(confirm()).rejects.toMatchObject({ code: "CLAIM_LOST" });
  expect(askedCount()).toBe(1);
});

test("a cancel while the answer is awaited is a cancel, whatever the answer would have been", async () => {
  const { abort, check, confirm } = aCheck();
  const cancelled = confirm();
  abort.abort();
  check.answer(true);
  await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(confirm()).rejects.toMatchObject({ code: "CANCELLED" });
});
