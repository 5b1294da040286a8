/** What a restore is asked for, as the server takes it and as the same line for a shell. */

import type { RestoreRequest, Snapshot } from "@ironcore-backup/protocol/calls";
import { quoteForShell } from "../../tasks/detail/task-command.ts";
import type { ShownArchive } from "../contents/archive-list.ts";

/** A file or directory that somebody picked inside an archive. */
export interface PickedEntry {
  /** From the archive's root, which is `/`. */
  readonly path: string;
  readonly isDirectory: boolean;
}

export interface RestoreChoice {
  readonly datastore: string;
  readonly snapshot: string;
  /** Absent: all of them. */
  readonly archive?: string | undefined;
  /** Of that archive; none: all of it. */
  readonly picked: readonly PickedEntry[];
  readonly target: string;
  readonly overwrite: OverwritePolicy;
  /** Absent where nothing is encrypted. */
  readonly keyFile?: string | undefined;
  readonly allowCorrupt: boolean;
}

export type OverwritePolicy = NonNullable<RestoreRequest["overwrite"]>;

/** The server takes no more patterns in one request. */
export const PICKED_COUNT_MAX = 1000;

/** A pattern in .gitignore syntax that matches this very entry, and what is below it. */
export function patternOf({ path, isDirectory }: PickedEntry): string {
  const plain = path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);
  if (isDirectory) return `${plain}/`;
  return plain.endsWith(" ") ? String.raw`${plain.slice(0, -1)}\ ` : plain;
}

/** What lies in a picked directory is picked already. */
export function withoutNested(picked: readonly PickedEntry[]): PickedEntry[] {
  const directories = picked.filter(({ isDirectory }) => isDirectory).map(({ path }) => `${path}/`);
  return picked.filter(({ path }) => !directories.some((directory) => path.startsWith(directory)));
}

export function requestOf(choice: RestoreChoice): RestoreRequest {
  const { datastore, snapshot, archive, picked, target, overwrite, keyFile, allowCorrupt } = choice;
  const includes = withoutNested(picked).map(patternOf);
  return {
    datastore,
    snapshot,
    target,
    overwrite,
    ...(archive === undefined ? {} : { archive }),
    ...(includes.length === 0 ? {} : { includes }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(allowCorrupt ? { allowCorrupt } : {}),
  };
}

const SHOWN_PATTERN_COUNT_MAX = 20;

export function commandOf(choice: RestoreChoice): string {
  const { datastore, snapshot, archive, target, overwrite, keyFile, allowCorrupt } = choice;
  const { includes = [] } = requestOf(choice);
  const shown = includes.slice(0, SHOWN_PATTERN_COUNT_MAX);
  return [
    "ironcore-backup restore",
    quoteForShell(`${datastore}:${snapshot}`),
    ...(archive === undefined ? [] : [quoteForShell(archive)]),
    `--target ${quoteForShell(target === "" ? "/tmp/restore" : target)}`,
    ...shown.map((pattern) => `--include ${quoteForShell(pattern)}`),
    ...(includes.length > shown.length ? ["…"] : []),
    ...(overwrite === "never" ? [] : [`--overwrite ${overwrite}`]),
    ...(keyFile === undefined ? [] : [`--keyfile ${keyFile === "" ? "KEYFILE" : quoteForShell(keyFile)}`]),
    ...(allowCorrupt ? ["--allow-corrupt"] : []),
    "--wait",
  ].join(" ");
}

/** Archives that a restore can write; loose blobs are kept for programs, and no restore takes them. */
export function restorable(archives: readonly ShownArchive[], files: Snapshot["files"]): ShownArchive[] {
  const names = new Set(files.map(({ name }) => name));
  return archives.filter(({ kind, name }) => kind !== "blob" || names.has(`${name}.didx`));
}

const MARK = /^-[0-9a-f]{8}$/;

/**
 * The directory that the archive was taken of, from the words of the backup task (`/etc, /srv/www`): the one path whose name
 * as an archive this is. Undefined when none or several could be it.
 */
export function originalPlace(source: string, { kind, name }: ShownArchive): string | undefined {
  if (kind !== "tree") return undefined;
  const stem = name.slice(0, -".pxar".length);
  // A very long list of sources was cut off in the middle of a path.
  const paths = source.split(", ").filter((path) => path.startsWith("/") && !path.endsWith("…"));
  const fitting = paths.filter((path) => {
    const plain = stemOf(path);
    return stem === plain || (stem.startsWith(plain) && MARK.test(stem.slice(plain.length)));
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

function stemOf(path: string): string {
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return "root";
  const stem = parts.join("-").replaceAll(/[^A-Za-z0-9._-]/g, "_");
  return /^[A-Za-z0-9_]/.test(stem) ? stem : `_${stem}`;
}
