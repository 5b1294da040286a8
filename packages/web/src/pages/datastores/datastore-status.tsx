/** How a datastore stands, as sign and word, with the rule behind it. */

import type { Datastore } from "@ironcore-backup/protocol/calls";
import { Mark } from "../../parts/mark.tsx";
import type { MarkWords } from "../../parts/mark.tsx";

const STATUS_WORDS: Readonly<Record<Datastore["status"], MarkWords>> = {
  online: {
    tone: "ok",
    icon: "ok",
    word: "online",
    rule: "Its path is there and is the store that it should be",
  },
  offline: {
    tone: "failed",
    icon: "failed",
    word: "offline",
    rule: "Its path is gone, or another store lies there: nothing is read or written",
  },
  "read-only": {
    tone: "warning",
    icon: "lock",
    word: "read-only",
    rule: "Restores and verifications run; nothing is written into it",
  },
  maintenance: {
    tone: "warning",
    icon: "pause",
    word: "maintenance",
    rule: "The server does not touch it; no task starts on it",
  },
};

export function DatastoreStatusMark({ status, statusReason }: Pick<Datastore, "status" | "statusReason">) {
  const words = STATUS_WORDS[status];
  return (
    <Mark {...words} rule={statusReason === undefined ? words.rule : `${words.rule}. ${statusReason}`} />
  );
}
