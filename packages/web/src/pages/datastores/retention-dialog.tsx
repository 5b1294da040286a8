/** What a prune keeps in every namespace that has no retention of its own. */

import { useState } from "react";
import { Link } from "@tanstack/react-router";
import type { Datastore, Retention } from "@ironcore-backup/protocol/calls";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { RetentionFields } from "../../parts/retention-fields.tsx";
import { formatRetention, hasWindow } from "../../parts/retention-text.ts";
import { withoutAbsent } from "../../parts/search-words.ts";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { useNeeds } from "../../session/needs.tsx";
import { withRetention } from "../prune-simulator/prune-search.ts";
import type { DialogProps } from "./settings-dialog.tsx";

export function RetentionDialog({ datastore, onClose }: DialogProps) {
  const { client } = useNeeds();
  const [retention, setRetention] = useState<Retention>(datastore.retention ?? {});
  const change = useDatastoreChange<void, Datastore>({
    datastore: datastore.name,
    run: () =>
      client.call("updateDatastore", {
        params: { datastore: datastore.name },
        body: { retention: hasWindow(retention) ? retention : null },
      }),
    failed: "The retention was not changed",
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Retention of ${datastore.name}`}
      isOpen
      onClose={onClose}
      submit="Save"
      isBusy={change.isPending}
      onSubmit={() => change.mutate()}
    >
      <RetentionFields retention={retention} onChange={setRetention} />
      <p>
        Keeps <b>{formatRetention(retention)}</b>. Nothing is removed now: the next prune goes by it.
      </p>
      <p>
        <Link
          to="/prune-simulator"
          search={withoutAbsent({ datastore: datastore.name, ...withRetention(retention) })}
        >
          What it would remove
        </Link>
      </p>
    </FormDialog>
  );
}
