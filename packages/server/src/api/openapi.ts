/** The OpenAPI 3.1 description, made from the same table that is mounted. */

import type { TSchema } from "typebox";
import {
  API_PREFIX,
  ErrorResponseSchema,
  EventQuerySchema,
  EVENTS_PATH,
  EventSchema,
  LogLevelSchema,
  routes,
  SNAPSHOT_DOWNLOAD_PATH,
  SnapshotDownloadQuerySchema,
  SnapshotParamsSchema,
  TASK_LOG_TEXT_PATH,
} from "@ironcore-backup/protocol";
import type { Route, RouteName } from "@ironcore-backup/protocol";
import {
  REQUEST_ID_HEADER,
  refusalReferences,
  refusalResponses,
  refusalStatuses,
} from "./openapi-refusals.ts";
import { shareSchema } from "./openapi-schema.ts";
import type { Json, SharedSchemas } from "./openapi-schema.ts";
import { privilegesFor } from "./route-access.ts";
import { isCreating } from "./route-mount.ts";

const DESCRIPTION = `Everything the command line and the dashboard do goes through these calls.

Every answer carries \`x-request-id\`. Every refusal has the shape of \`ErrorResponse\`: a code that never changes, what
happened, and what to do next. Unknown fields are refused. Instants are milliseconds since 1970-01-01 UTC, sizes are bytes.

Lists that can grow without end answer pages: send \`nextCursor\` back as \`cursor\` for the next one.`;

const SECURITY_SCHEMES: Json = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description:
      "A session token from POST /api/v1/login, the secret of an API token, or the local token of the server's data directory.",
  },
  cookie: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-ibs",
    description: 'A browser\'s session, from POST /api/v1/login with `"via": "cookie"`.',
  },
  csrf: {
    type: "apiKey",
    in: "header",
    name: "X-CSRF-Token",
    description: "With a cookie, what POST /api/v1/login or GET /api/v1/whoami gave as `csrfToken`.",
  },
};

const READ_SECURITY = [{ bearer: [] }, { cookie: [] }];
const CHANGE_SECURITY = [{ bearer: [] }, { cookie: [], csrf: [] }];

const IDEMPOTENCY_PARAMETER: Json = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Of your choice, new for each thing to be made. The same request under the same key within 24 hours makes nothing again and gets the first answer, with `idempotent-replayed: true`.",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[!-~]+$" },
};

export function createOpenApi(version: string): Json {
  const schemas: SharedSchemas = new Map();
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, operation: Json): void => {
    const url = path.replace(/:([a-z]+)/g, "{$1}");
    paths[url] = { ...paths[url], [method.toLowerCase()]: { tags: [tagOf(path)], ...operation } };
  };
  for (const [key, route] of Object.entries<Route>(routes)) {
    const name = key as RouteName; // `entries` forgets that the keys are the table's.
    add(`${API_PREFIX}${route.path}`, route.method, describeRoute(name, route, schemas));
  }
  add(EVENTS_PATH, "GET", describeEvents(schemas));
  add(SNAPSHOT_DOWNLOAD_PATH, "GET", describeDownload(schemas));
  add(TASK_LOG_TEXT_PATH, "GET", describeLogText(schemas));
  shareSchema({ ...ErrorResponseSchema, $id: "ErrorResponse" }, schemas);
  return {
    openapi: "3.1.0",
    info: { title: "Ironcore Backup", version, description: DESCRIPTION },
    servers: [{ url: "/" }],
    security: READ_SECURITY,
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      responses: refusalResponses(),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

/** The first word of its path. */
function tagOf(path: string): string {
  return path.slice(API_PREFIX.length).split("/")[1] ?? "";
}

function describeRoute(name: RouteName, route: Route, schemas: SharedSchemas): Json {
  return {
    operationId: name,
    summary: route.summary,
    ...accessOf(name),
    ...securityOf(route),
    parameters: [
      ...parameters("path", route.params, schemas),
      ...parameters("query", route.query, schemas),
      ...(isCreating(route) ? [IDEMPOTENCY_PARAMETER] : []),
    ],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: json(shareSchema(route.body, schemas)) } }),
    responses: {
      ...refusalReferences(refusalStatuses(route)),
      ...answers(route, schemas),
    },
  };
}

