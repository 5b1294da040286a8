/** Below the answer on real groups: which retention was applied, what it would free, and the prune itself. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { PrunePlan, PrunePlanRequest } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { CommandLine } from "../../parts/empty-state.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { formatOrigin, formatRetention, retentionOptions } from "../../parts/retention-text.ts";
import { countOf } from "../../parts/stage-text.ts";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { useMay, useNeeds } from "../../session/needs.tsx";
import styles from "./prune-simulator.module.css";

interface PlanProps {
  readonly request: PrunePlanRequest;
  readonly plan: PrunePlan;
}

const RETENTION_SHOWN_MAX = 4;

export function PlanFoot({ request, plan }: PlanProps) {
  const shown = plan.retentions.slice(0, RETENTION_SHOWN_MAX);
  return (
    <div className={styles["foot"]}>
      <ul className={styles["applied"]}>
        {shown.map((applied) => (
          <li key={`${applied.level} ${applied.setOn ?? ""}`}>
            Keeps <b>{formatRetention(applied.retention)}</b>{" "}
            <span className="quiet">
              ({formatOrigin(applied)}; days begin in {applied.timeZone})
            </span>
          </li>
        ))}
        {plan.retentions.length > shown.length && (
          <li className="quiet">and {countOf(plan.retentions.length - shown.length, "more retention")}</li>
        )}
      </ul>
      <div className={styles["actions"]}>
        <PruneNow request={request} plan={plan} />
      </div>
    </div>
  );
}

function PruneNow({ request, plan }: PlanProps) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const { datastore, namespace } = request;
  const may = useMay("prune.start", { datastore, namespace });
  const start = useDatastoreChange({
    datastore,
    run: () => client.call("startPrune", { body: request }),
    failed: "The prune was not started",
    onDone: ({ upid }) => void navigate({ to: "/tasks/$upid", params: { upid } }),
  });
  if (!may || plan.removeCount === 0) return null;
  return (
    <>
      <Button variant="default" leftSection={<Icon name="prune" size={14} />} onClick={() => setAsking(true)}>
        Prune now …
      </Button>
      <FormDialog
        title={`Remove ${countOf(plan.removeCount, "snapshot")}?`}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        submit="Prune now"
        isBusy={start.isPending}
        isDangerous
        onSubmit={() => start.mutate()}
      >
        <p>
          {countOf(plan.removeCount, "snapshot")} of <strong>{request.group ?? placeOf(request)}</strong> that
          this retention does not keep cannot be restored afterwards. {countOf(plan.keepCount, "snapshot")}{" "}
          stay.
        </p>
        <p className="quiet">It is worked out anew when the task runs; what came meanwhile counts too.</p>
        <CommandLine command={commandOf(request)} />
      </FormDialog>
    </>
  );
}

function placeOf({ datastore, namespace }: PrunePlanRequest): string {
  return namespace === undefined ? datastore : `${datastore}:${namespace}`;
}

function commandOf({ datastore, namespace, group, retention }: PrunePlanRequest): string {
  return [
    `ironcore-backup prune --datastore ${datastore}`,
    ...(group !== undefined
      ? [`--group ${group}`]
      : namespace !== undefined
        ? [`--namespace ${namespace}`]
        : []),
    ...(retention === undefined ? [] : [retentionOptions(retention)]),
  ].join(" ");
}
