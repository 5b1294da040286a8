/** The API on one page, readable without scripts and without anything from elsewhere. */

import {
  API_PREFIX,
  calls,
  EVENTS_PATH,
  routes,
  SNAPSHOT_DOWNLOAD_PATH,
  TASK_LOG_TEXT_PATH,
} from "@ironcore-backup/protocol";
import type { Route, RouteName } from "@ironcore-backup/protocol";
import { privilegesFor } from "./route-access.ts";

/** The style is inline, so the page's own security header names it. */
export const DOCS_CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .6rem; vertical-align: top; }
  tr { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
  code, pre { font: .9em ui-monospace, monospace; } pre { overflow: auto; max-height: 30rem; }
  summary { cursor: pointer; }`;

export function createDocsPage(version: string): string {
  // `calls` keeps the order of the table.
  const rows = Object.keys(calls).map((name) => describe(name as RouteName, routes[name as RouteName]));
  const stream = (path: string, text: string): string => row("GET", path, escape(text));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Ironcore Backup API ${escape(version)}</title><style>${STYLE}</style></head><body>
<h1>Ironcore Backup API</h1>
<p>Version ${escape(version)}. The same as <a href="${API_PREFIX}/openapi.json">OpenAPI 3.1</a>.</p>
<p>Send <code>Authorization: Bearer TOKEN</code>. A token comes from <code>POST ${API_PREFIX}/login</code>; on the server's own
machine the file <code>local-token</code> of the data directory holds one. Every refusal has the shape
<code>{"error": {code, message, remedy, retry, context}, "requestId"}</code>.</p>
<table><thead><tr><th>Call</th><th>What it does</th></tr></thead><tbody>
${rows.join("\n")}
${stream(EVENTS_PATH, "Facts as they happen, as server-sent events. Goes on after Last-Event-ID.")}
${stream(SNAPSHOT_DOWNLOAD_PATH, "A file of a snapshot, or a directory as zip or tar.zst.")}
${stream(TASK_LOG_TEXT_PATH, "The log of one task as text.")}
</tbody></table></body></html>
`;
}

function describe(name: RouteName, route: Route): string {
  const parts = [
    schemaBlock("Query", route.query),
    schemaBlock("Body", route.body),
    route.status === 204 ? "" : schemaBlock(`Answer ${route.status}`, route.response),
  ];
  const privileges = privilegesFor(name);
  const needed = privileges.length === 0 ? "" : ` <em>(needs ${privileges.join(", ")})</em>`;
  const open = route.authenticated ? needed : " <em>(no token needed)</em>";
  return row(
    route.method,
    `${API_PREFIX}${route.path}`,
    `<strong>${escape(name)}</strong>: ${escape(route.summary)}${open}${parts.join("")}`,
  );
}

function row(method: string, path: string, html: string): string {
  return `<tr><td><code>${method} ${escape(path)}</code></td><td>${html}</td></tr>`;
}

function schemaBlock(title: string, schema: unknown): string {
  if (schema === undefined) return "";
  return `<details><summary>${escape(title)}</summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
