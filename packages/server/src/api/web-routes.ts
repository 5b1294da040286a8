/**
 * The dashboard, at every path that is not the API's. A path that names a view (`/tasks/UPID:…`) gets the one page, which
 * shows it; one that names a file gets the file or nothing.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Admission } from "./admission.ts";
import { refuse, routeNotFound } from "./refusal.ts";
import { createWebFiles } from "./web-files.ts";
import type { ContentEncoding, WebFile, WebFiles } from "./web-files.ts";

/** Styles are set inline by the parts the pages are made of; scripts never are. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const IMMUTABLE = "public, max-age=31536000, immutable";
/** Kept, but asked for again each time: the answer is mostly 304. */
const REVALIDATED = "no-cache";

const NOT_BUILT_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Ironcore Backup</title></head><body>
<h1>The dashboard is not built</h1>
<p>The server runs, and so do the command line and the <a href="/api/v1/docs">API</a>.</p>
<p>To build the dashboard, run <code>npm run build</code> in <code>packages/web</code> of the checkout, then load this page again.</p>
</body></html>
`;

/** @param root  directory of the dashboard's build */
export function mountWeb(app: FastifyInstance, needs: { readonly admission: Admission }, root: string): void {
  const files = createWebFiles(root);
  app.route({
    method: ["GET", "HEAD"],
    url: "/*",
    handler: async (request, reply) => {
      const path = request.url.split("?", 1)[0] ?? "/";
      if (/^\/api2?(?:\/|$)/.test(path)) return refuse(request, reply, routeNotFound(request));
      needs.admission.countOpen(request);
      return sendWeb(files, path, request, reply);
    },
  });
}

async function sendWeb(
  files: WebFiles,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.header("content-security-policy", CONTENT_SECURITY_POLICY);
  const file = path === "/" ? await files.index() : await files.find(path);
  if (file !== undefined) return sendFile(file, request, reply);
  const page = isView(path, request) ? await files.index() : undefined;
  if (page !== undefined) return sendFile(page, request, reply);
  if (!isView(path, request) || (await files.index()) !== undefined)
    return refuse(request, reply, routeNotFound(request));
  return reply.status(404).type("text/html; charset=utf-8").send(NOT_BUILT_PAGE);
}

/** Names of things have dots too (`/datastores/main.old`): a browser that goes somewhere says that it wants a page. */
function isView(path: string, request: FastifyRequest): boolean {
  if (path.startsWith("/assets/")) return false;
  const hasDot = path.slice(path.lastIndexOf("/")).includes(".");
  return !hasDot || request.headers.accept?.includes("text/html") === true;
}

function sendFile(file: WebFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header("cache-control", file.immutable ? IMMUTABLE : REVALIDATED);
  reply.header("vary", "accept-encoding");
  reply.header("etag", file.etag);
  if (request.headers["if-none-match"] === file.etag) return reply.status(304).send();
  const encoding = chooseEncoding(request.headers["accept-encoding"]);
  const compressed = encoding === undefined ? undefined : file.compressed.get(encoding);
  if (encoding !== undefined && compressed !== undefined) reply.header("content-encoding", encoding);
  return reply.type(file.type).send(compressed ?? file.bytes);
}

function chooseEncoding(header: string | string[] | undefined): ContentEncoding | undefined {
  const offered = String(header ?? "")
    .split(",")
    .filter((one) => !/;\s*q=0(?:\.0+)?\s*$/.test(one))
    .map((one) => one.split(";", 1)[0]?.trim());
  if (offered.includes("br")) return "br";
  return offered.includes("gzip") ? "gzip" : undefined;
}
