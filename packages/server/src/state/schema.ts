/** The tables of the state store as kysely sees them. Instants are milliseconds since 1970, sizes bytes, JSON is text. */

import type { Generated, Kysely } from "kysely";
import type { NotificationTables } from "./notification-schema.ts";

export interface TaskRow {
  /** Grows with every task ever made; newest first is this column downwards. */
  task_id: number;
  upid: string;
  type: string;
  state: string;
  auth_id: string;
  datastore: string;
  source: string;
  target: string;
  queued_at: number;
  started_at: number | null;
  ended_at: number | null;
  /** Counts the hand-outs to workers. What a worker reports under an older number is refused. */
  attempt: number;
  bytes: number;
  warning_count: number;
  error_count: number;
  log_line_count: number;
  exit_status: string | null;
  cancel_requested: number;
  retry_of: string | null;
  /** Two tasks with the same key never run at once; null: no such limit. */
  exclusive_key: string | null;
  stages: string;
  error: string | null;
  statistics: string | null;
  parameters: string;
  class: string;
  /** 0 low, 1 normal, 2 high. */
  priority: number;
  project: string | null;
  namespace: string;
  /** `NODE/CLASS` of the worker that has or had it. */
  worker: string | null;
  /** Until when the claim holds without another heartbeat. */
  lease_until: number | null;
  /** A retry does not start before. */
  not_before: number | null;
  retried_by: string | null;
  try_number: number;
  retry_policy: string | null;
  parent: string | null;
  /** Bytes a second; null: no limit of its own. */
  bandwidth_limit: number | null;
  child_count: number;
  /** 1 while the task may not start before its parent has ended well. */
  after_parent: number;
  job: string | null;
  run_id: number | null;
  workload: string | null;
  /** What a run of a job queues, it queues once: `RUN:SUBJECT`. Null for retries and for what was started by hand. */
  run_key: string | null;
  /** As it was queued; `target` becomes more precise while it runs. */
  planned_target: string;
}

export interface DatastoreRow {
  name: string;
  path: string;
  comment: string | null;
  created_at: number;
  running_task_count_max: number | null;
  identity: string | null;
  mode: string;
  mode_reason: string | null;
  bandwidth_limit: number | null;
  free_percent_min: number | null;
  notification_group: string | null;
}

export interface DatastoreMeasureRow {
  datastore: string;
  at: number;
  total_bytes: number;
  used_bytes: number;
  free_bytes: number;
  group_count: number | null;
  snapshot_count: number | null;
  logical_bytes: number | null;
  chunk_count: number | null;
  stored_bytes: number | null;
  chunks_are_estimate: number;
}

export interface DatastoreChunksRow {
  datastore: string;
  chunk_count: number;
  stored_bytes: number;
  is_estimate: number;
  counted_at: number;
}

export interface RunStatisticsRow {
  run_id: number | null;
  upid: string;
  ended_at: number;
  auth_id: string;
  datastore: string;
  namespace: string;
  group_name: string;
  job: string | null;
  project: string | null;
  is_full: number;
  warning_count: number;
  duration_ms: number;
  source_read_bytes: number;
  pre_encrypt_bytes: number;
  on_disk_bytes: number;
  chunk_count: number;
  known_chunk_count: number;
  new_raw_bytes: number;
  new_compressed_bytes: number;
  new_stored_bytes: number;
  /** JSON: names of metrics. */
  unusual: string;
}

export interface UserRow {
  auth_id: string;
  /** `argon2id` in the usual `$argon2id$v=19$m=…` text. */
  password_hash: string;
  enabled: number;
  created_at: number;
  comment: string | null;
  email: string | null;
  last_login_at: number | null;
}

export interface SessionRow {
  /** SHA-256 of the token in hex. The token itself is nowhere. */
  token_hash: string;
  auth_id: string;
  created_at: number;
  expires_at: number;
  /** `session`: the token is in a program's hands; `cookie`: in a browser's. */
  via: string;
  /** Coarsely. */
  used_at: number;
}

export interface ApiTokenRow {
  /** `user@realm!name` */
  auth_id: string;
  user_id: string;
  /** SHA-256 of the secret in hex. The secret itself is nowhere. */
  secret_hash: string;
  comment: string | null;
  created_at: number;
  expires_at: number | null;
  /** Coarsely. */
  used_at: number | null;
}

