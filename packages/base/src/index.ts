export {
  assertInvariant,
  baseErrors,
  CodedError,
  defineErrors,
  errorEntry,
  isCancelled,
  isErrorShape,
  throwIfCancelled,
  toCodedError,
} from "./errors.ts";
export type { ErrorContext, ErrorEntry, ErrorShape, Retry } from "./errors.ts";
export { createFakeClock, createSystemClock, formatInstant, instantFromMs, secondsOf } from "./clock.ts";
export type { Clock, FakeClock, Instant } from "./clock.ts";
export { machineTimeZone, parseTimeZone } from "./time-zone.ts";
export type { CalendarEvent } from "./calendar/calendar-event.ts";
export { parseCalendarEvent } from "./calendar/parse-calendar-event.ts";
export { describeCalendarEvent } from "./calendar/calendar-words.ts";
export { nextRun, previousRun, runsWithin } from "./calendar/calendar-runs.ts";
export type { RunPeriod } from "./calendar/calendar-runs.ts";
export { createSeededRandom, createSystemRandom, randomHex } from "./random.ts";
export type { Random } from "./random.ts";
export {
  bytesFromHex,
  DIGEST_SIZE_BYTES,
  digestFromBytes,
  digestToBytes,
  hexFromBytes,
  parseDigest,
} from "./digest.ts";
export type { Digest } from "./digest.ts";
export {
  BACKUP_TYPES,
  formatBackupTime,
  formatGroupRef,
  formatSnapshotRef,
  parseArchiveName,
  parseAuthId,
  parseBackupId,
  parseBackupTime,
  parseBackupTimeText,
  parseBackupType,
  parseDatastoreName,
  parseGroupRef,
  parseNamespace,
  parseSnapshotRef,
  ROOT_NAMESPACE,
} from "./names.ts";
export type {
  ArchiveName,
  AuthId,
  BackupId,
  BackupType,
  DatastoreName,
  GroupRef,
  Namespace,
  SnapshotRef,
} from "./names.ts";
export { escapeWorkerId, formatUpid, parseUpid, unescapeWorkerId } from "./upid.ts";
export type { Upid, UpidParts } from "./upid.ts";
export { quoteCommandWords, readCommandWords } from "./command-words.ts";
export type { CommandReading } from "./command-words.ts";
export { formatDuration, formatSize, parseDuration, parseSize } from "./quantity.ts";
export { fitsWildcard } from "./wildcard.ts";
