/** Reads where one is on the page, and goes elsewhere. */

import { useMemo } from "react";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { GroupRef } from "@ironcore-backup/base";
import { withoutAbsent } from "../../parts/search-words.ts";
import { parseSnapshotSearch, shownGroup, snapshotOf } from "./snapshot-search.ts";
import type { SnapshotSearch } from "./snapshot-search.ts";

/** A property that is `undefined` is taken away. */
type Change = { readonly [Key in keyof SnapshotSearch]?: SnapshotSearch[Key] | undefined };

export interface SnapshotAddress {
  readonly datastore: string | undefined;
  /** The namespace whose groups are listed, or that the shown group is in; `""` is the root. */
  readonly namespace: string;
  readonly group: GroupRef | undefined;
  /** `[NS/]type/id/time` of the snapshot that is open beside the list. */
  readonly snapshot: string | undefined;
  readonly search: SnapshotSearch;
  /** A step that somebody wants to go back to is a new one. */
  readonly change: (change: Change, options?: { readonly replace?: boolean }) => void;
  readonly close: () => void;
}

export function useSnapshotAddress(): SnapshotAddress {
  const search = useSearch({ from: "/shell/snapshots" });
  const { datastore, _splat } = useParams({ strict: false });
  const navigate = useNavigate();
  return useMemo(() => {
    const snapshot = snapshotOf(_splat);
    const group = shownGroup(search, snapshot);
    return {
      datastore,
      namespace: group?.namespace ?? search.namespace ?? "",
      group,
      snapshot,
      search,
      change: (change, { replace = false } = {}) =>
        void navigate({
          to: ".",
          search: (before) =>
            parseSnapshotSearch(withoutAbsent({ ...parseSnapshotSearch(before), ...change })),
          replace,
          resetScroll: false,
        }),
      close: () => {
        if (datastore === undefined) return;
        const groupText = snapshot?.slice(0, snapshot.lastIndexOf("/"));
        void navigate({
          to: "/snapshots/$datastore",
          params: { datastore },
          search: withoutAbsent({ group: search.group ?? groupText }),
          resetScroll: false,
        });
      },
    };
  }, [search, datastore, _splat, navigate]);
}
