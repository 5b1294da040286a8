/**
 * A request that may be sent again without being done again. Who creates something (answers 201 or 202) may send an
 * `Idempotency-Key`; for 24 hours the same caller's same request under this key gets the first answer and nothing is made
 * twice: not by an impatient script, not after a lost answer, not over a restart of the server.
 *
 * In order: the key is stored with a hash of the request, the work is done, the answer is stored. Whoever comes with the key
 * while the work is done waits for it. When the work is refused, the key is free again, since nothing was made. When the
 * server dies, or fails inside, between the first and the last step, nobody knows whether the work was done, and the key
 * says so from then on.
 */

import { createHash } from "node:crypto";
import type { Clock } from "@ironcore-backup/base";
import { CodedError } from "@ironcore-backup/base";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import {
  completeIdempotencyRecord,
  countIdempotencyRecords,
  deleteIdempotencyRecord,
  deleteIdempotencyRecordsBefore,
  findIdempotencyRecord,
  insertIdempotencyRecord,
} from "../state/idempotency-records.ts";
import type { IdempotencySubject } from "../state/idempotency-records.ts";
import { httpStatusOf } from "./http-status.ts";

const KEY_LIFE_MS = 24 * 3_600_000;
/** For each caller. */
const KEY_COUNT_MAX = 10_000;
const KEY_COUNT_WAIT_SECONDS = 3600;
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface IdempotentRequest {
  readonly authId: string;
  readonly route: string;
  readonly key: string;
  /** Everything that was asked: parameters and body. */
  readonly asked: unknown;
  readonly status: number;
  /** False for an answer with a secret in it. */
  readonly keepsAnswer: boolean;
}

export interface IdempotentAnswer {
  /** JSON. */
  readonly text: string;
  /** True: nothing was done now, this is the answer from before. */
  readonly replayed: boolean;
}

export interface Idempotency {
  /**
   * @param work  makes what was asked for and resolves to the answer as JSON
   * @throws IDEMPOTENCY_*, and what the work throws
   */
  run(request: IdempotentRequest, work: () => Promise<string>): Promise<IdempotentAnswer>;
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
}

export function createIdempotency(needs: Needs): Idempotency {
  const running = new Map<string, { readonly requestHash: string; readonly text: Promise<string> }>();
  return {
    run: async (request, work) => {
      const { authId, route, key } = request;
      const name = JSON.stringify([authId, route, key]);
      const requestHash = hashOf(request.asked);
      const first = running.get(name);
      if (first !== undefined) {
        if (first.requestHash !== requestHash) throw serverErrors.IDEMPOTENCY_KEY_REUSED({ key });
        return { text: await first.text, replayed: true };
      }
      let replayed = false;
      const text = (async () => {
        const kept = await findKept(needs, request, requestHash);
        replayed = kept !== undefined;
        return kept ?? (await workOnce(needs, { request, requestHash }, work));
      })();
      running.set(name, { requestHash, text });
      try {
        return { text: await text, replayed };
      } finally {
        running.delete(name);
      }
    },
  };
}

/** @throws REQUEST_INVALID */
export function parseIdempotencyKey(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && KEY.test(header)) return header;
  throw serverErrors.REQUEST_INVALID({
    part: "header",
    detail: "Idempotency-Key is 1 to 255 visible ASCII characters, once",
  });
}

/** The answer of an earlier request with this key, if there was one. */
async function findKept(
  needs: Needs,
  { key, ...request }: IdempotentRequest,
  requestHash: string,
): Promise<string | undefined> {
  const { database } = needs.state;
  await deleteIdempotencyRecordsBefore(database, needs.clock.now() - KEY_LIFE_MS);
  const record = await findIdempotencyRecord(database, { key, ...request });
  if (record === undefined) return undefined;
  if (record.requestHash !== requestHash) throw serverErrors.IDEMPOTENCY_KEY_REUSED({ key });
  if (record.status === undefined) throw serverErrors.IDEMPOTENCY_OUTCOME_UNKNOWN({ key });
  if (record.answer === undefined) throw serverErrors.IDEMPOTENCY_ANSWER_NOT_KEPT({ key });
  return record.answer;
}

async function workOnce(
  needs: Needs,
  { request, requestHash }: { readonly request: IdempotentRequest; readonly requestHash: string },
  work: () => Promise<string>,
): Promise<string> {
  const { state, clock } = needs;
  const subject: IdempotencySubject = request;
  if ((await countIdempotencyRecords(state.database, request.authId, KEY_COUNT_MAX)) >= KEY_COUNT_MAX)
    throw serverErrors.IDEMPOTENCY_KEYS_EXHAUSTED({
      keyCountMax: KEY_COUNT_MAX,
      waitSeconds: KEY_COUNT_WAIT_SECONDS,
    });
  await insertIdempotencyRecord(state.database, subject, { requestHash, createdAt: clock.now() });
  let text;
  try {
    text = await work();
  } catch (cause) {
    // Refused: nothing was made. Failed inside: nobody knows, and the key goes on saying so.
    if (isRefusal(cause)) await deleteIdempotencyRecord(state.database, subject);
    throw cause;
  }
  const answer = request.keepsAnswer ? text : undefined;
  await completeIdempotencyRecord(state.database, subject, { status: request.status, answer });
  await state.flush();
  return text;
}

function isRefusal(cause: unknown): boolean {
  return cause instanceof CodedError && httpStatusOf(cause.code) < 500;
}

function hashOf(asked: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(asked)))
    .digest("hex");
}

/** The order in which a client writes fields says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}
