/** Opens what a backup is asked to take, before anything is written: a missing source must not cost an hour of work. */

import { constants } from "node:fs";
import { byteStringOf, textOf } from "../byte-string.ts";
import { agentErrors } from "../errors.ts";
import { isNamedQcow2, isNamedRaw, readQcow2Header } from "../nbd/qcow2-header.ts";
import type { Qcow2Header } from "../nbd/qcow2-header.ts";
import { AT_FDCWD, closeFd, openAt, seekEnd } from "../syscalls/directory.ts";
import { describeErrno, ENOENT, ENOTDIR } from "../syscalls/errno.ts";
import {
  FileStat,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  statFd,
} from "../syscalls/file-stat.ts";
import { archiveStems } from "./archive-name.ts";

export interface OpenSource {
  readonly kind: "directory" | "image" | "qcow2";
  /** Absolute, as a byte string. */
  readonly path: string;
  readonly stem: string;
  readonly fd: number;
  readonly stat: FileStat;
  /** Of an image, a qcow2's virtual disk; 0 for a directory. */
  readonly sizeBytes: number;
  /** Of a qcow2 image. */
  readonly header?: Qcow2Header;
}

export interface OpenSources {
  readonly sources: readonly OpenSource[];
  /** Optional sources that are not there, as byte strings. */
  readonly missing: readonly string[];
  close(): void;
}

// Follows links: the path was named by a person, who may mean where `/dev/disk/by-id/…` or `/lib` points.
const OPEN_SOURCE = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | 0o2000000;

/**
 * @param otherSourceCount  commands, which make a backup without any path worth taking
 * @throws SOURCES_NONE, SOURCES_ALL_MISSING, SOURCE_NOT_REACHABLE, SOURCE_KIND_UNSUPPORTED, SOURCE_EMPTY_IMAGE,
 *         IMAGE_HEADER_NOT_TRUSTED; then nothing is left open
 */
export function openSources(
  paths: readonly string[],
  {
    optionalPaths,
    otherSourceCount,
  }: { readonly optionalPaths: readonly string[]; readonly otherSourceCount: number },
): OpenSources {
  const wanted = [...new Set(paths.map((path) => normalPath(byteStringOf(path))))];
  const optional = new Set(optionalPaths.map((path) => normalPath(byteStringOf(path))));
  const stems = archiveStems(wanted);
  const sources: OpenSource[] = [];
  const missing: string[] = [];
  const close = (): void => sources.splice(0).forEach((source) => closeFd(source.fd));
  try {
    wanted.forEach((path, index) => {
      const fd = openAt(AT_FDCWD, path, OPEN_SOURCE);
      if (fd >= 0) sources.push(describeSource(path, stems[index] ?? path, fd));
      else if (optional.has(path) && (fd === -ENOENT || fd === -ENOTDIR)) missing.push(path);
      else throw agentErrors.SOURCE_NOT_REACHABLE({ path: textOf(path), reason: describeErrno(fd) });
    });
    if (wanted.length + otherSourceCount === 0) throw agentErrors.SOURCES_NONE({});
    if (sources.length + otherSourceCount === 0)
      throw agentErrors.SOURCES_ALL_MISSING({ sourceCount: wanted.length });
  } catch (thrown) {
    close();
    throw thrown;
  }
  return { sources, missing, close };
}

/** `/usr//share/` is `/usr/share`. `..` stays: only the kernel knows what it means behind a link. */
function normalPath(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

function describeSource(path: string, stem: string, fd: number): OpenSource {
  try {
    const stat = new FileStat();
    const result = statFd(fd, stat);
    if (result < 0)
      throw agentErrors.SOURCE_NOT_REACHABLE({ path: textOf(path), reason: describeErrno(result) });
    if (stat.kind === S_IFDIR) return { kind: "directory", path, stem, fd, stat, sizeBytes: 0 };
    if (stat.kind !== S_IFREG && stat.kind !== S_IFBLK) {
      throw agentErrors.SOURCE_KIND_UNSUPPORTED({ path: textOf(path), kind: kindName(stat.kind) });
    }
    const sizeBytes = stat.kind === S_IFBLK ? seekEnd(fd) : stat.sizeBytes;
    if (sizeBytes < 0)
      throw agentErrors.SOURCE_NOT_REACHABLE({ path: textOf(path), reason: describeErrno(sizeBytes) });
    if (sizeBytes === 0) throw agentErrors.SOURCE_EMPTY_IMAGE({ path: textOf(path) });
    const header = stat.kind === S_IFREG && !isNamedRaw(path) ? readQcow2Header(fd) : undefined;
    if (header === undefined) return { kind: "image", path, stem, fd, stat, sizeBytes };
    assertTrusted(path, header);
    if (header.sizeBytes === 0) throw agentErrors.SOURCE_EMPTY_IMAGE({ path: textOf(path) });
    return { kind: "qcow2", path, stem, fd, stat, sizeBytes: header.sizeBytes, header };
  } catch (thrown) {
    closeFd(fd);
    throw thrown;
  }
}

/** @throws IMAGE_HEADER_NOT_TRUSTED */
function assertTrusted(path: string, { backingFile, hasExternalData }: Qcow2Header): void {
  if (isNamedQcow2(path) || (backingFile === undefined && !hasExternalData)) return;
  const refersTo = backingFile === undefined ? "another file for its data" : textOf(backingFile);
  throw agentErrors.IMAGE_HEADER_NOT_TRUSTED({ path: textOf(path), refersTo });
}

const KIND_NAMES: ReadonlyMap<number, string> = new Map([
  [S_IFREG, "regular file"],
  [S_IFDIR, "directory"],
  [S_IFLNK, "symbolic link"],
  [S_IFBLK, "block device"],
  [S_IFCHR, "character device"],
  [S_IFIFO, "named pipe"],
  [S_IFSOCK, "socket"],
]);

function kindName(kind: number): string {
  return KIND_NAMES.get(kind) ?? "file of unknown kind";
}
