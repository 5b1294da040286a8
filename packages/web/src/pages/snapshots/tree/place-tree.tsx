/** Datastores, and below the one that is looked at its namespaces. Each is an address. */

import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { Datastore, NamespaceRow } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { useRowWalk } from "../../../parts/row-walk.ts";
import { formatCount } from "../../../parts/stage-text.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { namespacesQuery } from "../../../session/datastore-query.ts";
import { t } from "../../../texts/texts.ts";
import type { SnapshotAddress } from "../use-snapshot-address.ts";
import styles from "./place-tree.module.css";

export function PlaceTree({
  datastores,
  address,
}: {
  readonly datastores: readonly Datastore[];
  readonly address: SnapshotAddress;
}) {
  const walk = useRowWalk<HTMLElement>();
  return (
    <nav
      className={styles["tree"]}
      aria-label={t("snapshots.page.places")}
      ref={walk.ref}
      onKeyDown={walk.onKeyDown}
    >
      <ul>
        {datastores.map(({ name, status }) => {
          const isHere = name === address.datastore;
          return (
            <li key={name}>
              <Link
                to="/snapshots/$datastore"
                params={{ datastore: name }}
                className={styles["place"]}
                data-walk={name}
                data-here={isHere && address.namespace === ""}
                aria-current={isHere && address.namespace === "" ? "true" : undefined}
                activeOptions={{ exact: true }}
              >
                <Icon name="datastore" size={15} />
                <span className={styles["name"]}>{name}</span>
                {isHere && <RootDamage datastore={name} />}
                {status !== "online" && <span className={styles["status"]}>{status}</span>}
              </Link>
              {isHere && <Namespaces datastore={name} here={address.namespace} />}
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Namespaces({ datastore, here }: { readonly datastore: string; readonly here: string }) {
  const { client } = useNeeds();
  const { data } = useQuery(namespacesQuery(client, datastore));
  const inside = (data ?? []).filter(({ namespace }) => namespace !== "");
  if (inside.length === 0) return null;
  return (
    <ul>
      {[...inside]
        .sort((a, b) => compareNames(a.namespace, b.namespace))
        .map((row) => (
          <li key={row.namespace}>
            <NamespaceLink datastore={datastore} row={row} isHere={row.namespace === here} />
          </li>
        ))}
    </ul>
  );
}

function NamespaceLink({
  datastore,
  row: { namespace, groupCount, snapshotCount, damagedCount },
  isHere,
}: {
  readonly datastore: string;
  readonly row: NamespaceRow;
  readonly isHere: boolean;
}) {
  const parts = namespace.split("/");
  return (
    <Link
      to="/snapshots/$datastore"
      params={{ datastore }}
      search={{ namespace }}
      className={styles["place"]}
      style={{ paddingLeft: `${8 + parts.length * 14}px` }}
      data-walk={`${datastore}:${namespace}`}
      data-here={isHere}
      aria-current={isHere ? "true" : undefined}
      title={t("snapshots.page.countsIn", {
        place: namespace,
        snapshots: t("common.count.snapshot", { count: snapshotCount }),
        groups: t("common.count.group", { count: groupCount }),
      })}
    >
      <Icon name="namespace" size={14} />
      <span className={styles["name"]}>
        <span className="hidden-visually">{parts.slice(0, -1).map((part) => `${part}/`)}</span>
        {parts.at(-1)}
      </span>
      <TreeDamage count={damagedCount} />
      <span className={styles["count"]}>{formatCount(groupCount)}</span>
    </Link>
  );
}

/** Of the datastore's root itself; its namespaces have their own. */
function RootDamage({ datastore }: { readonly datastore: string }) {
  const { client } = useNeeds();
  const { data } = useQuery(namespacesQuery(client, datastore));
  return <TreeDamage count={data?.find(({ namespace }) => namespace === "")?.damagedCount} />;
}

/** There is room for a sign and a number; what they mean is read out, and said on hover. */
function TreeDamage({ count }: { readonly count: number | undefined }) {
  if (count === undefined || count === 0) return null;
  return (
    <span className={styles["damaged"]} title={t("snapshots.damage.countRule", { count })}>
      <Icon name="failed" size={13} />
      <span className="hidden-visually">{t("snapshots.damage.countRule", { count })}</span>
      <span aria-hidden="true">{formatCount(count)}</span>
    </span>
  );
}

/** What is inside comes right after what it is inside of: `a`, `a/b`, `a-b`. */
function compareNames(a: string, b: string): number {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = (left[at] ?? "").localeCompare(right[at] ?? "");
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
