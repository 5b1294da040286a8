export { startServer } from "./main.ts";
export type { RunningServer, ServerParts } from "./main.ts";
export { parseServerOptions, readSurroundings } from "./config/server-options.ts";
export type { ListenAddress, ServerOptions, Surroundings } from "./config/server-options.ts";
export { serverErrors } from "./errors.ts";
