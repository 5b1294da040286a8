/**
 * The arrows of the house as data. ARCHITECTURE.md shows the same tables (`page-rule.ts` compares them), and
 * `arrow-rule.ts` reads every import against them. To draw a new arrow, change both, and say why in the commit.
 */

export interface Room {
  readonly name: string;
  readonly responsibility: string;
  /** Names of packages or rooms; `all` for the one that wires the others. */
  readonly mayImport: readonly string[];
  /** Said with a refusal: what the missing arrow protects. */
  readonly why: string;
}

export interface PackageRoom extends Room {
  readonly runsIn: "anywhere" | "Node" | "browser";
}

export const PACKAGES: readonly PackageRoom[] = [
  {
    name: "base",
    responsibility: "Names, time, randomness, errors: the words and small tools that everyone speaks with.",
    mayImport: [],
    runsIn: "anywhere",
    why: "everyone stands on base, the browser too, so base stands on nothing",
  },
  {
    name: "format",
    responsibility: "Turns streams into chunks, blobs, indexes, manifests and archives and back.",
    mayImport: ["base"],
    runsIn: "Node",
    why: "format is pure bytes and meaning: it is used without a datastore, so it knows neither disk nor network",
  },
  {
    name: "engine",
    responsibility: "Keeps those bytes safe in a datastore: writing, reading, verifying, locking.",
    mayImport: ["base", "format"],
    runsIn: "Node",
    why: "the code that can lose data stays small and knows no network, no request and no task",
  },
  {
    name: "protocol",
    responsibility: "Says what may travel: routes, request and response shapes, task events.",
    mayImport: ["base"],
    runsIn: "anywhere",
    why: "both ends of the wire speak protocol, so it leans on neither end",
  },
  {
    name: "client",
    responsibility: "Speaks the protocol: calls, live streams that resume, errors made whole again.",
    mayImport: ["base", "protocol"],
    runsIn: "anywhere",
    why: "the browser uses client as it is, so it needs nothing of Node and nothing of the server",
  },
  {
    name: "agent",
    responsibility: "Takes a backup on a machine and brings it back.",
    mayImport: ["base", "format", "protocol", "client"],
    runsIn: "Node",
    why: "a machine that is backed up installs the agent without an engine or a server",
  },
  {
    name: "server",
    responsibility: "Accepts requests, runs tasks, keeps schedules, decides access.",
    mayImport: ["base", "format", "engine", "protocol"],
    runsIn: "Node",
    why: "only server/operations does the work of a task, so only it may also use agent and client",
  },
  {
    name: "cli",
    responsibility: "Turns words typed by a person into calls and prints results.",
    mayImport: ["base", "format", "protocol", "client", "agent"],
    runsIn: "Node",
    why: "a command asks the server and never opens a datastore behind its back; format is for keys, which no server sees",
  },
  {
    name: "web",
    responsibility: "Shows the state of the house and lets a person act, live.",
    mayImport: ["base", "protocol", "client"],
    runsIn: "browser",
    why: "a page runs in the browser and sees what the protocol shows",
  },
];

/** What one room of a package may import beyond its package's row. */
export const EXTRA_ARROWS: readonly { readonly from: string; readonly mayImport: readonly string[] }[] = [
  { from: "server/operations", mayImport: ["agent", "client"] },
];

/** Each may import those below it. */
export const ENGINE_ROOMS: readonly Room[] = below("a room of the engine uses only rooms below it", [
  ["verify", "Re-reads what is stored and reports every finding, without repairing."],
  ["gc", "Plans and executes garbage collection."],
  ["prune", "Plans and executes retention."],
  ["sessions", "One backup being written, or one snapshot being read, from open to close."],
  ["datastore", "Namespaces, groups and snapshots on disk: create, open, list, remove."],
  ["chunk-store", "Chunks by digest: insert once, read checked, touch, exist."],
  ["chunk-records", "What a chunk's bytes were when they were stored, and when it was checked last."],
  ["digests", "Sets and maps of millions of digests in flat memory."],
  ["locks", "Who may do what at the same time; the code of the table in `docs/locking.md`."],
  ["disk", "The only door to files: real, in-memory and faulty disks behind one interface."],
]);

