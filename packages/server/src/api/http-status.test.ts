import { expect, test } from "vitest";
import { engineErrors } from "@ironcore-backup/engine";
import { serverErrors } from "../errors.ts";
import { httpStatusOf } from "./http-status.ts";

/** Codes that never answer a request: they end a start, or a task. */
const NEVER_ANSWERED = new Set([
  "OPTION_INVALID",
  "DATA_DIRECTORY_UNUSABLE",
  "DATA_DIRECTORY_IN_USE",
  "LISTEN_FAILED",
  "STATE_TOO_NEW",
  "STATE_UNREADABLE",
  "CERTIFICATE_UNREADABLE",
  "WORKER_LOST",
  "CLAIM_LOST",
  "SERVER_STOPPED",
  "OPERATION_UNAVAILABLE",
  "TASK_LOG_UNWRITABLE",
  "TASK_RESULT_UNSTORED",
  "KEY_FILE_UNREADABLE",
  "SNAPSHOT_VERIFY_FAILED",
  "SNAPSHOTS_DAMAGED",
  "SNAPSHOTS_NOT_REMOVED",
  "DRILL_SPACE_MISSING",
  "DRILL_CHECK_FAILED",
  "DRILL_SOURCE_DIFFERS",
  "TARGET_HOST_UNKNOWN",
]);

test("every refusal of ours has its own status, so that none reads as our failure", () => {
  const unnamed = Object.keys(serverErrors).filter(
    (code) => httpStatusOf(code) === 500 && !NEVER_ANSWERED.has(code),
  );
  expect(unnamed).toEqual([]);
});

test("what is not there is 404, what is in the way is 409", () => {
  const missing = Object.keys(engineErrors).filter((code) =>
    /^(SNAPSHOT|GROUP|NAMESPACE|ARCHIVE)_MISSING$/.test(code),
  );
  expect(missing.map(httpStatusOf)).toEqual(missing.map(() => 404));
  const locked = Object.keys(engineErrors).filter((code) => code.endsWith("_LOCKED"));
  expect(locked.map(httpStatusOf)).toEqual(locked.map(() => 409));
});

test("a code that nobody named is ours to explain", () => expect(httpStatusOf("SOMETHING_NEW")).toBe(500));
