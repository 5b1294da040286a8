/** Below the answer on real groups: which retention was applied, what it would free, and the prune itself. */

import { useState } from "react";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { formatSize } from "@ironcore-backup/base";
import type { PrunePlan, PrunePlanRequest } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { CommandLine } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { formatAbsolute } from "../../parts/instant-text.ts";
import { formatOrigin, formatRetention, retentionOptions } from "../../parts/retention-text.ts";
import { countOf } from "../../parts/stage-text.ts";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { prunePlanQuery } from "../../session/datastore-query.ts";
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
        {plan.removeCount > 0 && <Freed key={JSON.stringify(request)} request={request} />}
        <PruneNow request={request} plan={plan} />
      </div>
    </div>
  );
}

/** Worked out only for whom asks: every index of the datastore is read for it. */
function Freed({ request }: Pick<PlanProps, "request">) {
  const { client } = useNeeds();
  const [isAsked, setAsked] = useState(false);
  const { data, error, isFetching, refetch } = useQuery({
    ...prunePlanQuery(client, { ...request, withFreedBytes: true }),
    enabled: isAsked,
  });
  if (error !== null) return <ErrorCard error={error} onRetry={() => void refetch()} />;
  if (data === undefined) {
    return (
      <Button
        variant="default"
        loading={isFetching}
        title="Reads every index of the datastore: a while on a large one"
        onClick={() => setAsked(true)}
      >
        How much would it free?
      </Button>
    );
  }
  return <p role="status">{freedWords(data)}</p>;
}

function freedWords({ freedBytes, freeableNowBytes = 0, allFreeableAt, ...plan }: PrunePlan): string {
  if (freedBytes === undefined) return `What it would free is not known. ${plan.freedUnknownBecause ?? ""}`;
  if (freedBytes === 0) return "It would free nothing: other snapshots use all of its chunks.";
  const then = `It would free ${formatSize(freedBytes)} with garbage collection`;
  if (freeableNowBytes >= freedBytes || allFreeableAt === undefined) return `${then}, right away.`;
  const now = freeableNowBytes === 0 ? "" : `, ${formatSize(freeableNowBytes)} of it right away`;
  return `${then}${now}, all of it from ${formatAbsolute(allFreeableAt)} on.`;
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
