/** A server for tests of the page: answers are set by the test, the event stream is written by it, word by word. */

import type { Transport, TransportRequest, TransportResponse } from "@ironcore-backup/client";
import { clientErrors } from "@ironcore-backup/client";
import { formatUpid, parseAuthId } from "@ironcore-backup/base";
import type { Event, Task } from "@ironcore-backup/protocol/calls";

const EVENTS_PATH = "/api/v1/events";

export class ScriptedServer {
  /** By method and path without its query; what is not here is refused with 404. */
  readonly answers = new Map<string, unknown>([
    ["GET /api/v1/tasks", { tasks: [] }],
    ["GET /api/v1/workers", { workers: [], queue: [] }],
    ["GET /api/v1/scheduler", { paused: false }],
  ]);
  readonly requests: TransportRequest[] = [];
  /** Answers wait for this, so that a test can let facts come before them. */
  gate: Promise<void> = Promise.resolve();
  isReachable = true;
  #streams: EventStreamScript[] = [];
  #opened: (() => void)[] = [];

  readonly transport: Transport = {
    url: "https://scripted.example",
    send: async (request) => {
      this.requests.push(request);
      if (!this.isReachable)
        throw clientErrors.SERVER_UNREACHABLE({ url: this.transport.url, detail: "cut" });
      const path = request.path.split("?")[0] ?? "";
      if (path === EVENTS_PATH) return this.#openStream(request);
      await this.gate;
      return this.#answer(`${request.method} ${path}`);
    },
  };

  /** The newest stream that is open. */
  get stream(): EventStreamScript {
    const stream = this.#streams.at(-1);
    if (stream === undefined) throw new Error("no stream was opened yet");
    return stream;
  }

  get streamCount(): number {
    return this.#streams.length;
  }

  /** Resolves when one more stream than now is open. */
  nextStream(): Promise<void> {
    return new Promise((wake) => this.#opened.push(wake));
  }

  #openStream(request: TransportRequest): TransportResponse {
    const stream = new EventStreamScript(request);
    this.#streams.push(stream);
    for (const wake of this.#opened.splice(0)) wake();
    return { status: 200, body: stream.read() };
  }

  #answer(name: string): TransportResponse {
    const answer = this.answers.get(name);
    const refusal = {
      error: { code: "ROUTE_NOT_FOUND", message: name, remedy: "", retry: "never", context: {} },
    };
    const isRefused =
      answer === undefined || (typeof answer === "object" && answer !== null && "error" in answer);
    return { status: isRefused ? 404 : 200, body: textBody(JSON.stringify(answer ?? refusal)) };
  }
}

async function* textBody(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

export class EventStreamScript {
  readonly request: TransportRequest;
  readonly #words: string[] = [];
  #wake: (() => void) | undefined;
  #isBroken = false;

  constructor(request: TransportRequest) {
    this.request = request;
    request.signal?.addEventListener("abort", () => this.#wake?.());
  }

  tell(...facts: readonly Event[]): void {
    for (const fact of facts) this.#words.push(`id: ${fact.sequence}\ndata: ${JSON.stringify(fact)}\n\n`);
    this.#wake?.();
  }

  breakOff(): void {
    this.#isBroken = true;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (this.#words.length > 0) yield new TextEncoder().encode(this.#words.shift());
      if (this.request.signal?.aborted === true) return;
      if (this.#isBroken)
        throw clientErrors.SERVER_UNREACHABLE({ url: "https://scripted.example", detail: "cut" });
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }
}

let taskNumber = 0;

/** A running backup; what a test cares about it says. */
export function aTask(given: Partial<Task> = {}): Task {
  taskNumber += 1;
  const upid = formatUpid({
    node: "store-1",
    pid: 1,
    pstart: 1,
    taskId: taskNumber,
    startTime: 1_700_000_000,
    type: given.type ?? "backup",
    workerId: "main:host/web-1",
    authId: parseAuthId("admin@ibs"),
  });
  return {
    upid,
    type: "backup",
    state: "running",
    class: "worker",
    priority: "normal",
    authId: "admin@ibs",
    datastore: "main",
    namespace: "",
    source: "/srv/data",
    target: "main:host/web-1",
    queuedAt: 1_700_000_000_000,
    stages: [],
    bytes: 0,
    warningCount: 0,
    errorCount: 0,
    logLineCount: 0,
    cancelRequested: false,
    tryNumber: 1,
    childCount: 0,
    ...given,
  };
}

export function taskChanged(sequence: number, task: Task): Event {
  return { sequence, at: 1_700_000_000_000, kind: "task-changed", upid: task.upid, task };
}
