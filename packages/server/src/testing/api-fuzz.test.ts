/**
 * Thousands of requests that no honest client sends, made from the server's own description: values that fit and values
 * that nearly fit, names that exist and names that try to be paths, as nobody, as a project's member and as the
 * administrator. Whatever comes, the server answers in its own words, tells nobody what they may not see, and lives.
 *
 * `IRONCORE_FUZZ_COUNT=100000` asks longer.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOSTILE, spoiled, valuesOf } from "../api/json-schema-values.testing.ts";
import type { JsonSchema } from "../api/json-schema-values.testing.ts";
import { openApiLine, sendBytes } from "./api-line.ts";
import type { ApiAnswer, ApiLine, ApiRequest } from "./api-line.ts";
import { aFuzzedHouse } from "./fuzzed-house.ts";
import type { FuzzedHouse, Who } from "./fuzzed-house.ts";
import { closeAll } from "./server-fixture.ts";

const REQUEST_COUNT = Number(process.env["IRONCORE_FUZZ_COUNT"] ?? 2000);
const RAW_REQUEST_COUNT = Math.ceil(REQUEST_COUNT / 15);
const TIME_MS_MAX = 60_000 + REQUEST_COUNT * 50;
const SETUP_MS_MAX = 60_000;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"];
/** What the house may say of itself when a part of it is away; everything else from 500 on is our failure. */
const HONEST_UNAVAILABLE = [
  "DATASTORE_OFFLINE",
  "DATASTORE_MISSING",
  "DATASTORE_IN_MAINTENANCE",
  "TASK_QUEUE_FULL",
];

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: JsonSchema;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
  readonly isOpen: boolean;
}

let house: FuzzedHouse;
let line: ApiLine;
let operations: readonly Operation[];
let find: (reference: string) => JsonSchema;

beforeAll(async () => {
  house = await aFuzzedHouse();
  line = openApiLine(house.port);
  const description = (await house.fixture.call<Description>("GET", "/openapi.json")).body;
  find = (reference) => description.components.schemas[reference.slice("#/components/schemas/".length)] ?? {};
  operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters,
      body: operation.requestBody?.content["application/json"].schema,
      isOpen: operation.security?.length === 0,
    })),
  );
}, SETUP_MS_MAX);
afterAll(async () => {
  line.close();
  await closeAll();
});

interface Description {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters: readonly Parameter[];
            readonly security?: readonly unknown[];
            readonly requestBody?: {
              readonly content: { readonly "application/json": { readonly schema: JsonSchema } };
            };
          }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const HOSTILE_NAMES: readonly string[] = [
  "..",
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e%2f",
  "%00",
  "%",
  "%zz",
  "%ff%fe",
  "%c0%af",
  "%u0041",
  ";",
  "%0d%0aSet-Cookie:%20x=1",
  "x".repeat(7000),
  "constructor",
  "__proto__",
  "toString",
  "%F0%9F%92%A9",
  "*",
  "null",
  "0x10",
  " ",
  "a b",
  "%20",
];

function aName(known: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known).map(encodeURIComponent) },
    { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_NAMES) },
    { weight: 1, arbitrary: fc.string({ minLength: 1 }).map(encodeLoosely) },
  );
}

