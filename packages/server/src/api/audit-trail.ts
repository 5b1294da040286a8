/** The one place where changes are written down, done or refused, before they are answered. Reads leave no trace. */

import type { FastifyRequest } from "fastify";
import { toCodedError } from "@ironcore-backup/base";
import { API_PREFIX } from "@ironcore-backup/protocol";
import type { RouteName } from "@ironcore-backup/protocol";
import type { Audit, AuditNote } from "../access/audit.ts";
import type { Caller } from "../access/access.ts";
import type { RequestParts } from "./request-check.ts";
import { findAuditRow } from "./route-audit.ts";

type Values = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One request on its way. */
export interface AuditTrail {
  /** The request is whole and fits its schemas: its names may be written down. */
  checked(parts: RequestParts): void;
  /** What only the handler knows. */
  note(values: Values): void;
  /** @param readAnswer  called only where something is written down: answers to reads can be large */
  done(readAnswer: () => unknown): Promise<void>;
  refused(cause: unknown): Promise<void>;
}

const NO_TRAIL: AuditTrail = {
  checked: () => undefined,
  note: () => undefined,
  done: () => Promise.resolve(),
  refused: () => Promise.resolve(),
};

export function beginAuditTrail(
  audit: Audit,
  {
    name,
    caller,
    request,
  }: {
    readonly name: RouteName;
    readonly caller: Caller | undefined;
    readonly request: FastifyRequest;
  },
): AuditTrail {
  const row = findAuditRow(name);
  if (row === undefined || caller === undefined) return NO_TRAIL;
  const { action } = row;
  let parts: RequestParts | undefined;
  let noted: Values = {};
  const write = (outcome: AuditNote["outcome"], more: Values): Promise<void> => {
    // The row's types come from the schemas that the parts were checked with.
    const asked = parts as { readonly params: undefined; readonly body: undefined } | undefined;
    const detail = asked === undefined ? {} : row.detail?.(asked);
    return audit.record({
      authId: caller.authId,
      address: request.ip,
      requestId: request.id,
      action,
      subject: asked === undefined ? pathOf(request) : row.subject(asked),
      outcome,
      detail: withoutNull({ ...detail, ...noted, ...more }),
    });
  };
  return {
    checked: (checked) => void (parts = checked),
    note: (values) => void (noted = { ...noted, ...values }),
    done: (readAnswer) => write("done", row.made?.(readAnswer() as never) ?? {}), // The answer of the row's own route.
    refused: (cause) => write("refused", { code: toCodedError(cause).code }),
  };
}

/** What it was about, where the request was refused before it was read. */
function pathOf(request: FastifyRequest): string {
  const path = request.url.split("?", 1)[0]?.slice(API_PREFIX.length) ?? "";
  try {
    return decodeURIComponent(path);
  } catch {
    // Not an error: a path that is no text is shown as it came.
    return path;
  }
}

/** `null` in a change takes a value away. */
function withoutNull(values: Values): NonNullable<AuditNote["detail"]> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === null ? "none" : value]),
  );
}
