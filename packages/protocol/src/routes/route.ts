/** A row of the table of routes: the call, what it takes, what it answers. */

import { Type } from "typebox";
import type { TSchema } from "typebox";
import type { Call } from "../call-table.ts";

export interface Route extends Call {
  readonly summary: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  readonly status: 200 | 201 | 202 | 204;
  readonly response: TSchema;
  /** False only where no credential is needed. */
  readonly authenticated: boolean;
  /** The answer holds a secret that is told this once; it is stored nowhere. */
  readonly answersSecret?: true;
  /** The status with which the same answer comes when it says that something fails. */
  readonly failingStatus?: 503;
}

export function route<const R extends Omit<Route, "authenticated"> & { readonly authenticated?: false }>(
  row: R,
): R & { authenticated: boolean } {
  return { ...row, authenticated: row.authenticated ?? true };
}

/** The answer of what has nothing to say. */
export const nothing = Type.Null();
