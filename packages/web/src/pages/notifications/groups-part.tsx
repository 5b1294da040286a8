/** Who hears of something, and how: groups of targets with what they tell. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { NotificationGroup } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Mark } from "../../parts/mark.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { groupsQuery } from "../../session/inbox-query.ts";
import { useMay, useNeeds, useWhoami } from "../../session/needs.tsx";
import { isAllowedSomewhere } from "../../session/privilege.ts";
import { GroupDialog } from "./group-dialog.tsx";
import { RowActions } from "./row-actions.tsx";
import table from "../../parts/wide-table.module.css";
import styles from "./notifications.module.css";

export function GroupsPart() {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(groupsQuery(client));
  const whoami = useWhoami();
  const mayMake = whoami !== undefined && isAllowedSomewhere(whoami, "notification.manage");
  const [edited, setEdited] = useState<NotificationGroup | "new" | undefined>();
  return (
    <section aria-label="Groups">
      <div className={styles["tableHead"]}>
        <p className="quiet">
          A group hears of the runs of jobs that name it, of the datastores that name it, and of what a rule
          leads to it.
        </p>
        {mayMake && (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setEdited("new")}>
            New group
          </Button>
        )}
      </div>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState command="ironcore-backup notification group create ops --target mail">
          Nobody but the inbox hears of anything. Make a group of targets:
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <div className={table["wide"]} tabIndex={0} role="group" aria-label="Table of groups">
          <table className={table["table"]}>
            <thead>
              <tr>
                <th scope="col">Group</th>
                <th scope="col">Targets</th>
                <th scope="col">Tells</th>
                <th scope="col">Hears of</th>
                <th scope="col">
                  <span className="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((group) => (
                <Row key={group.name} group={group} onEdit={() => setEdited(group)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {edited !== undefined && (
        <GroupDialog {...(edited === "new" ? {} : { group: edited })} onClose={() => setEdited(undefined)} />
      )}
    </section>
  );
}

function Row({ group, onEdit }: { readonly group: NotificationGroup; readonly onEdit: () => void }) {
  const { client } = useNeeds();
  const {
    name,
    project,
    comment,
    enabled,
    targets,
    severityMin = "warning",
    include = [],
    exclude = [],
  } = group;
  const { digest = "none", digestHour = 7, remindHours = 24, jobs, datastores, rules } = group;
  const may = useMay("notification.manage", { project });
  const remove = useNotificationChange({
    run: () => client.call("removeNotificationGroup", { params: { group: name } }),
    failed: "The group was not removed",
  });
  const users = [
    ...jobs.map((job) => `job ${job}`),
    ...datastores.map((datastore) => `datastore ${datastore}`),
    ...rules.map((rule) => `rule ${rule}`),
  ];
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        <small className="quiet">{[project, comment].filter(Boolean).join(" · ")}</small>
        {!enabled && (
          <Mark tone="queued" icon="pause" word="disabled" rule="Tells nothing until it is enabled" />
        )}
      </td>
      <td>
        {targets.length === 0 ? <span className="quiet">none: it tells nobody</span> : targets.join(", ")}
      </td>
      <td>
        <span>{severityMin === "info" ? "everything" : `${severityMin} and above`}</span>
        <small className="quiet">
          {[
            include.length > 0 ? `always ${include.join(", ")}` : "",
            exclude.length > 0 ? `never ${exclude.join(", ")}` : "",
            digest === "hourly" ? "every hour together" : "",
            digest === "daily" ? `once a day at ${digestHour}:00` : "",
            remindHours === 0 ? "never again" : `again after ${remindHours} h`,
          ]
            .filter(Boolean)
            .join("; ")}
        </small>
      </td>
      <td>{users.length === 0 ? <span className="quiet">nothing yet</span> : users.join(", ")}</td>
      <td>
        {may && (
          <RowActions name={name} note="Its targets stay." onEdit={onEdit} onRemove={() => remove.mutate()} />
        )}
      </td>
    </tr>
  );
}