/** A lone surrogate cannot be encoded by the usual function. */
function encodeLoosely(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function aPath(operation: Operation): fc.Arbitrary<string> {
  const names = operation.parameters.filter((parameter) => parameter.in === "path");
  const filled = fc
    .tuple(...names.map(({ name }) => aName(house.knownNames(name))))
    .map((values) =>
      names.reduce((path, { name }, at) => path.replace(`{${name}}`, values[at] ?? ""), operation.path),
    );
  const tail = fc.oneof(
    { weight: 8, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constantFrom("/", "/..", "//", "/%2e%2e", "/.", "%00", ";x=1", "/extra") },
  );
  return fc.tuple(filled, tail, aQuery(operation)).map(([path, end, query]) => path + end + query);
}

function aQuery(operation: Operation): fc.Arbitrary<string> {
  const known = operation.parameters.filter((parameter) => parameter.in === "query");
  const pair = fc.oneof(
    ...known.map(({ name, schema }) =>
      fc
        .oneof(valuesOf(schema, find), fc.constantFrom(...HOSTILE))
        .map((value) => `${name}=${encodeLoosely(String(value)).slice(0, 9000)}`),
    ),
    fc.constantFrom(
      "__proto__=1",
      "constructor[prototype][x]=1",
      "limit=1&limit=2",
      "limit=1e999",
      "cursor=%ff",
      "cursor=e30",
      "=",
      "&&&",
      "%",
      "text=%00",
      "x".repeat(3000),
    ),
  );
  return fc.array(pair, { maxLength: 4 }).map((pairs) => (pairs.length === 0 ? "" : `?${pairs.join("&")}`));
}

const BROKEN_BODIES: readonly (string | Buffer)[] = [
  "",
  "{",
  "null",
  "[]",
  '"text"',
  "1e999",
  '{"a":1}{"b":2}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  `{"a":${"[".repeat(20_000)}`,
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  Buffer.from([0xff, 0xfe, 0x00, 0x7b]),
  Buffer.concat([Buffer.from('{"datastore":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
  "\u0000",
  `{"comment":"${"x".repeat(1_100_000)}"}`,
];

function aBody(operation: Operation): fc.Arbitrary<string | Buffer | undefined> {
  const broken = fc.constantFrom(...BROKEN_BODIES);
  if (operation.body === undefined)
    return fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: broken });
  const fits = valuesOf(operation.body, find).map((value) => house.withKnownNames(value));
  return fc.oneof(
    { weight: 4, arbitrary: fits.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: fits.chain(spoiled).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: broken },
  );
}

const ODD_HEADERS: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  {},
  { "content-type": "text/plain" },
  { "content-type": "application/json; charset=utf-16" },
  { "content-type": "multipart/form-data" },
  { "content-type": "application/json", "content-encoding": "gzip" },
  { "idempotency-key": "k" },
  { "idempotency-key": "x".repeat(300) },
  { "last-event-id": "-1" },
  { "last-event-id": "99999999999999999999" },
  { "x-forwarded-for": "127.0.0.1", "x-request-id": "forged", "x-http-method-override": "DELETE" },
  { "x-large": "x".repeat(15_000) },
  { cookie: "__Host-ibs=x; ".repeat(100) },
  { accept: "text/html", range: "bytes=0-1,5-2", "if-none-match": "*" },
  { expect: "100-continue" },
];

interface Attack extends ApiRequest {
  readonly who: Who;
  readonly isOpen: boolean;
}

function anAttack(): fc.Arbitrary<Attack> {
  return fc.constantFrom(...operations).chain((operation) =>
    fc
      .record({
        who: fc.constantFrom<Who>("nobody", "member", "member", "administrator"),
        path: aPath(operation),
        body: aBody(operation),
        odd: fc.constantFrom(...ODD_HEADERS),
        method: fc.oneof(
          { weight: 9, arbitrary: fc.constant(operation.method) },
          { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
        ),
      })
      .map(({ who, path, body, odd, method }) => ({
        who,
        method,
        path,
        body: method === "GET" || method === "HEAD" ? undefined : body,
        headers: { "content-type": "application/json", ...house.proofOf(who), ...odd },
        isOpen: operation.isOpen,
      })),
  );
}

function examine(attack: Pick<Attack, "who" | "isOpen">, answer: ApiAnswer): void {
  const error = answer.status >= 400 && answer.text !== "" ? refusalOf(answer) : undefined;
  if (answer.status >= 500) expect(HONEST_UNAVAILABLE).toContain(error?.code);
  if (attack.who === "nobody" && !attack.isOpen) expect([200, 201, 202, 204]).not.toContain(answer.status);
  if (attack.who !== "administrator")
    for (const secret of house.secrets) expect(answer.text).not.toContain(secret);
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d+|file:\/\//);
}

function refusalOf(answer: ApiAnswer): { readonly code: string } {
  const { error, requestId } = JSON.parse(answer.text) as {
    readonly error: Readonly<Record<string, unknown>>;
    readonly requestId: unknown;
  };
  expect(requestId).toEqual(expect.stringMatching(/^[0-9a-f]{16}$/));
  expect(Object.keys(error).toSorted()).toEqual(["code", "context", "message", "remedy", "retry"]);
  return { code: String(error["code"]) };
}

test(
  "no request brings the server to fail, to tell what it must not, or to end",
  { timeout: TIME_MS_MAX },
  async () => {
    const statuses = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(anAttack(), async (attack) => {
        if (house.isOffLimits(attack)) return;
        const answer = await line.send(attack);
        const key = `${attack.who} ${answer.status}`;
        statuses.set(key, (statuses.get(key) ?? 0) + 1);
        examine(attack, answer);
      }),
      { numRuns: REQUEST_COUNT },
    );
    // It really got through: some requests of each kind of caller were done, others refused.
    for (const seen of [
      "administrator 200",
      "administrator 400",
      "administrator 404",
      "member 200",
      "member 400",
      "nobody 401",
    ])
      expect([...statuses.keys()]).toContain(seen);
  },
);

const RAW: readonly string[] = [
  "GET /api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /api/v1/tasks/..%2f..%2fetc HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET https://elsewhere/api/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
  "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
  "GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  "GET /api/v1/ping HTTP/0.9\r\n\r\n",
  "GET /api/v1/ping HTTP/1.1\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\r\n\r\n\r\n",
  "GET\t/api/v1/ping\tHTTP/1.1\r\n\r\n",
  `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
];

test("no bytes bring the server to fail", { timeout: TIME_MS_MAX }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...RAW),
      fc.array(fc.record({ at: fc.nat(400), bytes: fc.uint8Array({ maxLength: 6 }) }), { maxLength: 3 }),
      async (text, changes) => {
        let bytes = Buffer.from(text, "latin1");
        for (const change of changes) {
          const at = Math.min(change.at, bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, at), change.bytes, bytes.subarray(at)]);
        }
        const answer = await sendBytes(house.port, bytes);
        expect(answer.status === 0 || (answer.status >= 200 && answer.status < 500)).toBe(true);
      },
    ),
    { numRuns: RAW_REQUEST_COUNT },
  );
});

test("after all of it the server answers, has logged no defect and no secret, and nothing is polluted", async () => {
  expect((await house.fixture.call("GET", "/status")).status).toBe(200);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  const log = readFileSync(join(house.fixture.dataDir, "logs", "server.jsonl"), "utf8");
  expect(log.split("\n").filter((text) => text.includes('"level":"error"'))).toEqual([]);
  expect(log).not.toContain(house.fixture.token);
});
