/** How jobs and their runs read. */

import { formatDuration } from "@ironcore-backup/base";
import type { Job, JobSources, Run, RunState } from "@ironcore-backup/protocol/calls";
import { retentionText } from "../retention-options.ts";
import { plural, printable, showInstant } from "./look.ts";
import type { Look } from "./look.ts";
import { renderTable } from "./table.ts";

const STATES: Readonly<Record<RunState, readonly [shape: string, style: Parameters<Look["paint"]>[0]]>> = {
  expected: ["○", "dim"],
  running: ["▶", "cyan"],
  met: ["✔", "green"],
  late: ["▲", "yellow"],
  missed: ["✘", "red"],
  skipped: ["–", "dim"],
};

export function showRunState(look: Look, state: RunState): string {
  const [shape, style] = STATES[state];
  return look.paint(style, `${shape} ${state.toUpperCase()}`);
}

export function renderJobs(look: Look, jobs: readonly Job[]): string {
  if (jobs.length === 0)
    return "No job. Make one: ironcore-backup job create NAME --type backup --workload NAME --datastore NAME --schedule 02:00";
  const rows = jobs.map((job) => [
    job.name,
    job.type,
    job.enabled ? printable(job.schedule ?? "by hand") : look.paint("dim", "disabled"),
    nextText(job),
    job.lastRun === undefined ? "" : showRunState(look, job.lastRun.state),
    job.datastore,
    job.type === "backup" ? plural(job.workloads?.length ?? 0, "workload") : "",
  ]);
  return renderTable(look, ["Job", "Type", "Schedule", "Next", "Last", "Datastore", "Sources"], rows);
}

function nextText({ currentRun, nextRuns }: Job): string {
  if (currentRun !== undefined) return "running";
  const [next] = nextRuns;
  return next === undefined ? "" : showInstant(next);
}

export function describeJob(look: Look, job: Job): string[] {
  const {
    comment,
    project,
    namespace = "",
    schedule,
    scheduleText,
    workloads = [],
    lastRun,
    currentRun,
  } = job;
  const place = namespace === "" ? job.datastore : `${job.datastore}:${namespace}`;
  return [
    `${job.name}${job.enabled ? "" : "  (disabled)"}`,
    `  Type       ${job.type}${job.mode === "full" ? ", reads everything" : ""}`,
    `  Datastore  ${place}`,
    `  Schedule   ${schedule === undefined ? "by hand" : `${schedule}, ${scheduleText ?? ""}`}`,
    ...(comment === undefined ? [] : [`  Comment    ${printable(comment)}`]),
    ...(project === undefined ? [] : [`  Project    ${project}`]),
    `  Owner      ${job.owner}`,
    ...(job.notificationGroup === undefined ? [] : [`  Tells      ${job.notificationGroup}`]),
    ...(job.sources === undefined ? [] : [`  Sources    ${sourcesText(job.sources)}`]),
    ...(job.type === "backup"
      ? [`  Workloads  ${workloads.length === 0 ? "none fit" : workloads.join(" ")}`]
      : []),
    ...(job.drill === undefined
      ? []
      : [`  Restores   ${job.drill.choice ?? "newest"} of ${job.drill.group}${checkText(job.drill)}`]),
    ...(job.retention === undefined
      ? []
      : [`  Retention  ${retentionText(job.retention)}, of its own snapshots`]),
    ...(job.missedRuns === undefined ? [] : [`  Missed     ${job.missedRuns}`]),
    ...(currentRun === undefined ? [] : [`  Now        ${runText(look, currentRun)}`]),
    ...(lastRun === undefined ? [] : [`  Last       ${runText(look, lastRun)}`]),
    ...job.nextRuns.map((at, index) => `  ${index === 0 ? "Next      " : "          "} ${showInstant(at)}`),
  ];
}

function runText(look: Look, run: Run): string {
  const { state, dueAt, message, endedAt, startedAt } = run;
  const took =
    endedAt === undefined || startedAt === undefined ? "" : `, took ${formatDuration(endedAt - startedAt)}`;
  const why = message === undefined ? "" : `: ${printable(message)}`;
  return `${showRunState(look, state)} ${showInstant(dueAt)}${took}${why}`;
}

function checkText({ check, compareSource }: NonNullable<Job["drill"]>): string {
  const compared = compareSource === undefined ? "" : `, compared with ${compareSource.workload}`;
  return check === undefined ? compared : `${compared}, then ${printable(check.argv.join(" "))}`;
}

function sourcesText({ workloads = [], include = {}, exclude = {} }: JobSources): string {
  const filterText = ({ names = [], tags = [], projects = [] }: NonNullable<JobSources["include"]>): string =>
    [...names, ...tags.map((tag) => `tag ${tag}`), ...projects.map((name) => `project ${name}`)].join(", ");
  const without = filterText(exclude);
  const parts = [workloads.join(", "), filterText(include)].filter((part) => part !== "");
  return printable(`${parts.join(", ")}${without === "" ? "" : `, without ${without}`}`);
}

export function renderRuns(look: Look, runs: readonly Run[]): string {
  if (runs.length === 0) return "No run";
  const rows = runs.map((run) => [
    showInstant(run.dueAt),
    run.job,
    showRunState(look, run.state),
    run.origin === "hand" ? `by hand, ${run.askedBy ?? ""}` : "",
    run.tasks[0]?.upid ?? "",
    printable(run.message ?? ""),
  ]);
  return renderTable(look, ["Due", "Job", "State", "Started", "Task", "Cause"], rows);
}
