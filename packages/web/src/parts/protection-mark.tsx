/** How well a workload is protected, as a mark; and the chain behind it, link by link. */

import { Link } from "@tanstack/react-router";
import type {
  ChainLink,
  ChainLinkName,
  LinkState,
  ProtectionState,
  WorkloadProtection,
} from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import { Ago } from "./instant.tsx";
import { Mark } from "./mark.tsx";
import type { MarkWords } from "./mark.tsx";
import styles from "./protection.module.css";

const STATE_WORDS: Readonly<Record<ProtectionState, MarkWords>> = {
  unprotected: {
    tone: "failed",
    icon: "failed",
    word: "UNPROTECTED",
    rule: "No scheduled job backs it up, or its job has never succeeded though it should have",
  },
  "at-risk": {
    tone: "failed",
    icon: "warning",
    word: "AT RISK",
    rule: "A newer backup is due, or there is none yet",
  },
  weak: {
    tone: "warning",
    icon: "warning",
    word: "WEAK",
    rule: "It is backed up; another link of the chain is missing or stale",
  },
  protected: {
    tone: "ok",
    icon: "ok",
    word: "PROTECTED",
    rule: "Everything was done when it should have been",
  },
};

export function ProtectionMark({ state }: { readonly state: ProtectionState }) {
  return <Mark {...STATE_WORDS[state]} />;
}

const LINK_WORDS: Readonly<Record<ChainLinkName, string>> = {
  backup: "Backup",
  verify: "Verification",
  drill: "Drill",
  prune: "Prune",
  gc: "Garbage collection",
};
const LINK_SIGNS: Readonly<Record<LinkState, { readonly icon: IconName; readonly word: string }>> = {
  fresh: { icon: "ok", word: "fresh" },
  waiting: { icon: "queued", word: "waiting" },
  stale: { icon: "stale", word: "stale" },
  none: { icon: "cancelled", word: "none" },
};

export function ProtectionChain({ protection }: { readonly protection: WorkloadProtection }) {
  return (
    <ol className={styles["chain"]} aria-label={`Protection of ${protection.workload}`}>
      {protection.links.map((link) => (
        <ChainItem key={link.link} link={link} />
      ))}
    </ol>
  );
}

function ChainItem({ link }: { readonly link: ChainLink }) {
  const { icon, word } = LINK_SIGNS[link.state];
  return (
    <li className={styles["link"]} data-state={link.state}>
      <span className={styles["linkHead"]}>
        <Icon name={icon} size={14} />
        <strong>{LINK_WORDS[link.link]}</strong>
        <span>{word}</span>
        {link.lastAt !== undefined && <Ago at={link.lastAt} />}
      </span>
      <span className={styles["linkWords"]}>{link.message}</span>
      {link.job !== undefined && (
        <Link to="/jobs/$job" params={{ job: link.job }}>
          {link.job}
        </Link>
      )}
    </li>
  );
}
