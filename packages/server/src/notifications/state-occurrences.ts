/** What goes on rather than happens: datastores, workers, the certificate, the service itself. */

import { formatSize } from "@ironcore-backup/base";
import type { Datastore, Worker } from "@ironcore-backup/protocol";
import type { Occurrence } from "./occurrence.ts";

/** The one part of an incident that is a state: seen again, it is still the same. */
export const STATE = "state";

/** What changed about a datastore since it was looked at last. */
export function datastoreChanged(
  before: Datastore | undefined,
  now: Datastore,
  at: number,
): readonly Occurrence[] {
  const { name, status, statusReason, isSpaceLow, freeBytes = 0, totalBytes = 0 } = now;
  const common = { at, audience: "task", datastore: name } as const;
  const offline: Occurrence = {
    ...common,
    event: "datastore.offline",
    severity: "error",
    title: `The datastore ${name} is offline`,
    text: statusReason ?? "",
    remedy: "Check that its disk is there, mounted and readable by the server; then Probe on its page.",
    ...stateOf(status === "offline", `datastore|${name}|offline`, `The datastore ${name} is back`),
  };
  const space: Occurrence = {
    ...common,
    event: "datastore.space-low",
    severity: "warning",
    title: `The datastore ${name} is running out of space`,
    text: `${formatSize(freeBytes)} of ${formatSize(totalBytes)} are free.`,
    remedy: "Prune and collect garbage, keep less, or make its disk larger.",
    ...stateOf(isSpaceLow === true, `datastore|${name}|space`, `The datastore ${name} has room again`),
  };
  const isModeNews = before !== undefined && before.mode !== now.mode;
  const mode: Occurrence = {
    ...common,
    event: "datastore.mode-changed",
    severity: "info",
    title: `The datastore ${name} is now ${now.mode ?? "in normal use"}`,
    text: statusReason ?? "",
    isKept: true,
  };
  // While nobody knows how much is free, nothing is said about it.
  return [offline, ...(isSpaceLow === undefined ? [] : [space]), ...(isModeNews ? [mode] : [])];
}

/** Open while it is so, over when it is not. */
function stateOf(
  isSo: boolean,
  key: string,
  endTitle: string,
): Pick<Occurrence, "opens" | "part" | "resolves" | "isOnlyEnd" | "isKept"> & { readonly title?: string } {
  return isSo
    ? { opens: key, part: STATE, isKept: true }
    : { resolves: [key], isOnlyEnd: true, isKept: false, title: endTitle };
}

export function workerChanged({ name, state }: Worker, at: number): Occurrence | undefined {
  const key = `worker|${name}|lost`;
  const common = { event: "worker.lost", at, audience: "platform" } as const;
  if (state === "lost")
    return {
      ...common,
      severity: "error",
      title: `The worker ${name} is lost`,
      text: "Its process ended or does not answer; what it ran has failed.",
      remedy:
        "It is started again by itself. If that happens often, look for out-of-memory kills in the kernel's log.",
      opens: key,
      part: STATE,
      isKept: true,
    };
  return {
    ...common,
    severity: "info",
    title: `The worker ${name} is back`,
    text: "",
    resolves: [key],
    isOnlyEnd: true,
    isKept: false,
  };
}

export function certificateRenewed(at: number, fingerprint: string): Occurrence {
  return {
    at,
    audience: "platform",
    isKept: true,
    event: "certificate.renewed",
    severity: "info",
    title: "The server has another certificate",
    text: `Its fingerprint is now ${fingerprint}. Whoever pinned the old one must take the new one.`,
  };
}

export function serviceStarted({
  at,
  node,
  version,
  hasCrashed,
}: {
  readonly at: number;
  readonly node: string;
  readonly version: string;
  readonly hasCrashed: boolean;
}): Occurrence {
  const common = { at, audience: "platform", isKept: true } as const;
  if (hasCrashed)
    return {
      ...common,
      event: "system.crashed",
      severity: "warning",
      title: `The server on ${node} was ended without a stop and has started again`,
      text: `Version ${version}. What ran then has failed; finished snapshots are untouched.`,
      remedy:
        "After a power cut nothing needs to be done. Otherwise look at the service's log and the kernel's.",
    };
  return {
    ...common,
    event: "system.started",
    severity: "info",
    title: `The server on ${node} has started`,
    text: `Version ${version}.`,
  };
}

export function serviceStopped(at: number, node: string): Occurrence {
  return {
    at,
    audience: "platform",
    isKept: true,
    event: "system.stopped",
    severity: "info",
    title: `The server on ${node} is stopping`,
    text: "Queued tasks run when it starts again.",
  };
}

export function certificateLooked(at: number, warning: string | undefined): Occurrence {
  return {
    at,
    audience: "platform",
    event: "certificate.expiring",
    severity: "warning",
    text: warning ?? "",
    remedy:
      "Put a new certificate into tls/ of the data directory, or remove both files there: the next start makes new ones.",
    title: "The server's certificate expires soon",
    ...stateOf(
      warning !== undefined,
      "certificate|expiring",
      "The server's certificate is good for long again",
    ),
  };
}
