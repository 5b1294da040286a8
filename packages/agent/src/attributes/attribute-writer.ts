/**
 * Puts ownership, mode, attributes, times and flags on a restored file, in the one order that works:
 *
 * owner (a change of owner clears set-id bits and capabilities), mode, extended attributes, access control lists and
 * capabilities, modification time (all of the above is over), inode flags (an immutable file can be changed no more).
 *
 * Nothing here fails the restore: data without an attribute is better than none. Each failure is returned to be told.
 */

import type { PxarAcl, PxarAttributes, PxarStat } from "@ironcore-backup/format";
import {
  setAttribute,
  setInodeFlags,
  areFlagsRefused,
  getInodeFlags,
  pathInside,
} from "../syscalls/attributes.ts";
import type { AttributeSubject } from "../syscalls/attributes.ts";
import {
  setMode,
  setModeAt,
  setModified,
  setModifiedAt,
  setOwner,
  setOwnerAt,
} from "../syscalls/creation.ts";
import { S_IFLNK, S_IFMT } from "../syscalls/file-stat.ts";
import { ACCESS_ACL_ATTRIBUTE, DEFAULT_ACL_ATTRIBUTE, encodePosixAcl } from "../syscalls/posix-acl.ts";
import type { PosixAcl } from "../syscalls/posix-acl.ts";
import { inodeFlagsOf, RESTORABLE_INODE_FLAGS } from "./inode-flags.ts";

/** What an archive's entry says of a file besides its data. */
export interface RestoredMetadata extends PxarStat {
  readonly attributes: PxarAttributes;
}

/** What could not be set, and the negative error number. */
export interface MetadataFailure {
  readonly what: string;
  readonly errno: number;
}

export interface MetadataOptions {
  /** False for users who may not give files away: then nobody asks the kernel, and the restore tells it once. */
  readonly setsOwner: boolean;
}

/** On an open regular file or directory. */
export function writeMetadata(
  fd: number,
  metadata: RestoredMetadata,
  options: MetadataOptions,
): MetadataFailure[] {
  const failures: MetadataFailure[] = [];
  const note = noteInto(failures);
  if (options.setsOwner) note("owner", setOwner(fd, metadata.uid, metadata.gid));
  note("mode", setMode(fd, metadata.mode));
  writeAttributes({ fd }, metadata, note);
  note("modification time", setModified(fd, metadata.mtimeSeconds, metadata.mtimeNanos));
  if (metadata.flags !== 0) writeFlags(fd, metadata.flags, note);
  return failures;
}

/** On a link, device, pipe or socket that was just made. */
export function writeNamedMetadata(
  directoryFd: number,
  name: string,
  metadata: RestoredMetadata,
  options: MetadataOptions,
): MetadataFailure[] {
  const failures: MetadataFailure[] = [];
  const note = noteInto(failures);
  if (options.setsOwner) note("owner", setOwnerAt(directoryFd, name, metadata.uid, metadata.gid));
  if ((metadata.mode & S_IFMT) !== S_IFLNK) note("mode", setModeAt(directoryFd, name, metadata.mode));
  writeAttributes({ path: pathInside(directoryFd, name) }, metadata, note);
  note("modification time", setModifiedAt(directoryFd, name, metadata.mtimeSeconds, metadata.mtimeNanos));
  return failures;
}

type Note = (what: string, result: number) => void;

function noteInto(failures: MetadataFailure[]): Note {
  return (what, result) => {
    if (result < 0) failures.push({ what, errno: result });
  };
}

function writeAttributes(subject: AttributeSubject, metadata: RestoredMetadata, note: Note): void {
  const { xattrs, acl, defaultAcl, capabilities } = metadata.attributes;
  for (const { name, value } of xattrs) note(name, setAttribute(subject, name, value));
  if (acl !== undefined) {
    const whole = withModeBits(acl, metadata.mode);
    note(ACCESS_ACL_ATTRIBUTE, setAttribute(subject, ACCESS_ACL_ATTRIBUTE, encodePosixAcl(whole)));
  }
  if (defaultAcl !== undefined) {
    note(DEFAULT_ACL_ATTRIBUTE, setAttribute(subject, DEFAULT_ACL_ATTRIBUTE, encodePosixAcl(defaultAcl)));
  }
  if (capabilities !== undefined) {
    note("security.capability", setAttribute(subject, "security.capability", capabilities));
  }
}

/**
 * An archive keeps of the access list only what the mode does not say: owner and others are the mode's, and its group
 * bits are the mask whenever there is a list.
 */
function withModeBits(acl: PxarAcl, mode: number): PosixAcl {
  return {
    userObject: (mode >> 6) & 7,
    groupObject: acl.groupObject ?? (mode >> 3) & 7,
    other: mode & 7,
    mask: (mode >> 3) & 7,
    users: acl.users,
    groups: acl.groups,
  };
}

function writeFlags(fd: number, archiveFlags: number, note: Note): void {
  const wanted = inodeFlagsOf(archiveFlags);
  const kept = getInodeFlags(fd) & ~RESTORABLE_INODE_FLAGS;
  const result = setInodeFlags(fd, kept | wanted);
  if (result < 0) note(areFlagsRefused(result) ? "inode flags (not supported here)" : "inode flags", result);
}
