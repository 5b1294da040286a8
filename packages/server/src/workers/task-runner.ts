/**
 * Runs one operation inside a worker process and tells the server about it in batches: the first line of a quiet task at
 * once, then every 200 ms, at most four reports unanswered.
 */

import type { Clock, Random } from "@ironcore-backup/base";
import { isCancelled, throwIfCancelled, toCodedError } from "@ironcore-backup/base";
import type { LogLevel } from "@ironcore-backup/protocol";
import type {
  LogFields,
  Operation,
  StageProgress,
  TaskParameters,
  TaskRun,
} from "../operations/operation.ts";
import type { TaskAssignment } from "../tasks/tasks.ts";
import type { StageReport, TaskOutcome, TaskReport } from "../tasks/task-report.ts";
import { createClaimCheck } from "./claim-check.ts";
import type { ClaimCheck } from "./claim-check.ts";
import { createPacer } from "./pacer.ts";
import type { PaceGrant, Pacer } from "./pacer.ts";
import { createReportBuffer } from "./report-buffer.ts";
import type { ReportBuffer } from "./report-buffer.ts";
import { REPORTS_IN_FLIGHT_MAX } from "./worker-message.ts";

const REPORT_INTERVAL_MS = 200;

interface Needs {
  readonly clock: Clock;
  readonly random: Random;
  readonly loadOperation: (type: TaskAssignment["type"]) => Promise<Operation>;
  readonly send: (report: TaskReport) => void;
  /** Asks the server whether the claim still holds; `confirmed` brings the answer. */
  readonly askForConfirmation: () => void;
  /** Bytes that were moved under a limit; `paced` brings what is paid of them. */
  readonly tellMoved: (bytes: number) => void;
}

export interface TaskRunner {
  /** Runs to the end; every report was sent when it resolves. Never rejects: a failure is an outcome. */
  run(signal: AbortSignal): Promise<TaskOutcome>;
  /** The server has stored one report. */
  reported(): void;
  /** The server says whether the claim still holds. */
  confirmed(holds: boolean): void;
  /** The server says what the limits on bandwidth allow. */
  paced(grant: PaceGrant): void;
  /** The server is gone: nothing will be stored any more, so nothing is waited for and nothing confirmed. */
  abandon(): void;
}

export function createTaskRunner(needs: Needs, assignment: TaskAssignment): TaskRunner {
  const buffer = createReportBuffer();
  const reporter = createReporter(needs, buffer);
  const claimCheck = createClaimCheck(needs);
  const pacer = createPacer({ ask: needs.tellMoved });
  return {
    reported: () => reporter.reported(),
    confirmed: (holds) => claimCheck.answer(holds),
    paced: (grant) => pacer.granted(grant),
    abandon: () => {
      reporter.abandon();
      claimCheck.abandon();
      pacer.abandon();
    },
    run: async (signal) => {
      const outcome = await runOperation(
        needs,
        assignment,
        createTaskRun(needs, assignment, { buffer, reporter, claimCheck, pacer, signal }),
      );
      await reporter.drain();
      return outcome;
    },
  };
}

async function runOperation(needs: Needs, assignment: TaskAssignment, run: TaskRun): Promise<TaskOutcome> {
  try {
    const operation = await needs.loadOperation(assignment.type);
    throwIfCancelled(run.signal);
    await operation(run);
    return { kind: "done" };
  } catch (thrown) {
    // Only our own signal makes an end a cancel: a CANCELLED of some inner signal is a failure of the operation.
    if (run.signal.aborted && isCancelled(thrown)) return { kind: "cancelled" };
    const error = toCodedError(thrown);
    if (error.code === "INTERNAL_ERROR" && thrown instanceof Error) {
      run.log("debug", "STACK", thrown.stack ?? thrown.message);
    }
    return { kind: "failed", error: error.toJSON() };
  }
}

