/**
 * What a prune would keep and take, and by which rule, on real groups or on a schedule that somebody thinks of. The same
 * code decides as in a real prune, and nothing is deleted here. The whole question stands in the address.
 */

import { useEffect, useMemo } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { withoutAbsent } from "../../parts/search-words.ts";
import { useNeeds } from "../../session/needs.tsx";
import { datastoresQuery } from "../../session/query.ts";
import { prunePlanQuery, pruneSimulationQuery } from "../../session/datastore-query.ts";
import { outcomeOfPlan, outcomeOfSimulation } from "./outcome.ts";
import { OutcomeView } from "./outcome-view.tsx";
import { PlanFoot } from "./plan-foot.tsx";
import { parsePruneSearch, planRequest, simulationRequest } from "./prune-search.ts";
import type { PruneSearch } from "./prune-search.ts";
import { QuestionForm } from "./question-form.tsx";
import styles from "./prune-simulator.module.css";

/** A property that is `undefined` is taken away. */
type Change = { readonly [Key in keyof PruneSearch]?: PruneSearch[Key] | undefined };

export interface PruneAddress {
  readonly search: PruneSearch;
  readonly change: (change: Change) => void;
}

export function PruneSimulatorPage() {
  const { client } = useNeeds();
  const address = usePruneAddress();
  const { search } = address;
  const { data: datastores } = useQuery(datastoresQuery(client));
  const first = datastores?.[0]?.name;
  const { invented, datastore } = search;
  useEffect(() => {
    if (invented !== true && datastore === undefined && first !== undefined)
      address.change({ datastore: first });
  }, [invented, datastore, first, address]);
  return (
    <>
      <PageHead
        title="Prune Simulator"
        aside={
          <span className={styles["promise"]}>
            <Icon name="info" size={14} /> Nothing is deleted here
          </span>
        }
      />
      <div className={styles["page"]}>
        <QuestionForm address={address} datastores={datastores ?? []} />
        {invented === true ? (
          <InventedOutcome address={address} />
        ) : datastores?.length === 0 ? (
          <div className={styles["card"]}>
            <EmptyState command="ironcore-backup datastore create main --path /srv/backups">
              There is no datastore yet. Try an invented schedule, or create a datastore:
            </EmptyState>
          </div>
        ) : (
          <RealOutcome address={address} />
        )}
      </div>
    </>
  );
}

function usePruneAddress(): PruneAddress {
  const search = useSearch({ from: "/shell/prune-simulator" });
  const navigate = useNavigate();
  return useMemo(
    () => ({
      search,
      change: (change) =>
        void navigate({
          to: "/prune-simulator",
          search: (before) => parsePruneSearch(withoutAbsent({ ...parsePruneSearch(before), ...change })),
          replace: true,
          resetScroll: false,
        }),
    }),
    [search, navigate],
  );
}

function RealOutcome({ address }: { readonly address: PruneAddress }) {
  const { client } = useNeeds();
  const request = planRequest(address.search);
  const plan = useQuery({
    ...prunePlanQuery(client, request ?? { datastore: "" }),
    placeholderData: keepPreviousData,
    enabled: request !== undefined,
  });
  const outcome = useMemo(
    () => (plan.data === undefined ? undefined : outcomeOfPlan(plan.data)),
    [plan.data],
  );
  if (plan.error !== null) {
    return <ErrorCard error={plan.error} onRetry={() => void plan.refetch()} />;
  }
  if (outcome === undefined || request === undefined || plan.data === undefined) return <Waiting />;
  return (
    <OutcomeView
      outcome={outcome}
      address={address}
      isOld={plan.isPlaceholderData}
      foot={<PlanFoot request={request} plan={plan.data} />}
    />
  );
}

function InventedOutcome({ address }: { readonly address: PruneAddress }) {
  const { client } = useNeeds();
  const request = useMemo(() => simulationRequest(address.search), [address.search]);
  const simulation = useQuery({
    ...pruneSimulationQuery(client, request),
    placeholderData: keepPreviousData,
  });
  const { retention } = request;
  const outcome = useMemo(
    () => (simulation.data === undefined ? undefined : outcomeOfSimulation(simulation.data, retention)),
    [simulation.data, retention],
  );
  if (simulation.error !== null) {
    return <ErrorCard error={simulation.error} onRetry={() => void simulation.refetch()} />;
  }
  if (outcome === undefined) return <Waiting />;
  return <OutcomeView outcome={outcome} address={address} isOld={simulation.isPlaceholderData} />;
}

function Waiting() {
  return (
    <div className={styles["card"]} role="status">
      <p className={styles["waiting"]}>Working it out …</p>
    </div>
  );
}