export const SERVER_ROOMS: readonly Room[] = [
  {
    name: "main.ts",
    responsibility:
      "Makes the real clock, disk, randomness and configuration, wires the rooms, starts, stops.",
    mayImport: ["all"],
    why: "",
  },
  {
    name: "api",
    responsibility: "A handler parses, authorises, calls one function, presents.",
    mayImport: ["access", "jobs", "workers", "tasks", "datastores", "notifications", "metrics", "state"],
    why: "a handler never does the work of a task itself: it queues one",
  },
  {
    name: "jobs",
    responsibility: "Recurring plans: what is due, what was missed, queueing the right task.",
    mayImport: ["tasks", "state"],
    why: "a job is a plan: it queues tasks and does nothing else",
  },
  {
    name: "workers",
    responsibility:
      "The processes with slots: claim a queued task, run its operation, beat the heart, drain.",
    mayImport: ["operations", "tasks", "state"],
    why: "a worker runs what it is given and decides nothing about access or schedules",
  },
  {
    name: "operations",
    responsibility: "One file per kind of task: the code that does the run.",
    mayImport: ["tasks", "datastores", "state"],
    why: "an operation knows neither queues nor processes nor requests, so that it can be run and tested alone",
  },
  {
    name: "datastores",
    responsibility: "Which datastores exist, which are open, which are in maintenance.",
    mayImport: ["state"],
    why: "the register of datastores serves everyone above it",
  },
  {
    name: "notifications",
    responsibility: "Turns task events into messages, matches them to targets, sends and retries.",
    mayImport: ["senders", "tasks", "state"],
    why: "notifications follow from events and never steer a task",
  },
  {
    name: "senders",
    responsibility: "Ways to what lies outside: mail, webhooks, metric servers.",
    mayImport: ["config"],
    why: "a sender sends what it is given, once; what, when and how often is the business of notifications",
  },
  {
    name: "tasks",
    responsibility: "The life of one run: UPID, states, log, progress, cancelling, history, recovery.",
    mayImport: ["state"],
    why: "the life of a task is the same for every kind, so it knows no kind",
  },
  {
    name: "access",
    responsibility: "Users, tokens, sessions, permissions.",
    mayImport: ["state"],
    why: "who may do what is decided from records alone",
  },
  {
    name: "metrics",
    responsibility: "Counts and gauges, fed by events and by functions that are handed in.",
    mayImport: [],
    why: "numbers come from what main.ts hands in, so that watching the house never steers it",
  },
  {
    name: "state",
    responsibility: "The only door to stored records: one file per record kind, all queries here.",
    mayImport: ["config"],
    why: "records know nothing of those who keep them",
  },
  {
    name: "config",
    responsibility: "Reads and validates configuration; the only room that reads the environment.",
    mayImport: [],
    why: "configuration is read before anything else exists",
  },
];

/** Each may import those below it. */
export const WEB_ROOMS: readonly Room[] = below("a room of the page uses only rooms below it", [
  ["pages", "One folder per page, as the navigation reads."],
  ["shell", "The frame around every page: navigation, header, keys, what is shown when a page cannot be."],
  ["parts", "Small shared elements: states, times, amounts, progress, empty states, errors."],
  ["session", "Who is signed in and what they may; what pages ask, kept true by facts; the hooks for both."],
  ["live", "Framework-free: holds the event stream, resumes, folds facts into the live state."],
  ["look", "Colours, spacing, type, icons."],
  ["texts", "Every word that is shown, by language: the catalogues, and who fills them with values."],
]);

/** Files in `src` itself that belong to no room: the public door, the error table, the wiring. */
export const ROOMLESS_FILES = [
  "errors.ts",
  "index.ts",
  "main.ts",
  "boot.tsx",
  "main.tsx",
  "router.tsx",
  "openapi-main.ts",
  "serve.ts",
] as const;

/** Modules of Node that would break a package's promise; `inRooms` may have them nevertheless. */
export const NODE_MODULE_BANS: readonly {
  readonly packages: readonly string[];
  readonly modules: RegExp;
  readonly inRooms: readonly string[];
  readonly why: string;
}[] = [
  {
    packages: ["base", "protocol", "client", "web"],
    modules: /^node:/,
    inRooms: [],
    why: "this package runs in the browser too; use the platform's web interfaces or take what is needed as an argument",
  },
  {
    packages: ["format"],
    modules: /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|sqlite)\b/,
    inRooms: ["compute"], // It asks /proc whether its threads are alive, and opens nothing else.
    why: "format knows neither disk nor network; take bytes, a ByteSource or a ThreadModule as an argument",
  },
  {
    packages: ["engine"],
    modules: /^node:(net|http|https|http2|tls|dgram|dns)\b/,
    inRooms: [],
    why: "the engine knows no network; what travels belongs to client, server or agent",
  },
  {
    packages: ["engine"],
    modules: /^node:fs\b/,
    inRooms: ["disk"],
    why: "engine/disk is the only door to files; take a Disk as an argument, so that a power cut can be tested",
  },
];

function below(why: string, rooms: readonly (readonly [string, string])[]): Room[] {
  return rooms.map(([name, responsibility], index) => ({
    name,
    responsibility,
    mayImport: rooms.slice(index + 1).map(([lower]) => lower),
    why,
  }));
}
