/**
 * The door for programs that must start fast (the command line): every call's method and URL as plain data, the words of a
 * task's life, and all shapes as types only. Importing it loads no schema library.
 */

export { API_PREFIX, calls, EVENTS_PATH, SNAPSHOT_DOWNLOAD_PATH, TASK_LOG_TEXT_PATH } from "./call-table.ts";
export type { Call } from "./call-table.ts";
export * from "./task-words.ts";
export * from "./access-words.ts";
export * from "./measure-words.ts";
export * from "./retention-words.ts";
export * from "./download-words.ts";
export * from "./compare-words.ts";
export * from "./job-words.ts";
export * from "./notification-words.ts";
export * from "./workload-match.ts";
export type * from "./index.ts";
