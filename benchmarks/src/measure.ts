/**
 * Runs one command and says what it cost: wall, processor seconds, peak memory, bytes read from the disk itself.
 *
 * A peer does its work in the process that was started, so GNU time's figures are the whole truth. Ours asks a server
 * whose worker processes do the work, each in a group of its own: the server and all below it are read from /proc before and
 * after, and sampled while the command runs, so that nothing is left out. Memory is that of all our processes at one moment, the command line's own
 * included. Pages of files are counted once, for the largest: nearly all of them are the one Node that all of them run.
 */

import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SAMPLE_INTERVAL_MS = 50;
const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that Node runs on.
const OUTPUT_SIZE_BYTES_MAX = 256 << 20;

export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  /** Of the largest single process, where several work together. */
  readonly largestProcessBytes: number;
  /** Read from the block device: not zero means that the page cache was cold (see README). */
  readonly diskReadBytes: number;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that mean done; borg says 1 for a warning. */
  readonly exitCodesAllowed?: readonly number[];
}

/** Runs a command without measuring. @returns what it printed. @throws when it fails */
export function run(command: Command): string {
  const done = spawnSync(command.program, command.args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    encoding: "utf8",
    maxBuffer: OUTPUT_SIZE_BYTES_MAX,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = done.error?.message ?? `${done.stdout}${done.stderr}`;
  refuseFailure(command, done.status, said);
  return done.stdout;
}

/** Measures a command whose own process does all the work, with GNU time. */
export function measureAlone(command: Command, scratch: string): Cost {
  const report = join(scratch, "time.txt");
  const startedMs = performance.now();
  run({
    ...command,
    program: "/usr/bin/time",
    args: ["-o", report, "-f", "%U %S %M %I", command.program, ...command.args],
  });
  const wallMs = performance.now() - startedMs;
  // GNU time writes a line of its own above the figures when the exit code is not zero.
  const figures = readFileSync(report, "utf8").trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
  rmSync(report);
  const [user = 0, system = 0, peakKib = 0, inputBlocks = 0] = figures;
  const peakMemoryBytes = peakKib * 1024;
  return {
    wallMs,
    cpuMs: (user + system) * 1000,
    peakMemoryBytes,
    largestProcessBytes: peakMemoryBytes,
    diskReadBytes: inputBlocks * 512,
  };
}

/** Measures a command together with the server that works for it and all processes below that. */
export async function measureWithServer(command: Command, serverPid: number): Promise<Cost> {
  for (const member of familyOf(serverPid)) resetPeak(member.pid);
  const before = familyCost(serverPid);
  const startedMs = performance.now();
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const peaks = { sum: 0, largest: 0, ownCpuMs: 0 };
  const sample = (): void => samplePeaks(peaks, serverPid, child.pid);
  const timer = setInterval(sample, SAMPLE_INTERVAL_MS);
  const status = await new Promise<number | null>((wake, fail) => {
    child.once("error", fail);
    child.once("close", wake);
  });
  const wallMs = performance.now() - startedMs;
  clearInterval(timer);
  refuseFailure(command, status, said);
  const after = familyCost(serverPid);
  return {
    wallMs,
    // The command line's own seconds are sampled while it lives: short by at most one interval.
    cpuMs: after.cpuMs - before.cpuMs + peaks.ownCpuMs,
    peakMemoryBytes: Math.max(peaks.sum, after.largestPeakBytes),
    largestProcessBytes: Math.max(peaks.largest, after.largestPeakBytes),
    diskReadBytes: after.diskReadBytes - before.diskReadBytes,
  };
}

/** Two commands that a person types one after the other. */
export function addCosts(one: Cost, other: Cost): Cost {
  return {
    wallMs: one.wallMs + other.wallMs,
    cpuMs: one.cpuMs + other.cpuMs,
    peakMemoryBytes: Math.max(one.peakMemoryBytes, other.peakMemoryBytes),
    largestProcessBytes: Math.max(one.largestProcessBytes, other.largestProcessBytes),
    diskReadBytes: one.diskReadBytes + other.diskReadBytes,
  };
}

function refuseFailure(command: Command, status: number | null, said: string): void {
  if ((command.exitCodesAllowed ?? [0]).some((allowed) => allowed === status)) return;
  const tail = said.split("\n").slice(-40).join("\n");
  throw new Error(`${command.program} ${command.args.join(" ")}: exit ${status}\n${tail}`);
}

interface ProcessFigures {
  readonly pid: number;
  readonly parentPid: number;
  readonly ownTicks: number;
  /** Own and of children that ended and were waited for. */
  readonly ticks: number;
}

/** The figures of /proc/PID/stat; undefined when the process is gone. */
function figuresOf(pid: number): ProcessFigures | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold anything; the fields after it are counted from the last `)`.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return {
      pid,
      parentPid: fields[1] ?? 0,
      ownTicks: user + system,
      ticks: user + system + childUser + childSystem,
    };
  } catch {
    return undefined; // It ended between the listing and the reading.
  }
}

