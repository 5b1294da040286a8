/** How a notice stands, as colour, shape and word. */

import type { DeliveryState, Notice } from "@ironcore-backup/protocol/calls";
import { Mark } from "../../parts/mark.tsx";
import type { MarkWords } from "../../parts/mark.tsx";

export function NoticeMark({ notice }: { readonly notice: Pick<Notice, "state" | "severity"> }) {
  return <Mark {...wordsOf(notice)} />;
}

function wordsOf({ state, severity }: Pick<Notice, "state" | "severity">): MarkWords {
  if (state === "resolved")
    return { tone: "ok", icon: "ok", word: "resolved", rule: "It was an incident, and it is over" };
  const isOpen = state === "open";
  if (severity === "error")
    return {
      tone: "failed",
      icon: "failed",
      word: isOpen ? "open error" : "error",
      rule: isOpen ? "Something is not as it must be, and goes on" : "Something was not as it must be",
    };
  if (severity === "warning")
    return {
      tone: "warning",
      icon: "warning",
      word: isOpen ? "open warning" : "warning",
      rule: isOpen ? "Look at it when there is time; it goes on" : "Look at it when there is time",
    };
  return { tone: "queued", icon: "bell", word: isOpen ? "open" : "note", rule: "Nothing to do" };
}

const DELIVERY_WORDS: Readonly<Record<DeliveryState, MarkWords>> = {
  waiting: {
    tone: "queued",
    icon: "queued",
    word: "waiting",
    rule: "For its time, its turn, or the next try",
  },
  sending: { tone: "running", icon: "running", word: "sending", rule: "On its way now" },
  delivered: { tone: "ok", icon: "ok", word: "delivered", rule: "The other side took it" },
  dead: {
    tone: "failed",
    icon: "failed",
    word: "given up",
    rule: "Refused for good, or tried for three days",
  },
};

export function DeliveryMark({ state }: { readonly state: DeliveryState }) {
  return <Mark {...DELIVERY_WORDS[state]} />;
}
