/**
 * Many readers of one server's events in one process. Each has a connection of its own over HTTP/1.1, or shares one with
 * a hundred others over HTTP/2. Tells its parent when all are connected, and in the end how late each step of each task
 * reached the median reader and all of them.
 */

import { connect as connectHttp2 } from "node:http2";
import { request } from "node:https";
import type { Readable } from "node:stream";

export interface CrowdOrder {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly readerCount: number;
  readonly http2: boolean;
  /** Whose log the one who never reads asks for. */
  readonly talker: string;
  readonly durationMs: number;
}

export interface CrowdReport {
  /** From the step in the worker to a reader, of all steps of all readers. */
  readonly delaysMs: { readonly median: number; readonly p99: number; readonly max: number };
  /** How many steps each reader saw, the fewest and the most. */
  readonly stepCounts: { readonly min: number; readonly max: number };
  readonly resetCount: number;
  readonly gapCount: number;
  /** Processor time of the readers' process while delays counted. */
  readonly cpuSeconds: number;
}

const SETTLE_MS = 2000;
const STREAMS_PER_SESSION = 100;
const PATH = "/api/v1/events?kinds=task-changed";

/** Delays count from when all are connected and have had a moment to catch up. */
interface Count {
  isOn: boolean;
  readonly delaysMs: number[];
}

class Reader {
  stepCount = 0;
  resetCount = 0;
  /** Facts whose number was not above the one before. */
  gapCount = 0;
  readonly #count: Count;
  #rest = "";
  #last = 0;

  constructor(count: Count) {
    this.#count = count;
  }

  read(stream: Readable): void {
    stream.setEncoding("utf8").on("data", (piece: string) => this.#take(piece));
  }

  #take(piece: string): void {
    this.#rest += piece;
    const end = this.#rest.lastIndexOf("\n\n");
    if (end < 0) return;
    const whole = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 2);
    const now = Date.now();
    for (const match of whole.matchAll(/^id: (\d+)\nevent: ([a-z-]+)\n(?:data: .*?"current":"(\d+)")?/gm)) {
      const [, id, kind, at] = match;
      if (Number(id) <= this.#last) this.gapCount++;
      this.#last = Number(id);
      if (kind === "stream-reset") this.resetCount++;
      if (at === undefined || !this.#count.isOn) continue;
      this.stepCount++;
      this.#count.delaysMs.push(now - Number(at));
    }
  }
}

function headersOf({ token }: CrowdOrder): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function openHttp1(order: CrowdOrder, path: string): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const { url, ca } = order;
    request(`${url}${path}`, { ca, agent: false, headers: headersOf(order) }, (answer) => {
      if (answer.statusCode === 200) resolve(answer);
      else reject(new Error(`the server answered ${answer.statusCode}`));
    })
      .on("error", reject)
      .end();
  });
}

function openHttp2(order: CrowdOrder, session: ReturnType<typeof connectHttp2>): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": PATH, ...headersOf(order) });
    stream.on("response", (head) => {
      if (head[":status"] === 200) resolve(stream);
      else reject(new Error(`the server answered ${head[":status"]}`));
    });
    stream.on("error", reject);
  });
}

async function openAll(order: CrowdOrder, count: Count): Promise<Reader[]> {
  const readers: Reader[] = [];
  let session: ReturnType<typeof connectHttp2> | undefined;
  for (let at = 0; at < order.readerCount; at++) {
    if (order.http2 && at % STREAMS_PER_SESSION === 0) session = connectHttp2(order.url, { ca: order.ca });
    const stream = session === undefined ? await openHttp1(order, PATH) : await openHttp2(order, session);
    const reader = new Reader(count);
    reader.read(stream);
    readers.push(reader);
  }
  return readers;
}

function reportOn(readers: readonly Reader[], delaysMs: number[], cpu: NodeJS.CpuUsage): CrowdReport {
  const sorted = Float64Array.from(delaysMs).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  const counts = readers.map((reader) => reader.stepCount);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  return {
    delaysMs: { median: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? NaN },
    stepCounts: { min: Math.min(...counts), max: Math.max(...counts) },
    resetCount: sum(readers.map((reader) => reader.resetCount)),
    gapCount: sum(readers.map((reader) => reader.gapCount)),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

function wait(ms: number): Promise<void> {
  return new Promise((over) => setTimeout(over, ms));
}

async function run(order: CrowdOrder): Promise<CrowdReport> {
  const count: Count = { isOn: false, delaysMs: [] };
  const readers = await openAll(order, count);
  // It asks for most and takes nothing: nobody listens to its data.
  const deaf = await openHttp1(order, `/api/v1/events?logOf=${encodeURIComponent(order.talker)}`);
  deaf.pause().on("error", () => undefined);
  await wait(SETTLE_MS);
  process.send?.("connected");
  count.isOn = true;
  const cpuBefore = process.cpuUsage();
  await wait(order.durationMs);
  return reportOn(readers, count.delaysMs, process.cpuUsage(cpuBefore));
}

process.on("message", (order: CrowdOrder) => {
  run(order).then(
    (report) => process.send?.(report, () => process.exit(0)),
    (cause: unknown) => {
      console.error(String(cause));
      process.exit(1);
    },
  );
});
