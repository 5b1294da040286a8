/** What can be wrong with bytes, keys and the threads that turn one into the other. */

import { defineErrors, errorEntry } from "@ironcore-backup/base";

const DAMAGED_REMEDY =
  "Verify the snapshot; restore from the newest one that verifies, and take a fresh full backup of this group.";

export const formatErrors = defineErrors({
  // Blobs.
  BLOB_TRUNCATED: errorEntry(
    "never",
    (c: { sizeBytes: number; sizeBytesMin: number }) =>
      `A blob of ${c.sizeBytes} bytes is cut short: ${c.sizeBytesMin} are needed`,
    DAMAGED_REMEDY,
  ),
  BLOB_MAGIC_UNKNOWN: errorEntry(
    "never",
    (c: { magic: string }) => `A blob begins with ${c.magic}, which is no known kind`,
    DAMAGED_REMEDY,
  ),
  BLOB_CHECKSUM_WRONG: errorEntry(
    "never",
    (c: { stored: string; computed: string }) =>
      `A blob's checksum is ${c.computed}, its header says ${c.stored}`,
    DAMAGED_REMEDY,
  ),
  BLOB_TOO_LARGE: errorEntry(
    "never",
    (c: { sizeBytesMax: number }) =>
      `A blob holds more than the ${c.sizeBytesMax} bytes that are allowed here`,
    DAMAGED_REMEDY,
  ),
  BLOB_NOT_DECODABLE: errorEntry(
    "never",
    (c: { detail: string }) => `A blob cannot be decompressed: ${c.detail}`,
    DAMAGED_REMEDY,
  ),

  // Keys.
  KEY_REQUIRED: errorEntry(
    "never",
    (_c: Record<never, never>) => "The data is encrypted and no key was given",
    "Give the key file the snapshot was made with (--keyfile).",
  ),
  KEY_WRONG: errorEntry(
    "never",
    (c: { expected: string; given: string }) =>
      `The key does not fit: the data needs ${c.expected}, the given key is ${c.given}`,
    "Give the key file the snapshot was made with (--keyfile); snapshot show names its fingerprint.",
  ),
  KEY_FILE_INVALID: errorEntry(
    "never",
    (c: { detail: string }) => `The key file cannot be used: ${c.detail}`,
    "Use a key file made by `key create` or by a Proxmox Backup client, unchanged.",
  ),
  KEY_PASSPHRASE_REQUIRED: errorEntry(
    "never",
    (_c: Record<never, never>) => "The key file is protected by a passphrase and none was given",
    "Give the passphrase, or use a key file without one.",
  ),
  KEY_PASSPHRASE_WRONG: errorEntry(
    "never",
    (_c: Record<never, never>) => "The passphrase does not open the key file",
    "Check the passphrase. Without it the key file is of no use; a master key or paper key can replace it.",
  ),
  KEY_PASSPHRASE_TOO_SHORT: errorEntry(
    "never",
    (c: { lengthMin: number }) => `The passphrase is shorter than ${c.lengthMin} characters`,
    "Choose a longer passphrase.",
  ),
  MASTER_KEY_INVALID: errorEntry(
    "never",
    (c: { detail: string }) => `The master key cannot be used: ${c.detail}`,
    "Give an RSA key of at least 2048 bits as PEM: the public one to wrap, and to unwrap the private one that belongs to it.",
  ),

  // Indexes and manifests.
  INDEX_CORRUPT: errorEntry(
    "never",
    (c: { detail: string }) => `An index is corrupt: ${c.detail}`,
    DAMAGED_REMEDY,
  ),
  MANIFEST_CORRUPT: errorEntry(
    "never",
    (c: { detail: string }) => `A manifest is corrupt: ${c.detail}`,
    DAMAGED_REMEDY,
  ),

  // Chunks and compute threads.
  CHUNK_CORRUPT: errorEntry(
    "never",
    (c: { digest: string; reason: string }) => `Chunk ${c.digest} is corrupt (${c.reason})`,
    "Verify the datastore: the chunk is set aside then, and the next backup writes it anew if the source still has its data.",
  ),
  COMPUTE_THREAD_LOST: errorEntry(
    "now",
    (c: { detail: string }) => `A compute thread is gone: ${c.detail}`,
    "Start the task again. If it repeats, check the machine's memory and report it.",
  ),

  // File archives.
  ARCHIVE_CORRUPT: errorEntry(
    "never",
    (c: { offsetBytes: number; detail: string }) =>
      `A file archive is corrupt at byte ${c.offsetBytes}: ${c.detail}`,
    DAMAGED_REMEDY,
  ),
});
