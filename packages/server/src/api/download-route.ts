/**
 * `GET …/snapshots/SNAPSHOT/download`: a file of a snapshot, or a directory as zip or tar.zst.
 *
 * Once the answer has begun, what goes wrong can only break it off: the connection (or the HTTP/2 stream, with an error) ends
 * before the announced length or the last chunk, which every client notices. The reason stands in the server's log.
 */

import { constants } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "@ironcore-backup/base";
import { isCancelled, toCodedError } from "@ironcore-backup/base";
import {
  SNAPSHOT_DOWNLOAD_PATH,
  SnapshotDownloadQuerySchema,
  SnapshotParamsSchema,
} from "@ironcore-backup/protocol";
import type { SnapshotDownloadQuery, SnapshotParams } from "@ironcore-backup/protocol";
import type { DownloadHead } from "../datastores/download.ts";
import type { Download } from "../datastores/downloads.ts";
import { serverErrors } from "../errors.ts";
import type { Caller } from "../access/access.ts";
import type { Meter } from "../workers/meter.ts";
import type { Admission } from "./admission.ts";
import type { ApiNeeds } from "./handler.ts";
import { createRequestCheck } from "./request-check.ts";
import { namespaceOf } from "./route-access.ts";

/** Who takes nothing for so long is let go: others wait for the place. */
const STALL_MS_MAX = 120_000;

interface DownloadRouteNeeds extends ApiNeeds {
  readonly clock: Clock;
  readonly admission: Admission;
}

interface Wanted {
  readonly params: SnapshotParams;
  readonly query: SnapshotDownloadQuery;
}

export function mountDownload(app: FastifyInstance, needs: DownloadRouteNeeds): void {
  const checks = createRequestCheck({ params: SnapshotParamsSchema, query: SnapshotDownloadQuerySchema });
  app.get(SNAPSHOT_DOWNLOAD_PATH, async (request, reply) => {
    const caller = await needs.admission.admit(request, "listSnapshotEntries");
    if (caller === undefined) throw serverErrors.UNAUTHENTICATED({ reason: "the request carries no token" });
    // Checked against the schemas that the type comes from.
    const wanted = (await checks.check({
      params: request.params,
      query: request.query,
      body: undefined,
    })) as unknown as Wanted;
    const { datastore, snapshot } = wanted.params;
    // It gives contents away, as a restore does; listing names needs less.
    needs.access.assertMay(caller, "snapshot.restore", namespaceOf(datastore, snapshot));
    const download = await open(needs, wanted);
    // What is wrong at once is refused with its reason; later on an answer can only be broken off.
    const first = await download.pieces.next();
    await record(needs, request, caller, wanted);
    return send(needs, request, reply, { download, datastore, first });
  });
}

async function open(
  { datastores, downloads }: DownloadRouteNeeds,
  { params, query }: Wanted,
): Promise<Download> {
  const { path } = datastores.locateFor(params.datastore, "read");
  const snapshot = await datastores.engine.findSnapshot(path, params.snapshot);
  // No thread is started for what is not there.
  await datastores.engine.getSnapshot(path, snapshot);
  return downloads.open(path, {
    snapshot,
    archive: query.archive,
    path: query.path ?? "/",
    format: query.format,
  });
}

/** Contents leave the house: that is written down, though nothing changes. */
async function record(
  { access }: DownloadRouteNeeds,
  request: FastifyRequest,
  { authId }: Caller,
  { params, query }: Wanted,
): Promise<void> {
  await access.audit.record({
    authId,
    address: request.ip,
    requestId: request.id,
    action: "snapshot.downloaded",
    subject: `${params.datastore}:${params.snapshot}`,
    outcome: "done",
    detail: { archive: query.archive, path: query.path ?? "/", format: query.format },
  });
}

function send(
  needs: DownloadRouteNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    download,
    datastore,
    first,
  }: {
    readonly download: Download;
    readonly datastore: string;
    readonly first: IteratorResult<Uint8Array, void>;
  },
): FastifyReply {
  const { head } = download;
  const gone = new AbortController();
  const meter = needs.workers.meter(datastore);
  const pieces = withFirst(first, download.pieces);
  const stream = Readable.from(paced(needs.clock, pieces, meter, gone), { objectMode: false });
  stream.on("error", (cause) => {
    request.log.warn({ code: toCodedError(cause).code }, `download broken off: ${String(cause)}`);
    breakOff(reply);
  });
  // The reader may be gone while nothing can be written: the wait for bandwidth must not outlast it.
  reply.raw.on("close", () => gone.abort());
  stream.on("close", () => meter.close());
  for (const [name, value] of Object.entries(headersOf(head))) reply.header(name, value);
  return reply.type(head.mediaType).send(stream);
}

async function* withFirst(
  first: IteratorResult<Uint8Array, void>,
  rest: Download["pieces"],
): AsyncGenerator<Uint8Array, void> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    // Also when nobody took the first.
    await rest.return();
  }
}

async function* paced(
  clock: Clock,
  pieces: AsyncIterable<Uint8Array>,
  meter: Meter,
  gone: AbortController,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    await meter.pace(piece.length, gone.signal);
    const taken = new AbortController();
    clock.sleep(STALL_MS_MAX, taken.signal).then(() => gone.abort(), throwUnlessCancelled);
    try {
      yield piece;
    } finally {
      taken.abort();
    }
    if (gone.signal.aborted) return;
  }
}

function throwUnlessCancelled(cause: unknown): void {
  if (!isCancelled(cause)) throw cause;
}

/** Over HTTP/2 a stream that is merely destroyed can read as a whole one. */
function breakOff({ raw }: FastifyReply): void {
  if (!("stream" in raw)) return void raw.destroy();
  const { stream } = raw as unknown as { readonly stream: ServerHttp2Stream }; // The compatibility layer of Node.
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}

function headersOf({ fileName, sizeBytes }: DownloadHead): Readonly<Record<string, string | number>> {
  return {
    "content-disposition": contentDisposition(fileName),
    "cache-control": "no-store",
    ...(sizeBytes === undefined ? {} : { "content-length": sizeBytes }),
  };
}

/** RFC 6266: a name of plain letters for old programs, and the real one as RFC 5987 has it. */
export function contentDisposition(fileName: string): string {
  const plain = fileName.replace(/[^A-Za-z0-9 ._~+-]/g, "_");
  const encoded = encodeURIComponent(fileName.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
