/** What shows a task while it runs: on a terminal, as plain lines, as JSON lines. */

import type { Clock } from "@ironcore-backup/base";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import type { TextStream } from "../command-context.ts";
import { printLines } from "../command-context.ts";
import { LiveRegion } from "./live-region.ts";
import { formatLogLine } from "./log-view.ts";
import { printable } from "./look.ts";
import type { Look } from "./look.ts";
import { describeStage, describeWait, renderProgress } from "./progress-view.ts";

/** Between two lines about the same stage: enough to see that it lives, too little to fill a log. */
const PLAIN_INTERVAL_MS = 5000;
const JSON_INTERVAL_MS = 1000;

export interface TaskDisplay {
  task(task: Task): void;
  lines(lines: readonly TaskLogLine[]): void;
  /** Contact was lost for this reason, or is back. */
  contact(lostReason: string | undefined): void;
  /** Takes away what does not stay. */
  close(): void;
}

export interface DisplayNeeds {
  readonly clock: Clock;
  readonly look: Look;
  readonly out: TextStream;
  readonly err: TextStream;
}

/** The log scrolls by above the stages, which are drawn again and again. */
export function createLiveDisplay({ look, out }: DisplayNeeds): TaskDisplay {
  const region = new LiveRegion(out);
  let lastTask: Task | undefined;
  let lostReason: string | undefined;
  const draw = (): void => {
    const progress = lastTask === undefined ? [] : renderProgress(look, lastTask, out.width());
    // What was last known stays, marked as such.
    const lost =
      lostReason === undefined
        ? []
        : [look.paint("yellow", "  No contact, as of the lines above; trying again")];
    region.draw([...progress, ...lost]);
  };
  return {
    task(task) {
      lastTask = task;
      draw();
    },
    lines: (lines) => region.print(lines.map((line) => formatLogLine(look, line))),
    contact(reason) {
      if (reason !== undefined && lostReason === undefined) {
        region.print([look.paint("yellow", printable(reason))]);
      }
      lostReason = reason;
      draw();
    },
    close: () => region.clear(),
  };
}

/** A line when a stage starts or ends, and now and then one between. */
export function createPlainDisplay({ clock, look, out, err }: DisplayNeeds): TaskDisplay {
  const told = new Map<string, string>();
  let waitedFor = "";
  let isLost = false;
  let dueMs = 0;
  const tell = (line: string): void => {
    printLines(out, `  ${line}`);
    dueMs = clock.elapsedMs() + PLAIN_INTERVAL_MS;
  };
  return {
    task(task) {
      const waiting = task.state === "queued" ? describeWait(task) : "";
      if (waiting !== waitedFor && waiting !== "") tell(`queued: ${waiting}`);
      waitedFor = waiting;
      for (const stage of task.stages) {
        const before = told.get(stage.name);
        told.set(stage.name, stage.state);
        if (before === undefined && stage.state === "running") tell(`${stage.name} started`);
        else if (before !== stage.state) tell(describeStage(stage));
        else if (stage.state === "running" && clock.elapsedMs() >= dueMs) tell(describeStage(stage));
      }
    },
    lines: (lines) =>
      printLines(
        out,
        lines.map((line) => formatLogLine(look, line)),
      ),
    contact(reason) {
      if (reason !== undefined && !isLost) printLines(err, `${printable(reason)}; trying again`);
      if (reason === undefined && isLost) printLines(err, "Contact is back");
      isLost = reason !== undefined;
    },
    close: () => undefined,
  };
}

/** The facts of the event stream, without its numbers: each change of state, progress once a second, every log line. */
export function createJsonDisplay({ clock, out, err }: DisplayNeeds): TaskDisplay {
  let lastState: string | undefined;
  let dueMs = 0;
  return {
    task(task) {
      const isNews = task.state !== lastState || isFinishedTaskState(task.state);
      if (!isNews && clock.elapsedMs() < dueMs) return;
      lastState = task.state;
      dueMs = clock.elapsedMs() + JSON_INTERVAL_MS;
      printLines(out, JSON.stringify({ kind: "task-changed", upid: task.upid, task }));
    },
    lines: (lines) => printLines(out, JSON.stringify({ kind: "task-logged", lines })),
    contact(reason) {
      if (reason !== undefined) printLines(err, JSON.stringify({ kind: "contact-lost", reason }));
    },
    close: () => undefined,
  };
}
