/** What can go wrong while bytes are kept safe: the disk, the locks, the names on disk, a session, a finding. */

import { defineErrors, errorEntry } from "@ironcore-backup/base";

const DISK_REMEDY =
  "Check the disk and its mount (kernel log, smartctl, df). Nothing finished is lost. Start it again after repair.";

export const engineErrors = defineErrors({
  // The disk.
  DISK_FULL: errorEntry(
    "later",
    (_c: { path: string; errno: string }) => "no space left on datastore",
    "Free space (forget snapshots, then run garbage collection) or enlarge the datastore, then start it again.",
  ),
  DISK_READ_FAILED: errorEntry(
    "later",
    (c: { path: string; errno: string; operation: string }) =>
      `Reading ${c.path} failed (${c.operation}: ${c.errno})`,
    DISK_REMEDY,
  ),
  DISK_WRITE_FAILED: errorEntry(
    "later",
    (c: { path: string; errno: string; operation: string }) =>
      `Writing ${c.path} failed (${c.operation}: ${c.errno})`,
    DISK_REMEDY,
  ),
  FILE_MISSING: errorEntry(
    "never",
    (c: { path: string; errno: string }) => `${c.path} does not exist`,
    "Check that the path is right and its file system is mounted.",
  ),
  FILE_EXISTS: errorEntry(
    "never",
    (c: { path: string; errno: string }) => `${c.path} exists already`,
    "Remove or rename what is in the way, or choose another name.",
  ),
  FILE_TOO_LARGE: errorEntry(
    "never",
    (c: { path: string; sizeBytes: number; sizeBytesMax: number }) =>
      `${c.path} has ${c.sizeBytes} bytes, more than the ${c.sizeBytesMax} that such a file may have`,
    "The file was not written by a backup. Restore it from a copy, or forget the snapshot it belongs to.",
  ),
  PERMISSION_DENIED: errorEntry(
    "never",
    (c: { path: string; errno: string }) => `The system refuses access to ${c.path} (${c.errno})`,
    "Run the service as the datastore's owner, or correct owner and mode of the path.",
  ),
  NATIVE_CALL_UNAVAILABLE: errorEntry(
    "never",
    (c: { call: string; detail: string }) => `The system call ${c.call} is not available here: ${c.detail}`,
    "Install the package again for this machine's processor and C library (Linux with glibc or musl).",
  ),
  LOCK_UNSUPPORTED: errorEntry(
    "never",
    (c: { path: string; errno: string }) =>
      `The file system of ${c.path} cannot lock files (flock: ${c.errno})`,
    "Put the datastore on a file system with locks, or mount the network share with local or server locks.",
  ),

  // Datastores, namespaces, groups, snapshots.
  DATASTORE_MISSING: errorEntry(
    "later",
    (c: { path: string }) => `There is no datastore in ${c.path}: it has no .chunks directory`,
    "Check that the datastore's file system is mounted, or create the datastore.",
  ),
  DATASTORE_NOT_SAME: errorEntry(
    "later",
    (c: { path: string; expected: string; detail: string }) =>
      `The store in ${c.path} is not the one that was there before (${c.expected}): ${c.detail}`,
    "Mount the datastore's own file system at this path. If this store is to take its place, say so: `ironcore-backup datastore update NAME --accept-store`.",
  ),
  DATASTORE_REPLACED: errorEntry(
    "later",
    (c: { path: string }) =>
      `Something else lies in ${c.path} than when the work began: nothing more is written`,
    "Mount the datastore's own file system at this path again, check it with `ironcore-backup datastore probe`, then start the task again.",
  ),
  DATASTORE_DIRECTORY_IN_USE: errorEntry(
    "never",
    (c: { path: string; entry: string }) =>
      `${c.path} is neither empty nor a datastore: it contains ${c.entry}`,
    "Choose an empty directory, a new one, or an existing datastore.",
  ),
  DATASTORE_NESTED: errorEntry(
    "never",
    (c: { path: string; outerPath: string }) => `${c.path} lies inside the datastore ${c.outerPath}`,
    "Choose a directory outside of every datastore: garbage collection of one would not know the other.",
  ),
  DATASTORE_DAMAGED: errorEntry(
    "never",
    (c: { path: string; detail: string }) => `The datastore ${c.path} is damaged: ${c.detail}`,
    "Check the file system. A missing chunk directory can be made again by hand (mkdir -m 750).",
  ),
  DATASTORE_BUSY: errorEntry(
    "later",
    (c: { path: string }) => `Another task needs the datastore ${c.path} for itself alone`,
    "Wait for that task to end, then start it again.",
  ),
  // Garbage collection.
  GC_RUNNING: errorEntry(
    "later",
    (c: { path: string }) => `A garbage collection of ${c.path} is running already`,
    "Wait for it to end; `ironcore-backup task list --type gc` shows it.",
  ),
  GC_ACCESS_TIME_IGNORED: errorEntry(
    "never",
    (c: { path: string }) => `The file system of ${c.path} does not keep access times that are set`,
    "Nothing was removed. Put the datastore on a file system that keeps them, or change the mount's options (on network mounts).",
  ),
  GC_INDEX_UNREADABLE: errorEntry(
    "never",
    (c: { path: string; detail: string; indexCount: number }) =>
      `${c.indexCount} indexes cannot be read, so what they need is not known; the first is ${c.path}: ${c.detail}`,
    "Nothing was removed. Verify the snapshots of these indexes and restore the files from a copy, or forget the snapshots; then collect again.",
  ),
  GC_CLOCK_SET_BACK: errorEntry(
    "later",
    (c: { seconds: number }) => `The clock was set back by ${c.seconds} s while garbage was collected`,
    "What was removed until then was rightly removed. Keep the machine's clock synchronised (chrony, systemd-timesyncd), then collect again.",
  ),
  NAMESPACE_MISSING: errorEntry(
    "never",
    (c: { namespace: string }) => `The namespace "${c.namespace}" does not exist`,
    "Create the namespace first, or correct its name.",
  ),
  NAMESPACE_EXISTS: errorEntry(
    "never",
    (c: { namespace: string }) => `The namespace "${c.namespace}" exists already`,
    "Use it as it is, or choose another name.",
  ),
  NAMESPACE_NOT_EMPTY: errorEntry(
    "never",
    (c: { namespace: string; entry: string }) =>
      `The namespace "${c.namespace}" is not empty: it has ${c.entry}`,
    "Forget its groups and remove the namespaces below it first.",
  ),
  SCHEDULE_TOO_LARGE: errorEntry(
    "never",
    (c: { count: number; countMax: number }) =>
      `The schedule makes ${c.count} snapshots, more than the ${c.countMax} that are simulated`,
    "Choose fewer days or fewer times of day.",
  ),
  GROUP_MISSING: errorEntry(
    "never",
    (c: { group: string }) => `The backup group ${c.group} does not exist`,
    "Check namespace, type and id (snapshot list shows them).",
  ),
  GROUP_LOCKED: errorEntry(
    "later",
    (c: { group: string }) => `another backup is running: the group ${c.group} is locked`,
    "Wait until the other backup, sync or forget of this group has ended, or cancel it.",
  ),
  GROUP_OWNER_WRONG: errorEntry(
    "never",
    (c: { group: string; owner: string; authId: string }) =>
      `The backup group ${c.group} belongs to ${c.owner}, not to ${c.authId}`,
    "Back up under another id, or let an administrator change the group's owner.",
  ),
  GROUP_OWNER_UNKNOWN: errorEntry(
    "never",
    (c: { group: string }) => `The backup group ${c.group} has snapshots but no readable owner file`,
    "Let an administrator set the group's owner.",
  ),
  SNAPSHOT_MISSING: errorEntry(
    "never",
    (c: { snapshot: string }) => `The snapshot ${c.snapshot} does not exist`,
    "Check the name (snapshot list shows them). It may have been forgotten or pruned.",
  ),
  SNAPSHOT_EXISTS: errorEntry(
    "later",
    (c: { snapshot: string }) => `The snapshot ${c.snapshot} exists already`,
    "Snapshot names have whole seconds. Start the backup again.",
  ),
  SNAPSHOT_UNFINISHED: errorEntry(
    "never",
    (c: { snapshot: string }) => `The snapshot ${c.snapshot} was never finished`,
    "Use another snapshot. The next backup of the group removes what a broken one left.",
  ),
  SNAPSHOT_LOCKED: errorEntry(
    "later",
    (c: { snapshot: string }) => `The snapshot ${c.snapshot} is in use by another task`,
    "Wait until the backup, restore or verification that uses it has ended.",
  ),
  SNAPSHOT_PROTECTED: errorEntry(
    "never",
    (c: { snapshot: string }) => `The snapshot ${c.snapshot} is protected`,
    "Remove the protection first, if it really shall go.",
  ),
  MANIFEST_LOCKED: errorEntry(
    "later",
    (c: { snapshot: string; waitMs: number }) =>
      `The manifest of ${c.snapshot} stayed locked for ${c.waitMs} ms`,
    "Try again when the other change of this snapshot is done.",
  ),
  MANIFEST_UNREADABLE: errorEntry(
    "never",
    (c: { snapshot: string; detail: string }) => `The manifest of ${c.snapshot} cannot be read: ${c.detail}`,
    "Use another snapshot, and take a fresh full backup of this group.",
  ),

  // Archives and chunks.
  ARCHIVE_MISSING: errorEntry(
    "never",
    (c: { snapshot: string; archive: string }) => `${c.archive} is missing in ${c.snapshot}`,
    "Check the archive's name (snapshot show lists them). If the manifest names it, the snapshot is damaged: use another one.",
  ),
  BLOB_CORRUPT: errorEntry(
    "never",
    (c: { snapshot: string; archive: string; detail: string }) =>
      `${c.archive} in ${c.snapshot} is corrupt: ${c.detail}`,
    "Restore from another snapshot, and take a fresh full backup of this group.",
  ),
  CHUNK_MISSING: errorEntry(
    "never",
    (c: { digest: string }) => `Chunk ${c.digest} is missing`,
    "Verify the datastore. A fresh full backup writes the chunk again if the source still has its data.",
  ),
  CHUNK_CONFLICT: errorEntry(
    "never",
    (c: { digest: string; detail: string }) => `Chunk ${c.digest} is stored differently: ${c.detail}`,
    "Verify the datastore: the stored chunk cannot belong to its name. Verification sets a corrupt chunk aside.",
  ),

  // Sessions.
  BACKUP_TIME_TOO_OLD: errorEntry(
    "later",
    (c: { snapshot: string; newest: string }) =>
      `The timestamp of ${c.snapshot} is not newer than the last backup ${c.newest}`,
    "Check the clock of the machine. Snapshots of one group must follow each other by at least one second.",
  ),
  SESSION_CLOSED: errorEntry(
    "never",
    (c: { snapshot: string; state: string }) => `The backup session of ${c.snapshot} is ${c.state}`,
    "Start a new backup.",
  ),
  SESSION_INCOMPLETE: errorEntry(
    "never",
    (c: { snapshot: string; detail: string }) => `The backup ${c.snapshot} cannot be finished: ${c.detail}`,
    "Start the backup again. Report it if it repeats: a client must close every index and name every file.",
  ),
  BASE_VANISHED: errorEntry(
    "now",
    (c: { snapshot: string; base: string }) =>
      `The previous snapshot ${c.base} vanished while ${c.snapshot} was written`,
    "Start the backup again; somebody removed files of the datastore by hand.",
  ),
});
