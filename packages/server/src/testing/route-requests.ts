/** One request for each operation of the API, about things that exist in the access house; some need a new thing each time. */

import { Agent, request } from "node:https";
import type { AccessHouse, Insider, Outsider } from "./access-house.ts";

export interface Operation {
  readonly method: string;
  /** `/tasks/{upid}`, below the prefix. */
  readonly path: string;
  readonly operationId: string;
}

export interface RouteAnswer {
  readonly status: number;
  readonly text: string;
  /** `404 TASK_NOT_FOUND`; of an answer that is no refusal only its status. */
  readonly outcome: string;
}

type Names = Readonly<Record<string, string>>;

interface Wanted {
  readonly names?: Names;
  readonly query?: string;
  readonly body?: unknown;
}

const agent = new Agent({ keepAlive: true });
let count = 0;
const fresh = (): string => `new-${++count}`;
const project = (name: string | undefined) => ({ kind: "project", name });
const PASSWORD = "a long enough password";

/** What an operation needs beyond the names in its path. Asked anew for each request. */
const WANTED: Readonly<Record<string, (house: AccessHouse, names: Names) => Wanted | Promise<Wanted>>> = {
  login: () => ({ body: { user: "someone@ibs", password: PASSWORD } }),
  createDatastore: () => ({ body: { name: fresh(), path: `/stores/${fresh()}` } }),
  updateDatastore: () => ({ body: { comment: "changed" } }),
  removeDatastore: (_house, names) => ({ names: { ...names, datastore: "gone" } }),
  downloadSnapshotFiles: () => ({ query: "?archive=root.mpxar.didx&path=%2F" }),
  compareSnapshots: () => ({ query: "?archive=root.mpxar.didx" }),
  listSnapshotEntries: () => ({ query: "?archive=root.mpxar.didx" }),
  listChunkUses: () => ({ query: `?digest=${"0".repeat(64)}` }),
  listChunkFiles: () => ({ query: `?digest=${"0".repeat(64)}` }),
  updateSnapshot: () => ({ body: { protected: true } }),
  createNamespace: () => ({ body: { namespace: fresh() } }),
  updateNamespace: () => ({ body: { retention: { keepDaily: 7 } } }),
  removeNamespace: async (house, names) => {
    if (names !== house.names) return {};
    const namespace = fresh();
    await house.make("/datastores/store/namespaces", { namespace });
    return { names: { ...names, namespace } };
  },
  updateGroup: () => ({ body: { notes: "changed" } }),
  changeGroupOwner: () => ({ body: { owner: "someone@ibs" } }),
  planPrune: (_house, names) => ({ body: { datastore: names["datastore"] } }),
  simulatePrune: () => ({
    body: { schedule: { times: ["02:00"], dayCount: 10 }, retention: { keepDaily: 3 } },
  }),
  startPrune: (_house, names) => ({
    body: { datastore: names["datastore"], project: names["project"] },
  }),
  startGc: (_house, names) => ({
    body: { datastore: names["datastore"], project: names["project"] },
  }),
  startBackup: (_house, names) => ({
    body: { datastore: names["datastore"], project: names["project"], id: fresh(), paths: ["/wait"] },
  }),
  backUpWorkload: (_house, names) => ({ body: { datastore: names["datastore"] } }),
  startRestore: (_house, names) => ({
    body: {
      datastore: names["datastore"],
      project: names["project"],
      snapshot: names["snapshot"],
      target: `/${fresh()}`,
    },
  }),
  startVerify: (_house, names) => ({
    body: { datastore: names["datastore"], project: names["project"], snapshot: names["snapshot"] },
  }),
  createWorkload: (_house, names) => ({
    body: { name: fresh(), project: names["project"], kind: "files", paths: ["/srv"] },
  }),
  updateWorkload: () => ({ body: { comment: "changed" } }),
  removeWorkload: async (house, names) => {
    if (names !== house.names) return {};
    const workload = fresh();
    const { project } = names;
    await house.make("/workloads", { name: workload, project, kind: "files", paths: ["/srv"] });
    return { names: { ...names, workload } };
  },
  createJob: (_house, names) => ({
    body: { name: fresh(), project: names["project"], type: "verify", datastore: names["datastore"] },
  }),
  updateJob: () => ({ body: { comment: "changed" } }),
  removeJob: async (house, names) =>
    names === house.names ? { names: { ...names, job: await house.aJob() } } : {},
  runJob: async (house, names) =>
    names === house.names ? { names: { ...names, job: await house.aJob() } } : {},
  getCalendar: () => ({ query: "?since=0&until=86400000" }),
  previewSchedule: () => ({ body: { schedule: "daily" } }),
  markInbox: () => ({ body: { isRead: true } }),
  acknowledgeNotice: (house, names) =>
    names === house.names ? { names: { ...names, notice: house.aNotice() } } : {},
  resolveNotice: (house, names) =>
    names === house.names ? { names: { ...names, notice: house.aNotice() } } : {},
  createTarget: (_house, names) => ({
    body: { name: fresh(), project: names["project"], kind: "webhook", url: "https://hook.example/" },
  }),
  updateTarget: () => ({ body: { comment: "changed" } }),
  removeTarget: async (house, names) =>
    names === house.names ? { names: { ...names, target: await house.aTarget() } } : {},
  previewTarget: () => ({ body: { kind: "webhook" } }),
  createNotificationGroup: (_house, names) => ({
    body: { name: fresh(), project: names["project"], targets: [] },
  }),
  getNotificationGroup: (_house, names) => ({ names: { ...names, group: names["list"] ?? "" } }),
  updateNotificationGroup: (_house, names) => ({
    names: { ...names, group: names["list"] ?? "" },
    body: { comment: "changed" },
  }),
  removeNotificationGroup: async (house, names) => {
    if (names !== house.names) return { names: { ...names, group: names["list"] ?? "" } };
    const group = fresh();
    await house.make("/notification-groups", { name: group, project: names["project"] });
    return { names: { ...names, group } };
  },
  createNotificationRule: (_house, names) => ({
    body: { name: fresh(), project: names["project"], groups: [] },
  }),
  updateNotificationRule: () => ({ body: { comment: "changed" } }),
  removeNotificationRule: async (house, names) => {
    if (names !== house.names) return {};
    const rule = fresh();
    await house.make("/notification-rules", { name: rule, project: names["project"] });
    return { names: { ...names, rule } };
  },
  previewNotificationRule: (_house, names) => ({
    body: { project: names["project"], match: {}, groups: [] },
  }),
  startDrill: (_house, names) => ({
    body: { datastore: names["datastore"], project: names["project"], group: names["group"] },
  }),
  cancelTask: async (house, names) =>
    names === house.names ? { names: { ...names, upid: await house.aTask() } } : {},
  updateTask: async (house, names) => ({
    body: { bandwidthLimitBytesPerSecond: 1_000_000 },
    ...(names === house.names ? { names: { ...names, upid: await house.aTask() } } : {}),
  }),
  retryTask: async (house, names) => {
    if (names !== house.names) return {};
    const upid = await house.aTask();
    await house.make(`/tasks/${encodeURIComponent(upid)}/cancel`, {});
    return { names: { ...names, upid } };
  },
  drainWorker: () => ({ body: {} }),
  pauseScheduler: () => ({ body: {} }),
  createUser: () => ({ body: { authId: `${fresh()}@ibs`, password: PASSWORD } }),
  updateUser: () => ({ body: { comment: "changed" } }),
  removeUser: (house, names) => (names === house.names ? { names: { ...names, user: "gone@ibs" } } : {}),
  createApiToken: (_house, names) => ({ body: { user: names["user"], name: fresh() } }),
  createProject: () => ({ body: { name: fresh() } }),
  updateProject: () => ({ body: { comment: "changed" } }),
  removeProject: (house, names) => (names === house.names ? { names: { ...names, project: "gone" } } : {}),
  createRole: () => ({ body: { name: fresh(), privileges: ["task.read"] } }),
  updateRole: () => ({ body: { comment: "changed" } }),
  removeRole: (house, names) => (names === house.names ? { names: { ...names, role: "gone" } } : {}),
  createGrant: async (house, names) => {
    const role = fresh();
    await house.make("/roles", { name: role, privileges: ["task.read"] });
    return { body: { authId: "someone@ibs", role, scope: project(names["project"]) } };
  },
  removeGrant: async (house, names) =>
    names === house.names ? { names: { ...names, grant: await house.aGrant() } } : {},
};