export interface ProjectRow {
  name: string;
  comment: string | null;
  created_at: number;
  running_task_count_max: number | null;
}

export interface RoleRow {
  name: string;
  comment: string | null;
  /** JSON: words of the protocol. */
  privileges: string;
  created_at: number;
}

export interface GrantRow {
  grant_id: string;
  auth_id: string;
  role: string;
  scope_kind: string;
  scope_name: string;
  created_at: number;
  created_by: string;
}

/** A trigger refuses every update. */
export interface AuditRow {
  audit_id: Generated<number>;
  at: number;
  auth_id: string;
  /** The auth-id without a token's name. */
  user_id: string;
  address: string;
  request_id: string | null;
  action: string;
  subject: string;
  outcome: string;
  /** JSON: an object of texts, numbers and booleans. */
  detail: string;
}

interface LoginFailureRow {
  /** SHA-256 of what is counted: an account, an address, or both together. */
  key_hash: string;
  failure_count: number;
  /** Tries since the last one that was looked at, refused unseen. */
  throttled_count: number;
  last_at: number;
}

interface LoginPlaceRow {
  /** SHA-256 of an account and an address from where it signed in. */
  key_hash: string;
  last_at: number;
}

interface VerificationRow {
  verification_id: number | null;
  datastore: string;
  snapshot: string;
  upid: string;
  started_at: number;
  /** SnapshotVerification of the protocol. */
  report: string;
}

/** An answer that is given again to whoever repeats the request under the same key. */
interface IdempotencyKeyRow {
  auth_id: string;
  route: string;
  key: string;
  /** SHA-256 of what was asked, hex. */
  request_hash: string;
  /** HTTP status; null while the request is carried out, for ever when the server died meanwhile. */
  status: number | null;
  /** JSON; null when the answer holds a secret and is not kept. */
  answer: string | null;
  created_at: number;
}

export interface PauseRow {
  /** `scheduler`, or `NODE/CLASS` of a worker that takes nothing new. */
  subject: string;
  auth_id: string;
  paused_at: number;
  reason: string | null;
}

interface CounterRow {
  name: string;
  value: number;
}

interface RetentionRow {
  datastore: string;
  /** `""`: the datastore as a whole. */
  namespace: string;
  /** Retention of the protocol. */
  retention: string;
}

export interface WorkloadRow {
  name: string;
  project: string | null;
  definition: string;
  created_at: number;
  changed_at: number;
}

export interface JobRow {
  name: string;
  project: string | null;
  type: string;
  datastore: string;
  owner: string;
  definition: string;
  created_at: number;
  changed_at: number;
}

export interface RunRow {
  run_id: Generated<number>;
  job: string;
  /** `schedule` or `hand`. */
  origin: string;
  due_at: number;
  /** When it starts: `due_at` and the job's random delay. */
  fire_at: number;
  state: string;
  cause: string | null;
  message: string | null;
  asked_by: string | null;
  /** More than 1 where a row stands for many missed instants. */
  instant_count: number;
  /** What it queues a task for each of, as JSON; decided when it starts. */
  subjects: string;
  started_at: number | null;
  ended_at: number | null;
}

export interface StateTables extends NotificationTables {
  tasks: TaskRow;
  datastores: DatastoreRow;
  datastore_measures: DatastoreMeasureRow;
  datastore_chunks: DatastoreChunksRow;
  run_statistics: RunStatisticsRow;
  users: UserRow;
  sessions: SessionRow;
  api_tokens: ApiTokenRow;
  projects: ProjectRow;
  roles: RoleRow;
  grants: GrantRow;
  audit: AuditRow;
  login_failures: LoginFailureRow;
  login_places: LoginPlaceRow;
  verifications: VerificationRow;
  counters: CounterRow;
  pauses: PauseRow;
  idempotency_keys: IdempotencyKeyRow;
  retentions: RetentionRow;
  workloads: WorkloadRow;
  jobs: JobRow;
  runs: RunRow;
}

export type StateDatabase = Kysely<StateTables>;
