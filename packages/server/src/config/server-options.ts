/** What an operator can set, from arguments first, then the environment. The only reader of the environment. */

import { availableParallelism, homedir } from "node:os";
import { isIP } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseTimeZone } from "@ironcore-backup/base";
import type { TaskClass } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";

const DEFAULT_PORT = 8007;
const SLOT_COUNT_MAX = 64;
const SLOT_COUNT_DEFAULT_MIN = 2;
const EVENT_READER_COUNT_MAX = 5000;

export interface ListenAddress {
  /** An address or a name that this machine resolves. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface ServerOptions {
  readonly dataDir: string;
  readonly listen: ListenAddress;
  /** Tasks that run at the same time, for each class of work. */
  readonly slotCounts: Readonly<Record<TaskClass, number>>;
  /** Where the service's own JSON lines go: a file below the data directory, or standard error for a service manager. */
  readonly logTarget: "file" | "stderr";
  /** Streams of events that one user may hold open, with all their tokens and sessions. Absent: 200. */
  readonly eventReadersPerUserMax?: number;
  /** Where people reach the dashboard, for links in messages: `https://backup.example:8007`. Absent: no links. */
  readonly publicUrl?: string;
  /** In which days and weeks of retentions begin that name no zone of their own. Absent: the machine's. */
  readonly timeZone?: string;
}

/** The machine's facts that defaults come from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  readonly homePath: string;
  readonly coreCount: number;
}

export function readSurroundings(): Surroundings {
  return {
    env: process.env,
    isRoot: process.getuid?.() === 0,
    homePath: homedir(),
    coreCount: availableParallelism(),
  };
}

/**
 * `--data-dir DIR`, `--listen HOST:PORT`, `--slots N`, `--verifier-slots N`, `--gc-slots N`, `--sync-slots N`,
 * `--public-url URL`, `--log file|stderr`, `--event-readers N` (of one user), `--time-zone ZONE`; environment
 * `IRONCORE_BACKUP_DATA_DIR`, `IRONCORE_BACKUP_LISTEN`, `IRONCORE_BACKUP_SLOTS`, `IRONCORE_BACKUP_VERIFIER_SLOTS` and so on.
 * @throws OPTION_INVALID, TIME_ZONE_UNKNOWN
 */
export function parseServerOptions(args: readonly string[], surroundings: Surroundings): ServerOptions {
  const { env } = surroundings;
  const values = parseArguments(args);
  return {
    dataDir: values["data-dir"] ?? nonEmpty(env["IRONCORE_BACKUP_DATA_DIR"]) ?? defaultDataDir(surroundings),
    listen: parseListen(
      values.listen ?? nonEmpty(env["IRONCORE_BACKUP_LISTEN"]) ?? `127.0.0.1:${DEFAULT_PORT}`,
    ),
    slotCounts: parseSlotCounts(values, surroundings),
    logTarget: parseLogTarget(values.log ?? nonEmpty(env["IRONCORE_BACKUP_LOG"]) ?? "file"),
    ...parsePublicUrl(values["public-url"] ?? nonEmpty(env["IRONCORE_BACKUP_PUBLIC_URL"])),
    ...parseZone(values["time-zone"] ?? nonEmpty(env["IRONCORE_BACKUP_TIME_ZONE"])),
    ...parseEventReaders(values["event-readers"] ?? nonEmpty(env["IRONCORE_BACKUP_EVENT_READERS"])),
  };
}

function parsePublicUrl(text: string | undefined): Pick<ServerOptions, "publicUrl"> {
  if (text === undefined) return {};
  const url = URL.parse(text);
  const isPlain = url !== null && url.username === "" && url.search === "" && url.hash === "";
  if (isPlain && (url.protocol === "https:" || url.protocol === "http:"))
    return { publicUrl: url.href.replace(/\/+$/, "") };
  throw serverErrors.OPTION_INVALID({
    option: "--public-url",
    text,
    rule: "an address like https://backup.example:8007",
  });
}

function parseEventReaders(text: string | undefined): Pick<ServerOptions, "eventReadersPerUserMax"> {
  if (text === undefined) return {};
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= EVENT_READER_COUNT_MAX) return { eventReadersPerUserMax: count };
  const rule = `a number from 1 to ${EVENT_READER_COUNT_MAX}`;
  throw serverErrors.OPTION_INVALID({ option: "--event-readers", text, rule });
}

/** @throws TIME_ZONE_UNKNOWN */
function parseZone(text: string | undefined): Pick<ServerOptions, "timeZone"> {
  return text === undefined ? {} : { timeZone: parseTimeZone(text) };
}

function defaultDataDir(surroundings: Pick<Surroundings, "isRoot" | "homePath">): string {
  return surroundings.isRoot
    ? "/var/lib/ironcore-backup"
    : join(surroundings.homePath, ".local", "share", "ironcore-backup");
}

function parseArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        "data-dir": { type: "string" },
        listen: { type: "string" },
        slots: { type: "string" },
        "verifier-slots": { type: "string" },
        "gc-slots": { type: "string" },
        "sync-slots": { type: "string" },
        log: { type: "string" },
        "event-readers": { type: "string" },
        "time-zone": { type: "string" },
        "public-url": { type: "string" },
      },
    }).values;
  } catch (cause) {
    const rule = cause instanceof Error ? cause.message : String(cause);
    throw serverErrors.OPTION_INVALID({ option: "the command line", text: args.join(" "), rule }, cause);
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

/** Reads `127.0.0.1:8007`, `[::1]:8007`, `localhost:0`, `0.0.0.0`. @throws OPTION_INVALID */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port > 65_535 || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw serverErrors.OPTION_INVALID({
      option: "--listen",
      text,
      rule: "HOST:PORT, like 127.0.0.1:8007 or [::1]:8007",
    });
  }
  return { host, port };
}

function parseSlotCounts(
  values: Readonly<Record<string, string | undefined>>,
  { env, coreCount }: Surroundings,
): Record<TaskClass, number> {
  const count = (option: string, fallback: number): number => {
    const variable = `IRONCORE_BACKUP_${option.toUpperCase().replace("-", "_")}`;
    const text = values[option] ?? nonEmpty(env[variable]);
    return text === undefined ? fallback : parseSlotCount(`--${option}`, text);
  };
  return {
    worker: count("slots", Math.min(SLOT_COUNT_MAX, Math.max(SLOT_COUNT_DEFAULT_MIN, coreCount))),
    verifier: count("verifier-slots", 1),
    gc: count("gc-slots", 1),
    sync: count("sync-slots", 1),
  };
}

function parseSlotCount(option: string, text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > SLOT_COUNT_MAX)
    throw serverErrors.OPTION_INVALID({ option, text, rule: `a number from 1 to ${SLOT_COUNT_MAX}` });
  return count;
}

function parseLogTarget(text: string): "file" | "stderr" {
  if (text === "file" || text === "stderr") return text;
  throw serverErrors.OPTION_INVALID({ option: "--log", text, rule: "file or stderr" });
}
