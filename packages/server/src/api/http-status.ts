/** Which HTTP status an error code travels with. The only place that knows both. */

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  NAME_INVALID: 400,
  REQUEST_INVALID: 400,
  UNAUTHENTICATED: 401,
  LOGIN_FAILED: 401,
  FORBIDDEN: 403,
  ROUTE_NOT_FOUND: 404,
  DATASTORE_NOT_FOUND: 404,
  TASK_NOT_FOUND: 404,
  SNAPSHOT_NOT_FOUND: 404,
  SNAPSHOT_ARCHIVE_NOT_FOUND: 404,
  SNAPSHOT_PATH_NOT_FOUND: 404,
  ARCHIVE_MISSING: 404,
  DATASTORE_EXISTS: 409,
  DATASTORE_PATH_TAKEN: 409,
  DATASTORE_IN_USE: 409,
  TASK_FINISHED: 409,
  SNAPSHOT_ARCHIVE_ENCRYPTED: 409,
  REQUEST_TOO_LARGE: 413,
  LOGIN_THROTTLED: 429,
  TASK_QUEUE_FULL: 503,
  SERVER_STOPPING: 503,
  DATASTORE_OFFLINE: 503,
};

/** 500 for what this table does not name: a refusal that nobody foresaw is ours to explain. */
export function httpStatusOf(code: string): number {
  return STATUS_BY_CODE[code] ?? 500;
}
