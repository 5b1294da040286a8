export * from "./shapes.ts";
export * from "./task-words.ts";
export * from "./task.ts";
export * from "./requests.ts";
export * from "./events.ts";
export { API_PREFIX, calls, EVENTS_PATH, TASK_LOG_TEXT_PATH } from "./call-table.ts";
export type { Call } from "./call-table.ts";
export * from "./routes.ts";
export type * from "./route-shapes.ts";