function createTaskRun(
  needs: Needs,
  assignment: TaskAssignment,
  parts: {
    readonly buffer: ReportBuffer;
    readonly reporter: Reporter;
    readonly claimCheck: ClaimCheck;
    readonly pacer: Pacer;
    readonly signal: AbortSignal;
  },
): TaskRun {
  const { buffer, reporter, claimCheck, pacer, signal } = parts;
  const open: StageReport[] = [];
  let stageCount = 0;
  const said = <T>(value: T): T => {
    reporter.wake();
    return value;
  };
  return {
    upid: assignment.upid,
    authId: assignment.authId,
    // The server made the parameters from a validated request when it queued the task.
    parameters: assignment.parameters as TaskParameters,
    clock: needs.clock,
    random: needs.random,
    signal,
    log: (level: LogLevel, code: string, message: string, fields: LogFields = {}) => {
      const stage = open.at(-1)?.name;
      buffer.addLine({
        at: needs.clock.now(),
        level,
        ...(stage === undefined ? {} : { stage }),
        code,
        message,
        fields,
      });
      said(undefined);
    },
    stage: (name) => said(openStage(needs.clock, { index: stageCount++, name }, { buffer, reporter, open })),
    setBytes: (bytes) => said(buffer.setBytes(bytes)),
    setTarget: (target) => said(buffer.setTarget(target)),
    setStatistics: (statistics) => said(buffer.setStatistics(statistics)),
    confirm: () => claimCheck.confirm(signal),
    pace: (bytes) => pacer.pace(bytes, signal),
  };
}

function openStage(
  clock: Clock,
  subject: { readonly index: number; readonly name: string },
  parts: { readonly buffer: ReportBuffer; readonly reporter: Reporter; readonly open: StageReport[] },
): StageProgress {
  let stage: StageReport = {
    ...subject,
    startedAt: clock.now(),
    endedAt: undefined,
    doneBytes: 0,
    totalBytes: undefined,
    doneItems: 0,
    totalItems: undefined,
    totalIsEstimate: false,
    current: undefined,
  };
  parts.open.push(stage);
  parts.buffer.setStage(stage);
  const change = (changed: Partial<StageReport>): void => {
    stage = { ...stage, ...changed };
    parts.buffer.setStage(stage);
    parts.reporter.wake();
  };
  return {
    update: (progress) => {
      if (stage.endedAt === undefined) change(progress);
    },
    end: () => {
      if (stage.endedAt !== undefined) return;
      change({ endedAt: clock.now(), current: undefined });
      const at = parts.open.findIndex((other) => other.index === stage.index);
      if (at >= 0) parts.open.splice(at, 1);
    },
  };
}

interface Reporter {
  /** There is something to tell. */
  wake(): void;
  reported(): void;
  /** Sends what is left and waits until all of it is stored. */
  drain(): Promise<void>;
  abandon(): void;
}

function createReporter(needs: Needs, buffer: ReportBuffer): Reporter {
  let inFlightCount = 0;
  let waiting = false;
  let draining: (() => void) | undefined;
  let abandoned = false;

  const send = (): void => {
    while (!buffer.isEmpty() && inFlightCount < REPORTS_IN_FLIGHT_MAX) {
      inFlightCount++;
      needs.send(buffer.take());
    }
    if (abandoned || (buffer.isEmpty() && inFlightCount === 0)) draining?.();
  };
  const wake = (): void => {
    if (waiting) return;
    waiting = true;
    // The pause comes after the report, so what a quiet task says is told at once.
    void Promise.resolve()
      .then(send)
      .then(() => needs.clock.sleep(REPORT_INTERVAL_MS))
      .then(() => {
        waiting = false;
        if (!buffer.isEmpty()) wake();
      });
  };
  return {
    wake,
    reported: () => {
      inFlightCount--;
      if (draining !== undefined) send();
    },
    drain: () =>
      new Promise((resolve) => {
        draining = resolve;
        send();
      }),
    abandon: () => {
      abandoned = true;
      draining?.();
    },
  };
}
