export * from "./shapes.ts";
export * from "./task.ts";
export * from "./requests.ts";
export * from "./events.ts";
export * from "./routes.ts";
