/** The backup groups of one namespace: each is one source that is backed up, and leads to its snapshots. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { Group } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { EmptyState } from "../../../parts/empty-state.tsx";
import { ErrorCard } from "../../../parts/error-card.tsx";
import { Ago } from "../../../parts/instant.tsx";
import { useRowWalk } from "../../../parts/row-walk.ts";
import { countOf, formatCount } from "../../../parts/stage-text.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { groupsQuery } from "../../../session/datastore-query.ts";
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
    <section className={styles["card"]} aria-label="Backup groups">
      <ListHead
        datastore={datastore}
        namespace={namespace}
        words={data === undefined ? "" : countOf(data.length, "group")}
        actions={<NamespaceMenu datastore={datastore} namespace={namespace} isEmpty={data?.length === 0} />}
      />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState command={backupCommand(datastore, namespace)}>
          No backup lies here yet. The first one makes a group of its own:
        </EmptyState>
      )}
      {groups.length > 0 && (
        <div className={styles["groupHead"]} aria-hidden="true">
          <span>Group</span>
          <span>Newest snapshot</span>
          <span className="number">Snapshots</span>
          <span>Owner</span>
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
  const { type, id, notes, owner, snapshotCount, protectedCount, newestBackupTime, running } = group;
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
        {notes !== undefined && notes !== "" && <span className={styles["note"]}>{firstLine(notes)}</span>}
      </span>
      <span className={styles["newest"]}>
        {running && <span className={styles["running"]}>backup running</span>}
        {newestBackupTime === undefined ? (
          !running && <span className="quiet">none finished yet</span>
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
            title={`${formatCount(protectedCount)} protected: never pruned`}
          >
            <Icon name="shield" size={13} />
            <span className="hidden-visually">{protectedCount} protected, </span>
          </span>
        )}
        {formatCount(snapshotCount)}
      </span>
      <span className={styles["owner"]}>{owner ?? "nobody"}</span>
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
