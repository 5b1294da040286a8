/** A job's parts as words. */

import { formatDuration, quoteCommandWords } from "@ironcore-backup/base";
import type { Job, JobSources, JobType } from "@ironcore-backup/protocol/calls";
import { formatRetention } from "../../parts/retention-text.ts";
import { countOf } from "../../parts/stage-text.ts";

export const JOB_TYPE_WORDS: Readonly<Record<JobType, string>> = {
  backup: "Backup",
  verify: "Verification",
  prune: "Prune",
  gc: "Garbage collection",
  drill: "Recovery drill",
};

/** What it works on, in a line. */
export function subjectWords(job: Job): string {
  const { type, datastore, namespace = "", workloads = [], drill } = job;
  const place = namespace === "" ? datastore : `${datastore}:${namespace}`;
  if (type === "drill")
    return `${drill?.choice === "random" ? "any" : "newest"} of ${place}:${drill?.group ?? ""}`;
  if (type !== "backup") return place;
  const what = workloads.length <= 2 ? workloads.join(", ") : countOf(workloads.length, "workload");
  return `${what === "" ? "no workload" : what} → ${place}`;
}

export function sourceText({ workloads = [], include = {}, exclude = {} }: JobSources): string {
  const filter = ({ names = [], tags = [], projects = [] }: NonNullable<JobSources["include"]>): string[] => [
    ...names,
    ...tags.map((tag) => `tag ${tag}`),
    ...projects.map((project) => `project ${project}`),
  ];
  const without = filter(exclude);
  return (
    [...workloads, ...filter(include)].join(", ") +
    (without.length === 0 ? "" : `, without ${without.join(", ")}`)
  );
}

/** Name and value of what was set. */
export function factsOf(job: Job): (readonly [name: string, value: string])[] {
  const { sources, retention, retryPolicy, drill } = job;
  const time = (seconds: number | undefined): string =>
    seconds === undefined ? "" : formatDuration(seconds * 1000);
  const facts: readonly (readonly [string, string])[] = [
    ["Sources", sources === undefined ? "" : sourceText(sources)],
    ["Means now", job.type === "backup" ? (job.workloads ?? []).join(", ") || "none" : ""],
    ["Mode", job.mode === "full" ? "reads everything again" : ""],
    ["Keeps", retention === undefined ? "" : `${formatRetention(retention)}, of its own snapshots`],
    ["Verifies", verifyWords(job)],
    ["Check", drill?.check === undefined ? "" : quoteCommandWords(drill.check.argv)],
    ["Only archive", drill?.archive ?? ""],
    ["Late after", time(job.allowedSeconds)],
    [
      "Starts up to",
      job.randomDelaySeconds === undefined || job.randomDelaySeconds === 0
        ? ""
        : `${time(job.randomDelaySeconds)} later`,
    ],
    [
      "Tries again",
      retryPolicy === undefined
        ? ""
        : `${countOf(retryPolicy.countMax, "time")}, first after ${time(retryPolicy.delaySeconds)}`,
    ],
    ["Nobody there", job.missedRuns === "skip" ? "the run is left out" : ""],
    ["Owner", job.owner],
    ["Tells", job.notificationGroup ?? ""],
    ["Project", job.project ?? ""],
  ];
  return facts.filter(([, value]) => value !== "");
}

function verifyWords({ type, coverDays, durationSecondsMax, verifyWindowDays = 30 }: Job): string {
  if (type !== "verify") return "";
  if (coverDays === undefined)
    return verifyWindowDays === 0
      ? "everything each time"
      : `what was not found sound in the last ${countOf(verifyWindowDays, "day")}`;
  const limit =
    durationSecondsMax === undefined ? "" : `, at most ${formatDuration(durationSecondsMax * 1000)} a run`;
  return `all bytes once within ${countOf(coverDays, "day")}${limit}`;
}
