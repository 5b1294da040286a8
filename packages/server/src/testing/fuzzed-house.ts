/** A server with two projects, one of which the asking member knows nothing of, and things with secrets in their words. */

import { expect } from "vitest";
import type { CreatedApiToken, StartedTask } from "@ironcore-backup/protocol";
import type { ApiRequest } from "./api-line.ts";
import { aServer } from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

export type Who = "nobody" | "member" | "administrator";

export interface FuzzedHouse {
  readonly fixture: Fixture;
  readonly port: number;
  /** What nobody but the administrator may ever be told. None of it is in a name that the test sends. */
  readonly secrets: readonly string[];
  proofOf(who: Who): Readonly<Record<string, string>>;
  /** Names that exist, for a parameter of a path. */
  knownNames(parameter: string): readonly string[];
  /** The same value about things that exist, where a field names one. */
  withKnownNames(value: unknown): unknown;
  /** What would end the test and not the server: sign-offs and removals of what the test itself stands on. */
  isOffLimits(request: ApiRequest): boolean;
}

const SECRETS = ["SECRET-COMMENT-OF-THE-STORE", "SECRET-COMMENT-OF-THE-PROJECT", "SECRET-COMMENT-OF-A-USER"];
const PASSWORD = "a long enough password";
const MEMBERS = ["member-a@ibs", "member-b@ibs", "member-c@ibs", "member-d@ibs"];

export async function aFuzzedHouse(): Promise<FuzzedHouse> {
  const fixture = await aServer();
  const create = async <Body>(path: string, body: unknown): Promise<Body> => {
    const made = await fixture.call<Body>("POST", path, { body });
    expect([path, made.status, made.status < 300 ? "" : made.body]).toMatchObject([
      path,
      expect.any(Number),
      "",
    ]);
    return made.body;
  };
  await create("/datastores", { name: "shared", path: "/stores/shared" });
  await create("/datastores", { name: "foreign", path: "/stores/foreign", comment: SECRETS[0] });
  await create("/projects", { name: "mine" });
  await create("/projects", { name: "theirs", comment: SECRETS[1] });
  await create("/users", { authId: "other@ibs", password: PASSWORD, comment: SECRETS[2] });
  const start = (datastore: string, project: string) =>
    create<StartedTask>("/backups", { datastore, project, id: `of-${project}`, paths: ["/ok"] });
  const mine = await start("shared", "mine");
  const theirs = await start("foreign", "theirs");
  const secrets: string[] = [];
  for (const authId of MEMBERS) {
    await create("/users", { authId, password: PASSWORD });
    secrets.push((await create<CreatedApiToken>("/tokens", { user: authId, name: "fuzz" })).secret);
    // A token has what it and its owner have been granted both.
    for (const holder of [authId, `${authId}!fuzz`]) {
      const grant = (role: string, kind: string, name: string) =>
        create("/grants", { authId: holder, role, scope: { kind, name } });
      await grant("project-admin", "project", "mine");
      await grant("project-member", "datastore", "shared");
    }
  }
  let turn = 0;
  const known: Readonly<Record<string, readonly string[]>> = {
    datastore: ["shared", "foreign"],
    snapshot: ["host/of-mine/latest", "host/of-theirs/2026-01-01T00:00:00Z"],
    upid: [mine.upid, theirs.upid],
    worker: ["node/worker", "node/gc"],
    user: ["other@ibs", ...MEMBERS],
    token: [`${MEMBERS[0]}!fuzz`],
    project: ["mine", "theirs"],
    role: ["project-admin", "custom"],
    grant: ["1", "00000000"],
  };
  return {
    fixture,
    port: Number(new URL(fixture.server.url).port),
    secrets: SECRETS,
    proofOf: (who) => {
      if (who === "nobody") return {};
      if (who === "administrator") return { authorization: `Bearer ${fixture.token}` };
      // By turns, so that the limit on one caller's requests is not all that is met.
      turn = (turn + 1) % secrets.length;
      return { authorization: `Bearer ${secrets[turn]}` };
    },
    knownNames: (parameter) => known[parameter] ?? ["x"],
    withKnownNames: (value) => withKnownNames(value, known),
    isOffLimits: ({ method, path, headers }) =>
      headers["authorization"] === `Bearer ${fixture.token}` &&
      (/^\/api\/v1\/(?:logout|scheduler)/.test(path) ||
        (method !== "GET" && /^\/api\/v1\/(?:users|tokens|projects|datastores|grants)\/./.test(path))),
  };
}

function withKnownNames(value: unknown, known: Readonly<Record<string, readonly string[]>>): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const names = known[name];
      if (names === undefined || typeof inner !== "string") return [name, inner];
      // By the value itself, so that the same seed asks the same.
      return [name, names[inner.length % 2] ?? inner];
    }),
  );
}
