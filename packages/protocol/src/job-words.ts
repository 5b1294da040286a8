/** The words of workloads, jobs and their runs, without any schema. */

/** What a job does. */
export const JOB_TYPES = ["backup", "verify", "prune", "gc", "drill"] as const;
export type JobType = (typeof JOB_TYPES)[number];

export const WORKLOAD_KINDS = ["files", "image", "command"] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/**
 * A run is `expected` until its instant, `running` until its last task has ended, and then for good one of four: `met`, it
 * succeeded in time; `late`, it succeeded, but not in time; `missed`, it should have and did not; `skipped`, it was meant
 * not to.
 */
export const RUN_STATES = ["expected", "running", "met", "late", "missed", "skipped"] as const;
export type RunState = (typeof RUN_STATES)[number];
export const ENDED_RUN_STATES = ["met", "late", "missed", "skipped"] as const satisfies readonly RunState[];

/** Why a run is not `met`. */
export const RUN_CAUSES = [
  /** No server was there to start it, or its clock jumped over it. */
  "server-down",
  /** A later missed instant runs for this one, too. */
  "superseded",
  /** An operator had paused the scheduler. */
  "scheduler-paused",
  "job-disabled",
  "job-removed",
  /** The run before it had not ended. */
  "still-running",
  "task-failed",
  "task-cancelled",
  /** Nothing fits the job's sources. */
  "no-workloads",
  "start-failed",
  "ended-late",
] as const;
export type RunCause = (typeof RUN_CAUSES)[number];

export const RUN_ORIGINS = ["schedule", "hand"] as const;
export type RunOrigin = (typeof RUN_ORIGINS)[number];

/** What becomes of instants that nobody was there for. */
export const MISSED_RUN_POLICIES = ["run-once", "skip"] as const;
export type MissedRunPolicy = (typeof MISSED_RUN_POLICIES)[number];

export const BACKUP_MODES = ["incremental", "full"] as const;
export type BackupMode = (typeof BACKUP_MODES)[number];

/** Which snapshot a drill takes. */
export const DRILL_CHOICES = ["newest", "random"] as const;
export type DrillChoice = (typeof DRILL_CHOICES)[number];

/** `added`: in the live source alone; `removed`: in the snapshot alone; the others say what of a path is different. */
export const SOURCE_DIFFERENCES = [
  "added",
  "removed",
  "type",
  "size",
  "time",
  "mode",
  "link",
  "content",
  "unreadable",
] as const;
export type SourceDifference = (typeof SOURCE_DIFFERENCES)[number];

/**
 * `unprotected`: no job backs it up, or none ever did. `at-risk`: its newest backup is older than it should be. `weak`: it is
 * backed up, but another link of the chain is missing or stale. Worst first.
 */
export const PROTECTION_STATES = ["unprotected", "at-risk", "weak", "protected"] as const;
export type ProtectionState = (typeof PROTECTION_STATES)[number];

/** What should happen to a workload again and again, what matters most first. */
export const CHAIN_LINKS = ["backup", "verify", "drill", "prune", "gc"] as const;
export type ChainLinkName = (typeof CHAIN_LINKS)[number];

/** `none`: no job does it. `waiting`: its first time has not come. */
export const LINK_STATES = ["fresh", "waiting", "stale", "none"] as const;
export type LinkState = (typeof LINK_STATES)[number];
