/**
 * What pages ask about one datastore and what lies in it. All of it is asked anew after a task on that datastore ended and
 * after a change that a person made here (`live-cache.ts`).
 */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Client } from "@ironcore-backup/client";
import type { PrunePlanRequest, PruneSimulationRequest } from "@ironcore-backup/protocol/calls";

/** The first words of every key about this datastore. */
export const datastoreKey = (datastore: string) => ["datastore", datastore] as const;

/** A backup group's place and name. */
export interface GroupPlace {
  readonly datastore: string;
  readonly namespace: string;
  readonly type: string;
  readonly id: string;
}

export interface SnapshotPlace {
  readonly datastore: string;
  /** `[NS/]type/id/time` */
  readonly snapshot: string;
}

/** With its groups and snapshots counted now; lists of datastores tell them as they were looked at last. */
export const datastoreQuery = (client: Client, datastore: string) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "counted"],
    queryFn: ({ signal }) => client.call("getDatastore", { params: { datastore }, signal }),
  });

export const namespacesQuery = (client: Client, datastore: string) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "namespaces"],
    queryFn: ({ signal }) => client.call("listNamespaces", { params: { datastore }, signal }),
  });

/** The groups of this namespace itself, not of those below. */
export const groupsQuery = (client: Client, datastore: string, namespace: string) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "groups", namespace],
    queryFn: ({ signal }) =>
      client.call("listGroups", { params: { datastore }, query: { namespace }, signal }),
  });

/** Newest first. */
export const groupSnapshotsQuery = (client: Client, { datastore, namespace, type, id }: GroupPlace) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "snapshots", namespace, type, id],
    queryFn: ({ signal }) =>
      client.call("listSnapshots", { params: { datastore }, query: { namespace, type, id }, signal }),
  });

export const snapshotQuery = (client: Client, { datastore, snapshot }: SnapshotPlace) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "snapshot", snapshot],
    queryFn: ({ signal }) => client.call("getSnapshot", { params: { datastore, snapshot }, signal }),
  });

/** Reads every index of the datastore: only for whom asks. */
export const groupSpaceQuery = (client: Client, datastore: string, group: string) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "group-space", group],
    queryFn: ({ signal }) => client.call("getGroupSpace", { params: { datastore, group }, signal }),
  });

/** Reads every index of the datastore: only for whom asks. */
export const chunkUsesQuery = (client: Client, datastore: string, digest: string) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "chunk-uses", digest],
    queryFn: ({ signal }) =>
      client.call("listChunkUses", { params: { datastore }, query: { digest }, signal }),
  });

/** Goes through an archive's names: only for whom asks. */
export const chunkFilesQuery = (client: Client, { datastore, snapshot }: SnapshotPlace, digest: string) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "chunk-files", snapshot, digest],
    queryFn: ({ signal }) =>
      client.call("listChunkFiles", { params: { datastore, snapshot }, query: { digest }, signal }),
  });

export const prunePlanQuery = (client: Client, request: PrunePlanRequest) =>
  queryOptions({
    queryKey: [...datastoreKey(request.datastore), "prune-plan", request],
    queryFn: ({ signal }) => client.call("planPrune", { body: request, signal }),
  });

export const pruneSimulationQuery = (client: Client, request: PruneSimulationRequest) =>
  queryOptions({
    queryKey: ["prune-simulation", request],
    queryFn: ({ signal }) => client.call("simulatePrune", { body: request, signal }),
  });

export interface DirectoryPlace extends SnapshotPlace {
  readonly archive: string;
  /** `/` is the archive's root. */
  readonly directory: string;
}

/** A snapshot's contents never change. */
export const entriesQuery = (client: Client, { datastore, snapshot, archive, directory }: DirectoryPlace) =>
  infiniteQueryOptions({
    queryKey: ["entries", datastore, snapshot, archive, directory],
    queryFn: ({ signal, pageParam }) =>
      client.call("listSnapshotEntries", {
        params: { datastore, snapshot },
        query: { archive, path: directory, ...(pageParam === "" ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** What differs from an earlier one of the group; neither ever changes. */
export const changesQuery = (
  client: Client,
  {
    datastore,
    snapshot,
    since,
    archive,
  }: SnapshotPlace & { readonly since: string; readonly archive: string },
) =>
  infiniteQueryOptions({
    queryKey: ["changes", datastore, snapshot, since, archive],
    queryFn: ({ signal, pageParam }) =>
      client.call("compareSnapshots", {
        params: { datastore, snapshot },
        query: { archive, since, ...(pageParam === "" ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** How full it was since then, at most so many looks, evenly spread. */
export const measuresQuery = (client: Client, datastore: string, since: number) =>
  queryOptions({
    queryKey: [...datastoreKey(datastore), "measures", since],
    queryFn: ({ signal }) =>
      client.call("listDatastoreMeasures", { params: { datastore }, query: { since }, signal }),
    // `since` moves on with the clock, and a chart that goes and comes back moves all that stands below it.
    placeholderData: (before) => (before?.datastore === datastore ? before : undefined),
  });
