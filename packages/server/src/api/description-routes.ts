/** The API told to programs (`openapi.json`) and to people (`docs`). Made when first asked for, and kept. */

import type { FastifyInstance } from "fastify";
import { API_PREFIX } from "@ironcore-backup/protocol";
import type { Admission } from "./admission.ts";

export function mountDescriptions(
  app: FastifyInstance,
  { admission, version }: { readonly admission: Admission; readonly version: string },
): void {
  let openApi: Promise<string> | undefined;
  let docsPage: Promise<string> | undefined;
  app.get(`${API_PREFIX}/openapi.json`, async (request, reply) => {
    admission.countOpen(request);
    openApi ??= import("./openapi.ts").then(({ createOpenApi }) => JSON.stringify(createOpenApi(version)));
    return reply.type("application/json").send(await openApi);
  });
  app.get(`${API_PREFIX}/docs`, async (request, reply) => {
    admission.countOpen(request);
    const { createDocsPage, DOCS_CONTENT_SECURITY_POLICY } = await import("./docs-page.ts");
    docsPage ??= Promise.resolve(createDocsPage(version));
    reply.header("content-security-policy", DOCS_CONTENT_SECURITY_POLICY);
    return reply.type("text/html; charset=utf-8").send(await docsPage);
  });
}
