/** What a backup or a restore has to say while it runs: one line each, with a stable code and the path it is about. */

/**
 * Warnings leave the run a success with warnings; `info` lines explain a decision.
 *
 * - `PATH_EXCLUDED`  a pattern matched; nothing at or below the path is in the snapshot
 * - `SOURCE_MISSING`  an optional source was not there
 * - `FILE_UNREADABLE`, `FILE_VANISHED`  the file or directory is not in the snapshot, or only by name
 * - `FILE_CHANGED`  the file changed while it was read; what is stored is a mixture of both states
 * - `ATTRIBUTES_UNREADABLE`, `ATTRIBUTES_NOT_RESTORED`, `OWNER_NOT_RESTORED`  data is whole, attributes are not
 * - `PATTERN_INVALID`  a line of a `.pxarexclude` file was skipped
 * - `DEDUPLICATION_PARTIAL`  the previous snapshot exists but could not be used; everything was read and sent
 * - `BASE_NOT_USED`  the previous snapshot is not used, as intended (other key, other crypt mode, full backup)
 * - `MOUNT_POINT_SKIPPED`, `VIRTUAL_FILE_SYSTEM_SKIPPED`  only the mount point itself is stored
 * - `COMMAND_OUTPUT`  a line that a command said
 * - `POST_COMMAND_FAILED`  the command after the backup did not do its work; the backup is as it was without it
 * - `IMAGE_REFERS_TO`  a qcow2 image leads to another file, which is read with it
 * - `ENTRY_SKIPPED`  restore left an existing path as it was
 * - `DEVICE_NOT_RESTORED`  making device nodes needs root
 * - `FILE_NOT_RESTORED`  its data is damaged in the store, and the restore was told to go on without it
 * - `IMAGE_INCOMPLETE`  the same for a disk image, which is restored with zeros in the gap
 */
export type NoticeCode =
  | "PATH_EXCLUDED"
  | "SOURCE_MISSING"
  | "FILE_UNREADABLE"
  | "FILE_VANISHED"
  | "FILE_CHANGED"
  | "ATTRIBUTES_UNREADABLE"
  | "ATTRIBUTES_NOT_RESTORED"
  | "OWNER_NOT_RESTORED"
  | "PATTERN_INVALID"
  | "DEDUPLICATION_PARTIAL"
  | "BASE_NOT_USED"
  | "MOUNT_POINT_SKIPPED"
  | "VIRTUAL_FILE_SYSTEM_SKIPPED"
  | "COMMAND_OUTPUT"
  | "POST_COMMAND_FAILED"
  | "IMAGE_REFERS_TO"
  | "ENTRY_SKIPPED"
  | "DEVICE_NOT_RESTORED"
  | "FILE_NOT_RESTORED"
  | "IMAGE_INCOMPLETE";

export interface Notice {
  readonly severity: "info" | "warning";
  readonly code: NoticeCode;
  /** One sentence for people, the path included. */
  readonly message: string;
  /** For people: UTF-8, other bytes as `\xNN`. */
  readonly path?: string;
}

export type NoticeListener = (notice: Notice) => void;

/** Absolute numbers of the archive being worked on, sent a few times a second. */
export interface AgentProgress {
  /** Name without extension: `usr-share`. */
  readonly archive: string;
  readonly doneBytes: number;
  readonly doneItems: number;
  /** From the previous snapshot (`totalIsEstimate`) or exact; absent while unknown. */
  readonly totalBytes?: number;
  readonly totalItems?: number;
  readonly totalIsEstimate: boolean;
  /** Path being worked on, for people. */
  readonly current?: string;
}
