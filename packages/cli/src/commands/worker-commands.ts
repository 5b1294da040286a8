/** `worker list | drain | resume`: the slots that tasks run in. */

import type { Command } from "commander";
import { formatSize } from "@ironcore-backup/base";
import type { Worker, WorkerOverview } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { plural, printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

const WORKER_ARGUMENT = ["<NODE/CLASS>", "as `worker list` shows it"] as const;

export function workerCommands(context: CommandContext): Command {
  const { look } = context;
  const list = createCommand("list", "list workers, what they run, and how deep the queue is").action(
    (options: Options<object>) =>
      callAndPrint(context, options, "listWorkers", {}, (overview) => renderOverview(look, overview)),
  );
  const drain = createCommand("drain", "let a worker finish what it runs and give it nothing new", [
    "worker drain backup-1/worker --reason 'kernel update'",
  ])
    .argument(...WORKER_ARGUMENT)
    .option("--reason <TEXT>", "shown to who waits")
    .action((worker: string, options: Options<{ reason?: string }>) => {
      const body = options.reason === undefined ? {} : { reason: options.reason };
      return callAndPrint(context, options, "drainWorker", { params: { worker }, body }, describeWorker);
    });
  const resume = createCommand("resume", "give a drained worker tasks again")
    .argument(...WORKER_ARGUMENT)
    .action((worker: string, options: Options<object>) =>
      callAndPrint(context, options, "resumeWorker", { params: { worker } }, describeWorker),
    );
  return createGroup("worker", "the slots that tasks run in", [list, drain, resume]);
}

function describeWorker(worker: Worker): string {
  return `${worker.name} is ${worker.state}: ${printable(worker.detail)}`;
}

function renderOverview(look: Look, { workers, queue }: WorkerOverview): string[] {
  const rows = workers.map((worker) => [
    worker.name,
    worker.state,
    `${worker.usedSlotCount} of ${worker.slotCount}`,
    plural(worker.processCount, "process", "processes"),
    formatSize(worker.rssBytes),
    printable(worker.detail),
  ]);
  const alignment = ["left", "left", "right", "right", "right", "left"] as const;
  return [
    renderTable(look, ["Worker", "State", "Slots used", "Processes", "Memory", ""], rows, alignment),
    ...section("Running", renderRuns(look, workers)),
    ...section("Queue", renderQueue(look, queue)),
  ];
}

function section(title: string, text: string): string[] {
  return text === "" ? [] : ["", title, text];
}

function renderRuns(look: Look, workers: readonly Worker[]): string {
  const rows = workers.flatMap((worker) =>
    worker.runs.map((run) => [
      worker.class,
      run.type,
      printable(run.target),
      showInstant(run.startedAt),
      run.pid === undefined ? "" : String(run.pid),
      run.upid,
    ]),
  );
  return rows.length === 0
    ? ""
    : renderTable(look, ["Class", "Type", "Target", "Since", "Process", "UPID"], rows);
}

function renderQueue(look: Look, queue: WorkerOverview["queue"]): string {
  const rows = queue
    .filter((depth) => depth.queuedCount > 0)
    .map((depth) => [
      depth.class,
      depth.type,
      String(depth.queuedCount),
      depth.oldestQueuedAt === undefined ? "" : showInstant(depth.oldestQueuedAt),
    ]);
  if (rows.length === 0) return "";
  return renderTable(look, ["Class", "Type", "Queued", "Oldest"], rows, ["left", "left", "right", "left"]);
}
