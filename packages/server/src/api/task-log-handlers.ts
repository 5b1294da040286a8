/** A task's log: pages of lines, and the whole of it as text. */

import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { LOG_LEVELS, TASK_LOG_TEXT_PATH } from "@ironcore-backup/protocol";
import type { LogLevel } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { Admission } from "./admission.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

const LOG_PAGE_LENGTH_DEFAULT = 500;

export const taskLogHandlers: SomeHandlers<"getTaskLog"> = {
  getTaskLog: ({ tasks }, { params, query }) =>
    tasks.readLog(params.upid, {
      start: query.start ?? 1,
      limit: query.limit ?? LOG_PAGE_LENGTH_DEFAULT,
      level: query.level,
      stage: query.stage,
      text: query.text,
    }),
};

export function mountLogText(
  app: FastifyInstance,
  needs: ApiNeeds & { readonly admission: Admission },
): void {
  app.get(TASK_LOG_TEXT_PATH, async (request, reply) => {
    await needs.admission.admit(request, "getTaskLog");
    // The path itself names the parameter.
    const { upid } = request.params as { readonly upid: string };
    const text = await needs.tasks.streamLogText(upid, { level: parseLevel(request.query) });
    const fileName = upid.replace(/[^A-Za-z0-9@._-]/g, "_").slice(0, 200);
    reply.header("content-disposition", `attachment; filename="${fileName}.log"`);
    return reply.type("text/plain; charset=utf-8").send(Readable.from(text));
  });
}

function parseLevel(query: unknown): LogLevel | undefined {
  const level = (query as Readonly<Record<string, unknown>>)["level"]; // Fastify's parser makes an object of any query.
  if (level === undefined) return undefined;
  const known = LOG_LEVELS.find((one) => one === level);
  if (known === undefined)
    throw serverErrors.REQUEST_INVALID({ part: "query", detail: "level is not a log level" });
  return known;
}
