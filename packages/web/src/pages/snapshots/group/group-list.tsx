/** The backup groups of one namespace: each is one source that is backed up, and leads to its snapshots. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { Group } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { EmptyState } from "../../../parts/empty-state.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { Ago } from "../../../parts/instant.tsx";
import { useRowWalk } from "../../../parts/row-walk.ts";
import { formatCount } from "../../../parts/stage-text.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { groupsQuery } from "../../../session/datastore-query.ts";
import { t } from "../../../texts/texts.ts";
import { DamageCount } from "./damage-count.tsx";
import { ListHead } from "./list-head.tsx";
import { NamespaceMenu } from "./namespace-menu.tsx";
import styles from "./group.module.css";

export function GroupList({
  datastore,
  namespace,
}: {
  readonly datastore: string;
  readonly namespace: string;
}) {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(groupsQuery(client, datastore, namespace));
  const walk = useRowWalk<HTMLUListElement>();
  const groups = [...(data ?? [])].sort(newestFirst);
  return (
    <section className={styles["card"]} aria-label={t("snapshots.group.list")}>
      <ListHead
        datastore={datastore}
        namespace={namespace}
        words={data === undefined ? "" : t("common.count.group", { count: data.length })}
        actions={<NamespaceMenu datastore={datastore} namespace={namespace} isEmpty={data?.length === 0} />}
      />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState command={backupCommand(datastore, namespace)}>{t("snapshots.group.none")}</EmptyState>
      )}
      {groups.length > 0 && (
        <div className={styles["groupHead"]} aria-hidden="true">
          <span>{t("snapshots.group.group")}</span>
          <span>{t("snapshots.group.newest")}</span>
          <span className="number">{t("snapshots.group.snapshots")}</span>
          <span>{t("snapshots.group.owner")}</span>
        </div>
      )}
      <ul className={styles["scroller"]} ref={walk.ref} onKeyDown={walk.onKeyDown}>
        {groups.map((group) => (
          <li key={group.group}>
            <GroupRow datastore={datastore} group={group} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function GroupRow({ datastore, group }: { readonly datastore: string; readonly group: Group }) {
  const { type, id, notes, owner, snapshotCount, protectedCount, damagedCount, newestBackupTime, running } =
    group;
  return (
    <Link
      to="/snapshots/$datastore"
      params={{ datastore }}
      search={{ group: group.group }}
      className={styles["groupRow"]}
      data-walk={group.group}
    >
      <span className={styles["groupName"]}>
        <span className="quiet">{type}/</span>
        <strong>{id}</strong>
        <DamageCount count={damagedCount} />
        {notes !== undefined && notes !== "" && <span className={styles["note"]}>{firstLine(notes)}</span>}
      </span>
      <span className={styles["newest"]}>
        {running && <span className={styles["running"]}>{t("snapshots.group.running")}</span>}
        {newestBackupTime === undefined ? (
          !running && <span className="quiet">{t("snapshots.group.noneFinished")}</span>
        ) : (
          <span className="quiet">
            <Ago at={newestBackupTime * 1000} />
          </span>
        )}
      </span>
      <span className={`number ${styles["snapshotCount"]}`}>
        {protectedCount > 0 && (
          <span
            className={styles["protected"]}
            title={t("snapshots.group.protectedRule", { count: protectedCount })}
          >
            <Icon name="shield" size={13} />
            <span className="hidden-visually">
              {t("snapshots.group.protectedRead", { count: protectedCount })}{" "}
            </span>
          </span>
        )}
        {formatCount(snapshotCount)}
      </span>
      <span className={styles["owner"]}>{owner ?? t("snapshots.group.nobody")}</span>
    </Link>
  );
}

function newestFirst(a: Group, b: Group): number {
  return (b.newestBackupTime ?? Infinity) - (a.newestBackupTime ?? Infinity) || a.id.localeCompare(b.id);
}

export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function backupCommand(datastore: string, namespace: string): string {
  const place = namespace === "" ? "" : ` --namespace ${namespace}`;
  return `ironcore-backup backup --path /srv --datastore ${datastore}${place} --wait`;
}
