/** A task's log: pages of lines, and the whole of it as text. */

import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { LOG_LEVELS, TASK_LOG_TEXT_PATH } from "@ironcore-backup/protocol";
import type { LogLevel } from "@ironcore-backup/protocol";
import type { Caller } from "../access/access.ts";
import { serverErrors } from "../errors.ts";
import type { Admission } from "./admission.ts";
import type { ApiNeeds, SomeHandlers } from "./handler.ts";

const LOG_PAGE_LENGTH_DEFAULT = 500;

export const taskLogHandlers: SomeHandlers<"getTaskLog"> = {
  getTaskLog: async (needs, { caller, params, query }) => {
    await assertMayRead(needs, caller, params.upid);
    return needs.tasks.readLog(params.upid, {
      start: query.start ?? 1,
      limit: query.limit ?? LOG_PAGE_LENGTH_DEFAULT,
      level: query.level,
      stage: query.stage,
      text: query.text,
    });
  },
};

export function mountLogText(
  app: FastifyInstance,
  needs: ApiNeeds & { readonly admission: Admission },
): void {
  app.get(TASK_LOG_TEXT_PATH, async (request, reply) => {
    const caller = await needs.admission.admit(request, "getTaskLog");
    if (caller === undefined) throw serverErrors.UNAUTHENTICATED({ reason: "the request carries no token" });
    // The path itself names the parameter.
    const { upid } = request.params as { readonly upid: string };
    const level = parseLevel(request.query);
    await assertMayRead(needs, caller, upid);
    const text = await needs.tasks.streamLogText(upid, { level });
    const fileName = upid.replace(/[^A-Za-z0-9@._-]/g, "_").slice(0, 200);
    reply.header("content-disposition", `attachment; filename="${fileName}.log"`);
    return reply.type("text/plain; charset=utf-8").send(Readable.from(text));
  });
}

/** @throws TASK_NOT_FOUND also for a task that the caller may not know of */
async function assertMayRead({ access, tasks }: ApiNeeds, caller: Caller, upid: string): Promise<void> {
  const task = await tasks.get(upid);
  access.assertMay(caller, "task.read", { kind: "task", task });
}

function parseLevel(query: unknown): LogLevel | undefined {
  const level = (query as Readonly<Record<string, unknown>>)["level"]; // Fastify's parser makes an object of any query.
  if (level === undefined) return undefined;
  const known = LOG_LEVELS.find((one) => one === level);
  if (known === undefined)
    throw serverErrors.REQUEST_INVALID({ part: "query", detail: "level is not a log level" });
  return known;
}
