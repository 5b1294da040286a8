/**
 * Ten hours of a busy house in minutes: the event stream of a server, told as fast as its reader takes it. A fixed number
 * of tasks run; each moves, ends after a while and is followed by a new one, as `task-changed` facts of the real shape.
 */

import { createServer } from "node:https";
import type { Server } from "node:https";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Task } from "@ironcore-backup/protocol";

const SECOND_MS = 1000;

export interface FloodOptions {
  readonly tls: { readonly cert: string; readonly key: string };
  /** Tasks as the server shows running ones; copies of them run here. */
  readonly patterns: readonly Task[];
  /** Facts about progress in a simulated second. */
  readonly movesPerSecond: number;
  /** So many simulated seconds a task lives. */
  readonly lifeSeconds: number;
  readonly beginsAt: number;
}

export interface Flood {
  readonly url: string;
  /** Tells so many simulated seconds to whoever listens. In the end so many tasks run. */
  readonly tell: (seconds: number, runningCount: number) => Promise<void>;
  readonly toldCount: () => number;
  readonly close: () => void;
}

export async function openFlood(options: FloodOptions): Promise<Flood> {
  const readers = new Set<ServerResponse>();
  const house = createHouse(options);
  const server: Server = createServer(options.tls, (_request, response) => {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
    });
    response.write(`retry: 1000\nid: ${house.sequence()}\n\n`);
    readers.add(response);
    response.on("close", () => readers.delete(response));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    toldCount: house.toldCount,
    close: () => {
      for (const reader of readers) reader.end();
      server.close();
      server.closeAllConnections();
    },
    async tell(seconds, runningCount) {
      for (let at = 0; at < seconds; at++) {
        const text = house.second(runningCount);
        await Promise.all([...readers].map((reader) => written(reader, text)));
      }
    },
  };
}

/** Resolves when the reader has taken it: nothing piles up here that the page did not read. */
function written(reader: ServerResponse, text: string): Promise<void> {
  return new Promise((taken) => reader.write(text, () => taken()));
}

function createHouse({ patterns, movesPerSecond, lifeSeconds, beginsAt }: FloodOptions) {
  let sequence = 1;
  let second = 0;
  let born = 0;
  const running: { task: Task; bornAt: number }[] = [];
  const tellTask = (task: Task, at: number): string => {
    sequence++;
    return `id: ${sequence}\nevent: task-changed\ndata: ${JSON.stringify({ sequence, at, kind: "task-changed", upid: task.upid, task })}\n\n`;
  };
  const birth = (at: number): Task => {
    const pattern = patterns[born % patterns.length];
    if (pattern === undefined) throw new Error("there is no task to copy");
    born++;
    const number = born.toString(16).toUpperCase().padStart(8, "0");
    // The third field from behind the node is the task's own number.
    const upid = pattern.upid.replace(/^(UPID:[^:]*:[^:]*:[^:]*:)[^:]*/, `$1${number}`);
    return { ...pattern, upid, queuedAt: at, startedAt: at };
  };
  return {
    sequence: () => sequence,
    toldCount: () => sequence,
    second(runningCount: number): string {
      const at = beginsAt + second * SECOND_MS;
      const told: string[] = [];
      while (running.length < runningCount) {
        const task = birth(at);
        // Born at different times, so that they do not all end in one second.
        running.push({ task, bornAt: second - (running.length % lifeSeconds) });
        told.push(tellTask(task, at));
      }
      for (let move = 0; move < movesPerSecond; move++) {
        const one = running[(second * movesPerSecond + move) % running.length];
        if (one === undefined) continue;
        const doneBytes = one.task.bytes + 40_000_000;
        const stages = one.task.stages.map((stage) => ({ ...stage, doneBytes }));
        one.task = { ...one.task, bytes: doneBytes, stages };
        told.push(tellTask(one.task, at));
      }
      for (let index = running.length - 1; index >= 0; index--) {
        const one = running[index];
        const isOver = one !== undefined && second - one.bornAt >= lifeSeconds;
        if (one === undefined || (!isOver && running.length <= runningCount)) continue;
        const over: Task = { ...one.task, state: "ok", endedAt: at, exitStatus: "OK" };
        told.push(tellTask(over, at));
        running.splice(index, 1);
      }
      second++;
      return told.join("");
    },
  };
}
