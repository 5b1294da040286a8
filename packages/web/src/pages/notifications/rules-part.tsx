/** What is led to which groups. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { NotificationRule, RuleMatch } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Mark } from "../../parts/mark.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { rulesQuery } from "../../session/inbox-query.ts";
import { useMay, useNeeds, useWhoami } from "../../session/needs.tsx";
import { isAllowedSomewhere } from "../../session/privilege.ts";
import { RuleDialog } from "./rule-dialog.tsx";
import { RowActions } from "./row-actions.tsx";
import table from "../../parts/wide-table.module.css";
import styles from "./notifications.module.css";

export function RulesPart() {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(rulesQuery(client));
  const whoami = useWhoami();
  const mayMake = whoami !== undefined && isAllowedSomewhere(whoami, "notification.manage");
  const [edited, setEdited] = useState<NotificationRule | "new" | undefined>();
  return (
    <section aria-label="Rules">
      <div className={styles["tableHead"]}>
        <p className="quiet">
          A rule leads what fits it to its groups, beside the groups that jobs and datastores name.
        </p>
        {mayMake && (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setEdited("new")}>
            New rule
          </Button>
        )}
      </div>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState command="ironcore-backup notification rule create all --group ops">
          No rule yet. One without any filter leads everything to its groups:
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <div className={table["wide"]} tabIndex={0} role="group" aria-label="Table of rules">
          <table className={table["table"]}>
            <thead>
              <tr>
                <th scope="col">Rule</th>
                <th scope="col">Fits</th>
                <th scope="col">Leads to</th>
                <th scope="col">
                  <span className="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((rule) => (
                <Row key={rule.name} rule={rule} onEdit={() => setEdited(rule)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {edited !== undefined && (
        <RuleDialog {...(edited === "new" ? {} : { rule: edited })} onClose={() => setEdited(undefined)} />
      )}
    </section>
  );
}

function Row({ rule, onEdit }: { readonly rule: NotificationRule; readonly onEdit: () => void }) {
  const { client } = useNeeds();
  const { name, project, comment, enabled, match, groups } = rule;
  const may = useMay("notification.manage", { project });
  const remove = useNotificationChange({
    run: () => client.call("removeNotificationRule", { params: { rule: name } }),
    failed: "The rule was not removed",
  });
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        <small className="quiet">{[project, comment].filter(Boolean).join(" · ")}</small>
        {!enabled && (
          <Mark tone="queued" icon="pause" word="disabled" rule="Leads nothing until it is enabled" />
        )}
      </td>
      <td>{matchText(match)}</td>
      <td>{groups.length === 0 ? <span className="quiet">nobody</span> : groups.join(", ")}</td>
      <td>
        {may && (
          <RowActions name={name} note="Its groups stay." onEdit={onEdit} onRemove={() => remove.mutate()} />
        )}
      </td>
    </tr>
  );
}

const MATCH_WORDS: Readonly<Record<keyof RuleMatch, string>> = {
  events: "events",
  severityMin: "from",
  types: "tasks",
  projects: "projects",
  datastores: "datastores",
  jobs: "jobs",
  workloads: "workloads",
};

export function matchText(match: RuleMatch): string {
  const { events, severityMin, types, projects, datastores, jobs, workloads } = match;
  const lists = { events, types, projects, datastores, jobs, workloads };
  const parts = Object.entries(lists).flatMap(([field, list]) =>
    // The table above has a word for each.
    list === undefined ? [] : [`${MATCH_WORDS[field as keyof RuleMatch]} ${list.join(", ")}`],
  );
  const all = [...parts, ...(severityMin === undefined ? [] : [`${MATCH_WORDS.severityMin} ${severityMin}`])];
  return all.length === 0 ? "everything" : all.join("; ");
}
