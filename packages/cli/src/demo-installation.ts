/**
 * A small living example, set up through the public API as a person would: a datastore, workloads of the machine's own files,
 * jobs every few minutes, a project with a member. Everything that is seen of it afterwards is a real run.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { randomHex } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { JobCreate, WorkloadCreate } from "@ironcore-backup/protocol/calls";
import { plural } from "./display/look.ts";

/** What it makes is called so, and found by it at the next start. */
export const DEMO_NAME = "demo";
const MEMBER = "dana@ibs";
const PASSWORD_SIZE_BYTES = 9;

/** Small directories that most machines have and everybody may read. */
const CANDIDATES: readonly { readonly name: string; readonly path: string }[] = [
  { name: "time-zones", path: "/usr/share/zoneinfo" },
  { name: "certificates", path: "/etc/ssl/certs" },
  { name: "licenses", path: "/usr/share/common-licenses" },
  { name: "completions", path: "/usr/share/bash-completion" },
  { name: "perl", path: "/usr/share/perl5" },
];
const WORKLOAD_COUNT_MAX = 3;

/** @returns lines for the person; nothing is changed when there is a demo already */
export async function setUpDemo(
  { client, random }: { readonly client: Client; readonly random: Random },
  dataDir: string,
): Promise<string[]> {
  const datastores = await client.call("listDatastores", {});
  if (datastores.some(({ name }) => name === DEMO_NAME))
    return ["Demo            is here already, and goes on as it was left"];
  const path = join(dataDir, "demo-datastore");
  await client.call("createDatastore", {
    body: { name: DEMO_NAME, path, comment: "Of the demo: remove it with its jobs" },
  });
  await client.call("createProject", { body: { name: DEMO_NAME, comment: "Of the demo" } });
  const workloads = workloadsOf(existsSync);
  for (const body of workloads) await client.call("createWorkload", { body });
  for (const body of jobsOf(workloads)) await client.call("createJob", { body });
  const password = await createMember(client, random);
  const { upids } = await client.call("runJob", { params: { job: "demo-backup" } });
  return [
    `Demo            ${plural(workloads.length, "workload")} and 5 jobs; ${plural(upids.length, "backup")} began just now`,
    `                datastore ${path}`,
    ...(password === undefined
      ? []
      : [`Demo member     ${MEMBER}, password ${password}   (sees the project demo only)`]),
    "                Dashboard, Workloads, Jobs and Job Calendar show what happens in the next minutes",
  ];
}

/** @param isThere  whether a path is on this machine */
export function workloadsOf(isThere: (path: string) => boolean): WorkloadCreate[] {
  const common = { project: DEMO_NAME, tags: [DEMO_NAME] };
  const files = CANDIDATES.filter(({ path }) => isThere(path)).slice(0, WORKLOAD_COUNT_MAX);
  return [
    ...files.map(({ name, path }) => ({ ...common, name, kind: "files" as const, paths: [path] })),
    {
      ...common,
      name: "processes",
      kind: "command" as const,
      comment: "What runs on this machine: other bytes each time",
      commands: [{ archive: "processes.txt", argv: ["ps", "-ef"] }],
    },
  ];
}

/** Close enough together that a newcomer sees each of them within a quarter of an hour. */
export function jobsOf(workloads: readonly WorkloadCreate[]): JobCreate[] {
  const common = { datastore: DEMO_NAME, project: DEMO_NAME };
  const [first] = workloads;
  const group = `host/${first?.name ?? "processes"}`;
  return [
    {
      ...common,
      name: "demo-backup",
      type: "backup",
      schedule: "*:0/5",
      sources: { include: { tags: [DEMO_NAME] } },
      retention: { keepLast: 6, keepHourly: 24, keepDaily: 7 },
      allowedSeconds: 600,
    },
    {
      ...common,
      name: "demo-verify",
      type: "verify",
      schedule: "*:2/10",
      verifyWindowDays: 0,
      allowedSeconds: 900,
    },
    { ...common, name: "demo-prune", type: "prune", schedule: "*:4/15", allowedSeconds: 900 },
    {
      ...common,
      name: "demo-drill",
      type: "drill",
      schedule: "*:8/15",
      drill: { group },
      allowedSeconds: 900,
    },
    { ...common, name: "demo-gc", type: "gc", schedule: "*:45", allowedSeconds: 3600 },
  ];
}

/** Undefined: there is somebody of that name. */
async function createMember(client: Client, random: Random): Promise<string | undefined> {
  const users = await client.call("listUsers", {});
  if (users.some(({ authId }) => authId === MEMBER)) return undefined;
  const password = randomHex(random, PASSWORD_SIZE_BYTES);
  await client.call("createUser", { body: { authId: MEMBER, password, comment: "Of the demo" } });
  await client.call("createGrant", {
    body: { authId: MEMBER, role: "project-member", scope: { kind: "project", name: DEMO_NAME } },
  });
  return password;
}
