/** Messages as there could be some: for a test of a target, for a preview, and to try a template on. */

import { NOTIFICATION_MESSAGE_VERSION } from "@ironcore-backup/protocol";
import type { MessageEntry, NotificationMessage } from "@ironcore-backup/protocol";

export interface SampleOptions {
  readonly at: number;
  readonly installation: string;
  /** The dashboard. */
  readonly url?: string | undefined;
}

/** `test`: one entry that says it is a test. `single`: a failed backup. `bundle`: the same many times. */
export function sampleMessage(
  kind: "test" | "single" | "bundle",
  options: SampleOptions,
): NotificationMessage {
  const { at, installation, url } = options;
  const entries = kind === "test" ? [testEntry(options)] : failures(kind === "single" ? 1 : 3, options);
  const [first] = entries;
  const entryCount = kind === "bundle" ? 12 : entries.length;
  return {
    version: NOTIFICATION_MESSAGE_VERSION,
    id: `${kind === "test" ? "test" : "sample"}-${installation}-${at}`,
    at,
    kind,
    severity: first?.severity ?? "info",
    title: kind === "bundle" ? `${entryCount} events` : (first?.title ?? ""),
    installation,
    ...(url === undefined ? {} : { url }),
    entries,
    entryCount,
    summary: first === undefined ? [] : [{ event: first.event, change: first.change, count: entryCount }],
  };
}

function testEntry({ at, installation, url }: SampleOptions): MessageEntry {
  return {
    notice: 0,
    event: "system.started",
    change: "note",
    severity: "info",
    at,
    title: `Test message of ${installation}`,
    text: "Somebody pressed Test. Nothing has happened, and there is nothing to do.",
    count: 1,
    since: at,
    ...(url === undefined ? {} : { url }),
  };
}

const WORKLOADS = ["web-1", "db-1", "mail-1"];

function failures(count: number, { at, installation, url }: SampleOptions): MessageEntry[] {
  return WORKLOADS.slice(0, count).map((workload, index) => {
    const startedAt = at - (index + 1) * 61_000;
    const seconds = Math.floor(startedAt / 1000);
    const upid = `UPID:${installation}:000004D2:0001E240:0000000${index + 1}:${seconds.toString(16).toUpperCase()}:backup:main:admin@ibs:`;
    return {
      notice: index + 1,
      event: "backup.failed",
      change: "opened",
      severity: "error",
      at: startedAt,
      title: `Backup of ${workload} (job nightly) failed`,
      text: "The datastore main is offline: its disk is not mounted",
      remedy: "Check that its disk is mounted and readable by the server.",
      code: "DATASTORE_OFFLINE",
      project: "default",
      datastore: "main",
      job: "nightly",
      workload,
      upid,
      count: 1,
      since: startedAt,
      ...(url === undefined
        ? {}
        : {
            url: `${url}/tasks/${encodeURIComponent(upid)}`,
            logUrl: `${url}/tasks/${encodeURIComponent(upid)}#log`,
          }),
    };
  });
}
