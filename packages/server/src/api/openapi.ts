/** The OpenAPI 3.1 description, made from the same table that is mounted. */

import type { TSchema } from "typebox";
import {
  API_PREFIX,
  ErrorResponseSchema,
  EventQuerySchema,
  EVENTS_PATH,
  EventSchema,
  routes,
  TASK_LOG_TEXT_PATH,
} from "@ironcore-backup/protocol";
import type { Route } from "@ironcore-backup/protocol";

type Json = Readonly<Record<string, unknown>>;

export function createOpenApi(version: string): Json {
  const components = new Map<string, unknown>();
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, operation: Json): void => {
    const url = path.replace(/:([a-z]+)/g, "{$1}");
    paths[url] = { ...paths[url], [method.toLowerCase()]: operation };
  };
  for (const [name, route] of Object.entries<Route>(routes)) {
    add(`${API_PREFIX}${route.path}`, route.method, describeRoute(name, route, components));
  }
  add(EVENTS_PATH, "GET", describeEvents(components));
  add(TASK_LOG_TEXT_PATH, "GET", describeLogText());
  return {
    openapi: "3.1.0",
    info: {
      title: "Ironcore Backup",
      version,
      description: "Everything the command line does goes through these calls.",
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: { ErrorResponse: shared(ErrorResponseSchema, components), ...Object.fromEntries(components) },
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description:
            "A session token from POST /api/v1/login, or the local token of the server's data directory.",
        },
      },
    },
  };
}

const REFUSED: Json = {
  description: "Refused; the body says why and what to do",
  content: { "application/json": { schema: { $ref: "#/components/schemas/ErrorResponse" } } },
};

function describeRoute(name: string, route: Route, components: Map<string, unknown>): Json {
  const content = { "application/json": { schema: shared(route.response, components) } };
  return {
    operationId: name,
    summary: route.summary,
    ...(route.authenticated ? {} : { security: [] }),
    parameters: [...parameters("path", route.params), ...parameters("query", route.query)],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: shared(route.body, components) } },
          },
        }),
    responses: {
      [route.status]: { description: "Done", ...(route.status === 204 ? {} : { content }) },
      default: REFUSED,
    },
  };
}

function describeEvents(components: Map<string, unknown>): Json {
  return {
    operationId: "streamEvents",
    summary: "Facts as they happen, as server-sent events; `data` is one Event as JSON",
    parameters: [
      ...parameters("query", EventQuerySchema),
      { name: "Last-Event-ID", in: "header", required: false, schema: { type: "integer", minimum: 0 } },
    ],
    responses: {
      200: {
        description: "The stream",
        content: { "text/event-stream": { schema: shared(EventSchema, components) } },
      },
      default: REFUSED,
    },
  };
}

function describeLogText(): Json {
  return {
    operationId: "downloadTaskLog",
    summary: "The log as text",
    parameters: [
      { name: "upid", in: "path", required: true, schema: { type: "string" } },
      {
        name: "level",
        in: "query",
        required: false,
        schema: { enum: ["debug", "info", "warning", "error"] },
      },
    ],
    responses: {
      200: { description: "The log", content: { "text/plain": { schema: { type: "string" } } } },
      default: REFUSED,
    },
  };
}

function parameters(place: "path" | "query", schema: TSchema | undefined): Json[] {
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
      schema: rest,
    };
  });
}

/** Copies a schema as plain JSON; one with an `$id` moves to the components and leaves a reference. */
function shared(schema: unknown, components: Map<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => shared(item, components));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $id, ...rest } = schema as { readonly $id?: unknown };
  const copy = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, shared(value, components)]),
  );
  if (typeof $id !== "string") return copy;
  components.set($id, copy);
  return { $ref: `#/components/schemas/${$id}` };
}