/** The process and its children, theirs, and so on. */
function familyOf(pid: number): ProcessFigures[] {
  const all = readdirSync("/proc")
    .map(Number)
    .filter((one) => one > 0)
    .flatMap((one) => figuresOf(one) ?? []);
  const below = (parent: ProcessFigures): ProcessFigures[] => [
    parent,
    ...all.filter(({ parentPid }) => parentPid === parent.pid).flatMap(below),
  ];
  return all.filter((one) => one.pid === pid).flatMap(below);
}

/** A worker that ends moves its seconds to the server that waited for it, so the sum never goes back. */
function familyCost(serverPid: number): { cpuMs: number; largestPeakBytes: number; diskReadBytes: number } {
  const members = familyOf(serverPid);
  const ticks = members.reduce((sum, member) => sum + member.ticks, 0);
  return {
    cpuMs: (ticks * 1000) / TICKS_PER_SECOND,
    largestPeakBytes: Math.max(
      0,
      ...members.map((member) => procValue(member.pid, "status", "VmHWM:") * 1024),
    ),
    diskReadBytes: members.reduce((sum, member) => sum + procValue(member.pid, "io", "read_bytes:"), 0),
  };
}

function samplePeaks(
  peaks: { sum: number; largest: number; ownCpuMs: number },
  serverPid: number,
  childPid: number | undefined,
): void {
  const child = childPid === undefined ? undefined : figuresOf(childPid);
  const members = [...familyOf(serverPid), ...(child === undefined ? [] : [child])];
  const residents = members.map((member) => residentOf(member.pid));
  const own = residents.reduce((total, resident) => total + resident.ownBytes, 0);
  peaks.sum = Math.max(peaks.sum, own + Math.max(0, ...residents.map((resident) => resident.fileBytes)));
  peaks.largest = Math.max(
    peaks.largest,
    ...residents.map((resident) => resident.ownBytes + resident.fileBytes),
  );
  if (child !== undefined) peaks.ownCpuMs = (child.ticks * 1000) / TICKS_PER_SECOND;
}

/** Resident pages of the process itself, memory shared by its threads included, and pages of files. */
function residentOf(pid: number): { readonly ownBytes: number; readonly fileBytes: number } {
  const status = readProc(pid, "status");
  const kibOf = (label: string): number => valueIn(status, label);
  return {
    ownBytes: (kibOf("RssAnon:") + kibOf("RssShmem:")) * 1024,
    fileBytes: kibOf("RssFile:") * 1024,
  };
}

/** Starts the kernel's high-water mark of a process anew. */
function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // Not ours to reset, or gone: the mark is then one of the whole life, which is still an upper bound.
  }
}

/** One number of a file of /proc/PID; 0 when the process is gone, or not ours to read. */
function procValue(pid: number, file: string, label: string): number {
  return valueIn(readProc(pid, file), label);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

function valueIn(text: string, label: string): number {
  const at = text.indexOf(label);
  return at === -1 ? 0 : Number.parseInt(text.slice(at + label.length), 10);
}
