/**
 * Reads what belongs to a file besides its data and its stat: extended attributes, access control lists, file capabilities
 * and inode flags.
 *
 * Most files have none, and the common way is kept to two calls. A file system that knows no attributes at all is asked
 * once.
 */

import { NO_PXAR_ATTRIBUTES } from "@ironcore-backup/format";
import type { PxarAcl, PxarAttributes, PxarDefaultAcl, PxarXattr } from "@ironcore-backup/format";
import {
  getAttribute,
  getInodeFlags,
  isAttributeAbsent,
  listAttributes,
  listAttributesOfFd,
  pathInside,
} from "../syscalls/attributes.ts";
import type { AttributeSubject } from "../syscalls/attributes.ts";
import { E2BIG, EOPNOTSUPP } from "../syscalls/errno.ts";
import type { FileStat } from "../syscalls/file-stat.ts";
import { ACCESS_ACL_ATTRIBUTE, decodePosixAcl, DEFAULT_ACL_ATTRIBUTE } from "../syscalls/posix-acl.ts";
import { archiveFlagsOf } from "./inode-flags.ts";

const CAPABILITY_ATTRIBUTE = "security.capability";
/** Some file systems take any number of attributes of 64 KiB each; an archive's entry does not. */
const VALUES_SIZE_BYTES_MAX = 8 * 1024 * 1024;

export class AttributeReader {
  readonly #devicesWithout = new Set<number>();
  readonly #onFailure: (attribute: string, errno: number) => void;

  /** @param onFailure  told of every attribute that is there and cannot be read; "" when not even the list can */
  constructor(onFailure: (attribute: string, errno: number) => void) {
    this.#onFailure = onFailure;
  }

  /** Of an open regular file or directory, whose inode flags go into `stat`. */
  ofOpen(fd: number, stat: FileStat): PxarAttributes {
    stat.flags = archiveFlagsOf(getInodeFlags(fd));
    if (this.#devicesWithout.size > 0 && this.#devicesWithout.has(stat.device)) return NO_PXAR_ATTRIBUTES;
    const names = listAttributesOfFd(fd);
    if (typeof names !== "number" && names.length === 0) return NO_PXAR_ATTRIBUTES;
    return this.#read({ fd }, names, stat);
  }

  /** Of what cannot be opened: a link, device, pipe or socket. */
  ofNamed(directoryFd: number, name: string, stat: FileStat): PxarAttributes {
    if (this.#devicesWithout.size > 0 && this.#devicesWithout.has(stat.device)) return NO_PXAR_ATTRIBUTES;
    const path = pathInside(directoryFd, name);
    const names = listAttributes({ path });
    if (typeof names !== "number" && names.length === 0) return NO_PXAR_ATTRIBUTES;
    return this.#read({ path }, names, stat);
  }

  #read(subject: AttributeSubject, names: readonly string[] | number, stat: FileStat): PxarAttributes {
    if (typeof names === "number") {
      if (names === -EOPNOTSUPP) this.#devicesWithout.add(stat.device);
      else this.#onFailure("", names);
      return NO_PXAR_ATTRIBUTES;
    }
    const xattrs: PxarXattr[] = [];
    const values = new Map<string, Uint8Array>();
    let sizeBytes = 0;
    for (const name of [...names].sort()) {
      const value = this.#value(subject, name);
      if (value === undefined) continue;
      sizeBytes += value.length;
      if (sizeBytes > VALUES_SIZE_BYTES_MAX) {
        this.#onFailure(name, -E2BIG);
        break;
      }
      if (isPlainAttribute(name)) xattrs.push({ name, value });
      else values.set(name, value);
    }
    const acl = accessAclOf(values.get(ACCESS_ACL_ATTRIBUTE));
    const defaultAcl = defaultAclOf(values.get(DEFAULT_ACL_ATTRIBUTE));
    const capabilities = values.get(CAPABILITY_ATTRIBUTE);
    return {
      xattrs,
      ...(acl === undefined ? {} : { acl }),
      ...(defaultAcl === undefined ? {} : { defaultAcl }),
      ...(capabilities === undefined ? {} : { capabilities }),
    };
  }

  #value(subject: AttributeSubject, name: string): Uint8Array | undefined {
    if (!isPlainAttribute(name) && !isSpecialAttribute(name)) return undefined;
    const value = getAttribute(subject, name);
    if (typeof value !== "number") return value;
    if (!isAttributeAbsent(value)) this.#onFailure(name, value);
    return undefined;
  }
}

/** `system.*` others than the lists are views of the file system on its own data, not attributes to keep. */
function isPlainAttribute(name: string): boolean {
  if (name === CAPABILITY_ATTRIBUTE) return false;
  return name.startsWith("user.") || name.startsWith("trusted.") || name.startsWith("security.");
}

function isSpecialAttribute(name: string): boolean {
  return name === CAPABILITY_ATTRIBUTE || name === ACCESS_ACL_ATTRIBUTE || name === DEFAULT_ACL_ATTRIBUTE;
}

/** Owner, others and mask are in the file's mode already. */
function accessAclOf(value: Uint8Array | undefined): PxarAcl | undefined {
  const acl = value === undefined ? undefined : decodePosixAcl(value);
  if (acl === undefined) return undefined;
  const { users, groups, groupObject } = acl;
  return { users, groups, ...(groupObject === undefined ? {} : { groupObject }) };
}

function defaultAclOf(value: Uint8Array | undefined): PxarDefaultAcl | undefined {
  return value === undefined ? undefined : decodePosixAcl(value);
}
