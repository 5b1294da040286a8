/** `job create | list | show | update | run | runs | next | enable | disable | remove`: plans that recur. */

import { Option } from "commander";
import type { Command } from "commander";
import type { Client } from "@ironcore-backup/client";
import { JOB_TYPES, RUN_STATES } from "@ironcore-backup/protocol/calls";
import type { JobType, RunState } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { addJobOptions, wishOf } from "../job-options.ts";
import type { JobOptions } from "../job-options.ts";
import { parseLimit } from "../list-limit.ts";
import { parseMoment } from "../moment.ts";
import { worstExitCode } from "../exit-code.ts";
import { describeJob, renderJobs, renderRuns } from "../display/job-text.ts";
import { showInstant } from "../display/look.ts";
import { waitForTask } from "../watch-task.ts";

export function jobCommands(context: CommandContext): Command {
  const list = createCommand("list", "list the jobs with their next and last runs").action(
    (options: Options<object>) =>
      callAndPrint(context, options, "listJobs", {}, (jobs) => renderJobs(context.look, jobs)),
  );
  const show = createCommand("show", "show one job")
    .argument("<NAME>")
    .action((job: string, options: Options<object>) =>
      callAndPrint(context, options, "getJob", { params: { job } }, (answer) =>
        describeJob(context.look, answer),
      ),
    );
  const remove = createCommand("remove", "remove a job; its snapshots and its history stay")
    .argument("<NAME>")
    .action((job: string, options: Options<object>) =>
      callAndPrint(context, options, "removeJob", { params: { job } }, () => `Job ${job} is removed`),
    );
  return createGroup("job", "plans that recur: backup, verify, prune, gc", [
    createCommandOf(context),
    list,
    show,
    updateCommand(context),
    runCommand(context),
    runsCommand(context),
    nextCommand(context),
    switchCommand(context, true),
    switchCommand(context, false),
    remove,
  ]);
}

interface CreateOptions extends JobOptions {
  readonly type: JobType;
  readonly datastore: string;
  readonly disabled?: boolean;
}

function createCommandOf(context: CommandContext): Command {
  const command = createCommand("create", "make a job", [
    "job create nightly --type backup --workload web --datastore main --schedule 02:00 --keep-daily 7",
    "job create weekly-full --type backup --include-tag prod --mode full --datastore main --schedule 'Sun 03:00' --keep-weekly 3",
    "job create prune --type prune --datastore main --schedule 05:00",
    "job create rehearsal --type drill --group host/web --datastore main --schedule monthly",
    "job create check --type verify --datastore main --schedule 'Sun 06:00'",
  ])
    .argument("<NAME>")
    .addOption(new Option("--type <TYPE>", "what it does").choices([...JOB_TYPES]).makeOptionMandatory())
    .requiredOption("--datastore <NAME>", "datastore that it works on")
    .option("--project <NAME>", "project that it belongs to")
    .option("--disabled", "make it without starting its schedule");
  return addJobOptions(command).action(async (name: string, options: Options<CreateOptions>) => {
    const { type, datastore, project, disabled } = options;
    const { bandwidthLimitBytesPerSecond: limit, ...wish } = wishOf(options);
    const body = {
      name,
      type,
      datastore,
      ...wish,
      ...(limit === undefined || limit === null ? {} : { bandwidthLimitBytesPerSecond: limit }),
      ...(project === undefined ? {} : { project }),
      ...(disabled === true ? { enabled: false } : {}),
    };
    await callAndPrint(context, options, "createJob", { body }, (job) => [
      `Job ${job.name} is made`,
      ...describeJob(context.look, job).slice(1),
    ]);
  });
}

function updateCommand(context: CommandContext): Command {
  const command = createCommand("update", "change a job; what is given replaces what was", [
    "job update nightly --schedule 03:30",
    "job update nightly --schedule none",
  ]).argument("<NAME>");
  return addJobOptions(command).action(async (job: string, options: Options<JobOptions>) => {
    const { comment, schedule, ...wish } = wishOf(options);
    const body = {
      ...wish,
      ...(comment === undefined ? {} : { comment: comment === "" ? null : comment }),
      ...(schedule === undefined ? {} : { schedule: schedule === "none" ? null : schedule }),
    };
    if (Object.keys(body).length === 0)
      throw cliErrors.USAGE_INVALID({ detail: "update needs something to change" });
    await callAndPrint(context, options, "updateJob", { params: { job }, body }, (changed) =>
      describeJob(context.look, changed),
    );
  });
}

function switchCommand(context: CommandContext, enabled: boolean): Command {
  const [word, what] = enabled
    ? (["enable", "let a job run by its schedule again"] as const)
    : (["disable", "keep a job from running by its schedule"] as const);
  return createCommand(word, what)
    .argument("<NAME>")
    .action((job: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "updateJob",
        { params: { job }, body: { enabled } },
        () => `Job ${job} is ${word}d`,
      ),
    );
}

function runCommand(context: CommandContext): Command {
  return createCommand("run", "run a job now, beside its schedule")
    .argument("<NAME>")
    .option("--wait", "follow its tasks to their end, one after the other")
    .action(async (job: string, options: Options<{ readonly wait?: boolean }>) => {
      const client: Client = await context.connect(options);
      const started = await client.call("runJob", { params: { job }, signal: context.signal });
      if (options.wait !== true) {
        printResult(context, options, started, () => started.upids);
        return;
      }
      const exitCodes: number[] = [];
      const watching = { ...context, setExitCode: (exitCode: number) => void exitCodes.push(exitCode) };
      for (const upid of started.upids) await waitForTask(watching, client, upid, options);
      context.setExitCode(worstExitCode(exitCodes));
    });
}

interface RunsOptions {
  readonly status?: RunState;
  readonly since?: string;
  readonly limit: number;
}

function runsCommand(context: CommandContext): Command {
  return createCommand("runs", "the ledger of runs, newest first: what was expected and what came of it")
    .argument("[NAME]", "of this job only")
    .addOption(new Option("--status <STATUS>", "only these").choices([...RUN_STATES]))
    .option("--since <TIME>", "not older: 24h, 7d, or a date like 2026-11-23")
    .option("--limit <N>", "at most this many", parseLimit, 50)
    .action(async (job: string | undefined, options: Options<RunsOptions>) => {
      const { status, since, limit } = options;
      const query = {
        limit,
        ...(job === undefined ? {} : { job }),
        ...(status === undefined ? {} : { state: status }),
        ...(since === undefined ? {} : { since: parseMoment(since, context.clock.now()) }),
      };
      await callAndPrint(context, options, "listRuns", { query }, ({ runs }) =>
        renderRuns(context.look, runs),
      );
    });
}

function nextCommand(context: CommandContext): Command {
  return createCommand("next", "what a schedule means and when it would run", [
    "job next 'Sun 03:00'",
    "job next '30 2 * * mon-fri' --time-zone Europe/Vienna",
  ])
    .argument("<SCHEDULE>")
    .option("--time-zone <ZONE>", "whose wall clock is meant (default: the server's)")
    .action((schedule: string, { timeZone, ...options }: Options<{ readonly timeZone?: string }>) =>
      callAndPrint(
        context,
        options,
        "previewSchedule",
        { body: { schedule, ...(timeZone === undefined ? {} : { timeZone }) } },
        (preview) => [
          `${preview.canonical}: ${preview.text}`,
          ...(preview.runs.length === 0
            ? ["  It never runs"]
            : preview.runs.map((at) => `  ${showInstant(at)}`)),
        ],
      ),
    );
}