/** @param names  of things that exist, or that do not */
export async function askRoute(
  house: AccessHouse,
  {
    operation,
    who,
    names = house.names,
  }: {
    readonly operation: Operation;
    readonly who: Insider | Outsider;
    readonly names?: Names;
  },
): Promise<RouteAnswer> {
  const wanted = (await WANTED[operation.operationId]?.(house, names)) ?? {};
  const filled = { ...names, ...wanted.names };
  const path = operation.path.replace(/\{([a-z]+)\}/g, (_all, name: string) =>
    encodeURIComponent(filled[name] ?? ""),
  );
  const body = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
  const { status, text } = await send(house, {
    method: operation.method,
    path: `${path}${wanted.query ?? ""}`,
    headers: house.proofOf(who),
    body,
  });
  const code = status < 400 ? undefined : /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return { status, text, outcome: code === undefined ? String(status) : `${status} ${code}` };
}

/** As text, without a client between. A stream of events is left when it has begun. */
function send(
  { fixture }: AccessHouse,
  {
    method,
    path,
    headers,
    body,
  }: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | undefined;
  },
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const url = `${fixture.server.url}/api/v1${path}`;
    const sent = request(url, { method, ca: fixture.ca, agent, headers: { ...headers, ...type } });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      const status = answer.statusCode ?? 0;
      if (answer.headers["content-type"]?.startsWith("text/event-stream") === true) {
        resolve({ status, text: "" });
        answer.on("error", () => undefined);
        return void sent.destroy();
      }
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => resolve({ status, text }));
    });
    sent.end(body);
  });
}
