/** Removes the snapshots that the retention does not keep: each group is planned and carried out before the next is looked at. */

import {
  assertInvariant,
  formatGroupRef,
  formatSnapshotRef,
  throwIfCancelled,
  toCodedError,
} from "@ironcore-backup/base";
import type { GroupRef } from "@ironcore-backup/base";
import { createGroupPlanner, executePrune, groupsOf } from "@ironcore-backup/engine";
import type { PlannedGroup, PlannedSnapshot, PruneOutcome } from "@ironcore-backup/engine";
import type { PruneStatistics } from "@ironcore-backup/protocol";
import { scopeOf } from "../datastores/prune-scope.ts";
import { chooseRetention } from "../datastores/retention-choice.ts";
import type { RetentionChoice, RetentionTable } from "../datastores/retention-choice.ts";
import { serverErrors } from "../errors.ts";
import { reachDatastore } from "./datastore-reach.ts";
import type { ReachedDatastore } from "./datastore-reach.ts";
import type { Operation, StageProgress, TaskRun } from "./operation.ts";

/** More are in the log. */
const REPORTED_SNAPSHOT_COUNT_MAX = 10_000;

type Plan = PlannedGroup<RetentionChoice>;

export const runPrune: Operation = async (run) => {
  const { parameters } = run;
  assertInvariant(parameters.type === "prune", "a prune gets a prune's parameters");
  const { request, datastore: location, retentions } = parameters;
  const reached = reachDatastore(run, location);
  const scope = scopeOf(request);
  const groups = groupsOf(reached.needs, reached.datastore, scope);
  run.log("info", "PRUNE_STARTED", `Prune of ${countOf(groups.length, "group")}`, {
    groupCount: groups.length,
  });
  const pass = new PrunePass(run, groups.length, { isOnlyGroup: "group" in scope });
  const planner = createGroupPlanner(reached.needs, reached.datastore, (place) =>
    chooseRetention(retentions, place),
  );
  for (const group of groups) {
    throwIfCancelled(run.signal);
    await pruneGroup(run, reached, { group, planner, retentions, pass });
  }
  pass.end();
};

async function pruneGroup(
  run: TaskRun,
  { needs, datastore }: ReachedDatastore,
  {
    group,
    planner,
    retentions,
    pass,
  }: {
    readonly group: GroupRef;
    readonly planner: (group: GroupRef) => Plan;
    readonly retentions: RetentionTable;
    readonly pass: PrunePass;
  },
): Promise<void> {
  const plan = pass.plan(group, planner);
  if (plan === undefined) return;
  logPlan(run, plan, retentions);
  const outcomes = executePrune(needs, datastore, plan, {
    signal: run.signal,
    beforeRemove: () => run.confirm(),
  });
  for await (const outcome of outcomes) pass.take(outcome.planned, outcome);
  pass.endGroup(plan);
}

/** What stays and why comes before anything goes. */
function logPlan(run: TaskRun, { group, snapshots }: Plan, retentions: RetentionTable): void {
  const name = formatGroupRef(group);
  const removeCount = snapshots.filter(({ decision }) => decision.action === "remove").length;
  // Snapshots of a job with a retention of its own go by that one.
  const jobs = new Set(snapshots.map(({ job }) => job));
  const rules = [...jobs].map((job) =>
    describe(chooseRetention(retentions, { namespace: group.namespace, job }).effective),
  );
  const by = [...new Set(rules)].toSorted().join("; ");
  const message = `${name}: ${snapshots.length - removeCount} stay, ${removeCount} go, by ${by}`;
  run.log("info", "GROUP_PLANNED", message, { group: name, removeCount });
  for (const { snapshot, decision } of snapshots) {
    const level = decision.action === "keep" ? "debug" : "info";
    const code = decision.action === "keep" ? "SNAPSHOT_STAYS" : "SNAPSHOT_GOES";
    run.log(level, code, `${formatSnapshotRef(snapshot)} ${decision.action}: ${decision.message}`, {
      snapshot: formatSnapshotRef(snapshot),
      reason: decision.reason,
    });
  }
}

