/** How well a workload is protected, as a mark; and the chain behind it, link by link. */

import { Link } from "@tanstack/react-router";
import type {
  ChainLink,
  LinkState,
  ProtectionState,
  WorkloadProtection,
} from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import { t } from "../texts/texts.ts";
import { Ago } from "./instant.tsx";
import { Mark, markOf } from "./mark.tsx";
import type { MarkWords } from "./mark.tsx";
import styles from "./protection.module.css";

const STATE_WORDS: Readonly<Record<ProtectionState, MarkWords>> = {
  unprotected: markOf(
    "failed",
    "failed",
    "parts.protection.unprotected.word",
    "parts.protection.unprotected.rule",
  ),
  "at-risk": markOf("failed", "warning", "parts.protection.atRisk.word", "parts.protection.atRisk.rule"),
  weak: markOf("warning", "warning", "parts.protection.weak.word", "parts.protection.weak.rule"),
  protected: markOf("ok", "ok", "parts.protection.protected.word", "parts.protection.protected.rule"),
};

export function ProtectionMark({ state }: { readonly state: ProtectionState }) {
  return <Mark {...STATE_WORDS[state]} />;
}

const LINK_ICONS: Readonly<Record<LinkState, IconName>> = {
  fresh: "ok",
  waiting: "queued",
  stale: "stale",
  none: "cancelled",
};

export function ProtectionChain({ protection }: { readonly protection: WorkloadProtection }) {
  return (
    <ol className={styles["chain"]} aria-label={t("parts.protection.of", { workload: protection.workload })}>
      {protection.links.map((link) => (
        <ChainItem key={link.link} link={link} />
      ))}
    </ol>
  );
}

function ChainItem({ link }: { readonly link: ChainLink }) {
  return (
    <li className={styles["link"]} data-state={link.state}>
      <span className={styles["linkHead"]}>
        <Icon name={LINK_ICONS[link.state]} size={14} />
        <strong>{t(`parts.protection.${link.link}`)}</strong>
        <span>{t(`parts.protection.${link.state}`)}</span>
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
