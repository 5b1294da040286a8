/** What can go wrong while a backup is taken or brought back. */

import { defineErrors, errorEntry } from "@ironcore-backup/base";

export const agentErrors = defineErrors({
  SYSTEM_UNSUPPORTED: errorEntry(
    "never",
    (c: { detail: string }) => `This machine's C library cannot be used: ${c.detail}`,
    "Taking and restoring backups needs Linux with glibc 2.30 or newer (or musl) on a 64-bit machine.",
  ),
  SOURCE_NOT_REACHABLE: errorEntry(
    "later",
    (c: { path: string; reason: string; stage?: string; archive?: string }) =>
      `source not reachable: ${c.path}: ${c.reason}`,
    "Check that the path exists and can be read by the user that runs the backup; mark it as optional if it may be absent.",
  ),
  SOURCE_KIND_UNSUPPORTED: errorEntry(
    "never",
    (c: { path: string; kind: string }) => `${c.path} is a ${c.kind}, which cannot be a source of its own`,
    "Give a directory, a regular file or a block device.",
  ),
  SOURCE_EMPTY_IMAGE: errorEntry(
    "never",
    (c: { path: string }) => `${c.path} is empty, and an image of zero bytes cannot be stored`,
    "Give a disk image or block device that holds data, or back up the directory around the file.",
  ),
  SOURCES_NONE: errorEntry(
    "never",
    (_c: Record<never, never>) => "The backup names neither a path nor a command",
    "Give at least one path or one command.",
  ),
  SOURCES_ALL_MISSING: errorEntry(
    "later",
    (c: { sourceCount: number }) =>
      `None of the ${c.sourceCount} sources is there; an empty snapshot is not made`,
    "Check the paths, and that their file systems are mounted.",
  ),
  SOURCE_READ_FAILED: errorEntry(
    "later",
    (c: { path: string; reason: string }) => `Reading ${c.path} failed: ${c.reason}`,
    "Check the disk that holds the source, then run the backup again.",
  ),
  COMMAND_NOT_STARTED: errorEntry(
    "never",
    (c: { role: string; program: string; reason: string }) =>
      `The command ${c.program} (${c.role}) cannot be run: ${c.reason}`,
    "Give a program that is installed on the server's machine, by its full path or one that the server's user finds in its PATH. There is no shell: pipes and variables need `sh -c`.",
  ),
  COMMAND_FAILED: errorEntry(
    "later",
    (c: { role: string; program: string; exitCode?: number; signal?: string; lastLines: string }) =>
      `The command ${c.program} (${c.role}) ended ${c.exitCode === undefined ? `by ${c.signal ?? "a signal"}` : `with exit code ${c.exitCode}`}${c.lastLines === "" ? " and said nothing" : `: ${c.lastLines}`}`,
    "What it said last tells why; the task's log has all of it. Run it by hand as the server's user. No snapshot was made.",
  ),
  COMMAND_TIMED_OUT: errorEntry(
    "later",
    (c: { role: string; program: string; timeoutSeconds: number; lastLines: string }) =>
      `The command ${c.program} (${c.role}) was not done after ${c.timeoutSeconds} s and was ended${c.lastLines === "" ? "" : `: ${c.lastLines}`}`,
    "Look what it waits for (a lock, a password, a slow server), or give it more time.",
  ),
  COMMAND_OUTPUT_EMPTY: errorEntry(
    "later",
    (c: { role: string; program: string }) =>
      `The command ${c.program} (${c.role}) ended well and printed nothing; an archive of zero bytes is not made`,
    "A dump goes to the standard output: leave out options that write it to a file.",
  ),
  COMMAND_ARCHIVE_INVALID: errorEntry(
    "never",
    (c: { archive: string; reason: string }) =>
      `A command's archive cannot be called "${c.archive}": ${c.reason}`,
    "Choose a name like a file's, for example db.dump; a restore makes a file of that name.",
  ),
  QEMU_NBD_MISSING: errorEntry(
    "never",
    (c: { path: string }) => `${c.path} is a qcow2 image, and there is no qemu-nbd to read it`,
    "Install it on the server's machine (Debian: apt-get install qemu-utils), where the server's user finds it in its PATH.",
  ),
  QEMU_NBD_FAILED: errorEntry(
    "later",
    (c: { path: string; reason: string }) => `qemu-nbd cannot read the qcow2 image ${c.path}: ${c.reason}`,
    "`qemu-img info` and `qemu-img check` tell more. An image that a running guest writes to is locked by it: back up a snapshot of it, or stop the guest.",
  ),
  IMAGE_DAMAGED: errorEntry(
    "never",
    (c: { path: string; reason: string }) =>
      `The qcow2 image ${c.path} is damaged, parts of its disk are lost: ${c.reason}`,
    "`qemu-img check IMAGE` lists what is lost, `qemu-img check -r all` repairs a copy of it. Earlier snapshots hold the disk as it was.",
  ),
  IMAGE_HEADER_NOT_TRUSTED: errorEntry(
    "never",
    (c: { path: string; refersTo: string }) =>
      `${c.path} begins like a qcow2 image that leads to ${c.refersTo}, but its name does not say that it is one`,
    "A guest can write such a header into its raw disk to read files of this machine. If the image is really qcow2, give it a name or a link that ends in .qcow2.",
  ),
  PATTERN_INVALID: errorEntry(
    "never",
    (c: { pattern: string; reason: string }) => `The pattern "${c.pattern}" cannot be used: ${c.reason}`,
    "Patterns follow the syntax of .gitignore files.",
  ),
  TARGET_EXISTS: errorEntry(
    "never",
    (c: { path: string; existingCount: number }) =>
      `${c.existingCount === 1 ? "A path" : `${c.existingCount} paths`} would be overwritten, first ${c.path}; nothing was written`,
    "Choose an empty target, or allow overwriting (--overwrite if-changed or --overwrite always).",
  ),
  TARGET_NOT_USABLE: errorEntry(
    "never",
    (c: { path: string; reason: string }) => `The restore target ${c.path} cannot be used: ${c.reason}`,
    "Give a directory that exists or can be made, on a file system that can be written.",
  ),
  TARGET_WRITE_FAILED: errorEntry(
    "later",
    (c: { path: string; reason: string }) => `Writing ${c.path} failed: ${c.reason}`,
    "Check free space and permissions of the target, then restore again; what was restored so far is incomplete.",
  ),
  ARCHIVE_NOT_IN_SNAPSHOT: errorEntry(
    "never",
    (c: { archive: string; known: string }) =>
      `The snapshot has no archive "${c.archive}"; it has ${c.known}`,
    "Name one of the snapshot's archives.",
  ),
  ARCHIVE_DAMAGED: errorEntry(
    "never",
    (c: { archive: string; detail: string }) => `The archive ${c.archive} is damaged: ${c.detail}`,
    "Verify the snapshot, and restore from the newest snapshot that verifies.",
  ),
  RESTORE_CHUNK_FAILED: errorEntry(
    "never",
    (c: { digest: string; paths: string; pathCount: number; detail: string }) =>
      `Chunk ${c.digest} cannot be restored (${c.detail}); ${c.pathCount === 1 ? "the file" : `${c.pathCount} files`} affected: ${c.paths}`,
    "Verify the snapshot, and restore these files from the newest snapshot that verifies.",
  ),
});
