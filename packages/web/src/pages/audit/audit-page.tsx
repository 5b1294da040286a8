/** Who changed what, and who signed in: the newest first, done or refused. */

import { Button, TextInput } from "@mantine/core";
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Client } from "@ironcore-backup/client";
import type { AuditEntry, AuditQuery } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { When } from "../../parts/instant.tsx";
import { Mark } from "../../parts/mark.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { useNeeds } from "../../session/needs.tsx";
import type { AuditSearch } from "./audit-search.ts";
import table from "../../parts/wide-table.module.css";
import styles from "./audit.module.css";

const PAGE_LENGTH = 100;
const REFRESH_MS = 30_000;

const auditQuery = (client: Client, query: AuditQuery) =>
  infiniteQueryOptions({
    queryKey: ["audit", query],
    queryFn: ({ signal, pageParam }) =>
      client.call("listAudit", {
        query: { ...query, limit: PAGE_LENGTH, ...(pageParam === undefined ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
    retry: false,
  });

export function AuditPage() {
  const { client } = useNeeds();
  const { user, action, q } = useSearch({ from: "/shell/audit" });
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    auditQuery(client, {
      ...(user === undefined ? {} : { user }),
      ...(action === undefined ? {} : { action }),
      ...(q === undefined ? {} : { text: q }),
    }),
  );
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <>
      <PageHead title="Audit Log" />
      <Filters />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data !== undefined && entries.length === 0 && (
        <EmptyState>
          {hasNextPage
            ? "Nothing fits among the newest entries; older ones may."
            : "Nothing that fits was written down."}
        </EmptyState>
      )}
      {entries.length > 0 && (
        <div className={table["wide"]} tabIndex={0} role="group" aria-label="Entries of the audit log">
          <table className={table["table"]}>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">To what</th>
                <th scope="col">Outcome</th>
                <th scope="col">Details</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {hasNextPage && (
        <div className={styles["more"]}>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older
          </Button>
        </div>
      )}
    </>
  );
}

const FIELDS = [
  ["user", "User", "eve@ibs"],
  ["action", "Action", "login.failed"],
  ["q", "Text", "address, subject, detail"],
] as const satisfies readonly (readonly [keyof AuditSearch, string, string])[];

function Filters() {
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/audit" });
  const take = (field: keyof AuditSearch, value: string): void => {
    const { [field]: _before, ...rest } = search;
    void navigate({ to: "/audit", search: value === "" ? rest : { ...rest, [field]: value }, replace: true });
  };
  return (
    <div className={styles["filters"]}>
      {FIELDS.map(([field, label, placeholder]) => (
        <TextInput
          key={field}
          size="xs"
          aria-label={label}
          placeholder={`${label}: ${placeholder}`}
          leftSection={<Icon name="search" size={14} />}
          value={search[field] ?? ""}
          onChange={(event) => take(field, event.currentTarget.value.trimStart())}
        />
      ))}
    </div>
  );
}

function Row({ entry }: { readonly entry: AuditEntry }) {
  const { at, authId, address, action, subject, outcome, detail } = entry;
  const details = Object.entries(detail).map(([name, value]) => `${name}: ${String(value)}`);
  return (
    <tr>
      <td>
        <When at={at} />
      </td>
      <td>
        {authId}
        <small className="quiet">{address}</small>
      </td>
      <td>
        <code>{action}</code>
      </td>
      <td>{subject}</td>
      <td>
        {outcome === "done" ? (
          <Mark tone="ok" icon="ok" word="done" rule="It was allowed, and it was done" />
        ) : (
          <Mark tone="failed" icon="failed" word="refused" rule="It was tried, and nothing was changed" />
        )}
      </td>
      <td className={styles["details"]}>{details.join(", ")}</td>
    </tr>
  );
}