function accessOf(name: RouteName): Json {
  const privileges = privilegesFor(name);
  if (privileges.length === 0) return {};
  const words = privileges.map((privilege) => `\`${privilege}\``).join(" and ");
  return { description: `Needs ${words}, where it is about.`, "x-privileges": privileges };
}

function securityOf(route: Route): Json {
  if (!route.authenticated) return { security: [] };
  return route.method === "GET" ? {} : { security: CHANGE_SECURITY };
}

function answers(route: Route, schemas: SharedSchemas): Json {
  const content = route.status === 204 ? {} : { content: json(shareSchema(route.response, schemas)) };
  const headers = {
    "x-request-id": REQUEST_ID_HEADER,
    ...(isCreating(route)
      ? { "idempotent-replayed": { description: "`true`: made before, not now", schema: { const: "true" } } }
      : {}),
  };
  return {
    [route.status]: { description: "Done", headers, ...content },
    ...(route.failingStatus === undefined
      ? {}
      : { [route.failingStatus]: { description: "The same, when something fails", headers, ...content } }),
  };
}

function json(schema: unknown): Json {
  return { "application/json": { schema } };
}

function describeEvents(schemas: SharedSchemas): Json {
  return {
    operationId: "streamEvents",
    summary: "Facts as they happen, as server-sent events; `data` is one Event as JSON",
    parameters: [
      ...parameters("query", EventQuerySchema, schemas),
      {
        name: "Last-Event-ID",
        in: "header",
        required: false,
        description: "The last number that the reader has; the stream goes on after it",
        schema: { type: "integer", minimum: 0 },
      },
    ],
    responses: {
      ...refusalReferences(refusalStatuses({ method: "GET", authenticated: true })),
      200: {
        description: "The stream. It ends when the server stops or the caller may not read any more",
        headers: { "x-request-id": REQUEST_ID_HEADER },
        content: {
          "text/event-stream": { schema: shareSchema({ ...EventSchema, $id: "Event" }, schemas) },
        },
      },
    },
  };
}

function describeDownload(schemas: SharedSchemas): Json {
  return {
    operationId: "downloadSnapshotFiles",
    summary: "A file of a snapshot's file archive as it is, or a directory as zip or tar.zst",
    description:
      "Needs `snapshot.restore`, where it is about. An answer that is broken off before its length or its end is not whole: the server's log says why.",
    "x-privileges": ["snapshot.restore"],
    parameters: [
      ...parameters("path", SnapshotParamsSchema, schemas),
      ...parameters("query", SnapshotDownloadQuerySchema, schemas),
    ],
    responses: {
      ...refusalReferences([...refusalStatuses({ method: "GET", authenticated: true }), 404, 409]),
      200: {
        description: "The file, the zip or the tar.zst",
        headers: { "x-request-id": REQUEST_ID_HEADER },
        content: Object.fromEntries(
          ["application/octet-stream", "application/zip", "application/zstd"].map((type) => [
            type,
            { schema: { type: "string", format: "binary" } },
          ]),
        ),
      },
    },
  };
}

function describeLogText(schemas: SharedSchemas): Json {
  return {
    operationId: "downloadTaskLog",
    summary: "The log as text, also while the task runs",
    parameters: [
      { name: "upid", in: "path", required: true, schema: { type: "string" } },
      {
        name: "level",
        in: "query",
        required: false,
        description: "This level and worse",
        schema: shareSchema(LogLevelSchema, schemas),
      },
    ],
    responses: {
      ...refusalReferences([...refusalStatuses({ method: "GET", authenticated: true }), 404]),
      200: {
        description: "The log",
        headers: { "x-request-id": REQUEST_ID_HEADER },
        content: { "text/plain": { schema: { type: "string" } } },
      },
    },
  };
}

function parameters(place: "path" | "query", schema: TSchema | undefined, schemas: SharedSchemas): Json[] {
  if (schema === undefined) return [];
  // Parameters are always declared with `strictObject`.
  const { properties, required = [] } = schema as unknown as {
    properties: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: shareSchema(rest, schemas),
    };
  });
}