function describe({ retention, level, setOn, timeZone }: RetentionChoice["effective"]): string {
  const windows = Object.entries(retention)
    .filter(([name, count]) => name.startsWith("keep") && Number(count) > 0)
    .map(([name, count]) => `${name.replace("keep", "keep-").toLowerCase()} ${count}`);
  const text = windows.length === 0 ? "no retention" : `${windows.join(", ")} in ${timeZone}`;
  const places = {
    request: "this prune",
    job: "the job",
    namespace: "the namespace",
    datastore: "the datastore",
  };
  return level === "none" ? text : `${text} (set on ${[places[level], setOn].filter(Boolean).join(" ")})`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The sums of a prune, its one stage, and how it ends. */
class PrunePass {
  readonly #run: TaskRun;
  readonly #stage: StageProgress;
  readonly #startedMs: number;
  /** Asked for by its name: then it has to be there. */
  readonly #isOnlyGroup: boolean;
  readonly #removed: string[] = [];
  #removedCount = 0;
  #keptCount = 0;
  #inUseCount = 0;
  #groupCount = 0;
  #failedCount = 0;
  #firstFailure: { readonly first: string; readonly reason: string } | undefined;

  constructor(run: TaskRun, groupCount: number, options: { readonly isOnlyGroup: boolean }) {
    this.#run = run;
    this.#isOnlyGroup = options.isOnlyGroup;
    this.#stage = run.stage("prune");
    this.#startedMs = run.clock.elapsedMs();
    this.#stage.update({ doneItems: 0, totalItems: groupCount });
  }

  /** Undefined when the group is gone since it was listed. */
  plan(group: GroupRef, planner: (group: GroupRef) => Plan): Plan | undefined {
    const name = formatGroupRef(group);
    this.#stage.update({ current: name });
    try {
      return planner(group);
    } catch (thrown) {
      if (this.#isOnlyGroup || toCodedError(thrown).code !== "GROUP_MISSING") throw thrown;
      this.#run.log("info", "GROUP_GONE", `${name} was forgotten meanwhile`, { group: name });
      return undefined;
    }
  }

  take({ snapshot }: PlannedSnapshot<RetentionChoice>, result: PruneOutcome): void {
    const name = formatSnapshotRef(snapshot);
    switch (result.outcome) {
      case "removed":
        this.#removedCount++;
        if (this.#removed.length < REPORTED_SNAPSHOT_COUNT_MAX) this.#removed.push(name);
        // At once: a prune that is cut short has removed it all the same.
        this.#run.setStatistics({ kind: "prune", prune: this.#statistics() });
        this.#run.log("info", "SNAPSHOT_REMOVED", `${name} is removed`, { snapshot: name });
        return;
      case "gone":
        this.#run.log("info", "SNAPSHOT_GONE", `${name} was gone already`, { snapshot: name });
        return;
      case "protected":
        this.#keptCount++;
        this.#run.log("info", "SNAPSHOT_PROTECTED", `${name} stays: it was protected just now`, {
          snapshot: name,
        });
        return;
      case "in-use":
        this.#inUseCount++;
        this.#run.log("info", "SNAPSHOT_IN_USE", `${name} stays for now: something uses it`, {
          snapshot: name,
        });
        return;
      case "failed":
        this.#failedCount++;
        this.#firstFailure ??= { first: name, reason: result.error.message };
        this.#run.log("error", result.error.code, `${name} could not be removed: ${result.error.message}`, {
          snapshot: name,
        });
    }
  }

  endGroup({ snapshots }: Plan): void {
    this.#groupCount++;
    this.#keptCount += snapshots.filter(({ decision }) => decision.action === "keep").length;
    this.#stage.update({ doneItems: this.#groupCount });
    this.#run.setStatistics({ kind: "prune", prune: this.#statistics() });
  }

  #statistics(): PruneStatistics {
    return {
      durationMs: Math.round(this.#run.clock.elapsedMs() - this.#startedMs),
      groupCount: this.#groupCount,
      keptCount: this.#keptCount,
      removedCount: this.#removedCount,
      inUseCount: this.#inUseCount,
      removed: this.#removed,
    };
  }

  /** @throws SNAPSHOTS_NOT_REMOVED */
  end(): void {
    this.#stage.end();
    this.#run.setStatistics({ kind: "prune", prune: this.#statistics() });
    if (this.#firstFailure !== undefined)
      throw serverErrors.SNAPSHOTS_NOT_REMOVED({ failedCount: this.#failedCount, ...this.#firstFailure });
    const removed = countOf(this.#removedCount, "snapshot");
    const kept = `${this.#keptCount + this.#inUseCount} kept in ${countOf(this.#groupCount, "group")}`;
    const message = `Finished: ${removed} removed, ${kept}`;
    this.#run.log("info", "PRUNE_FINISHED", message, {
      removedCount: this.#removedCount,
      keptCount: this.#keptCount,
      inUseCount: this.#inUseCount,
    });
  }
}
