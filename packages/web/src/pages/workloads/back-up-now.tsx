/** Backs up a workload now, beside its jobs; then the task is there to be watched. */

import { useState } from "react";
import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { StartedTask, Workload } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { usePlanChange } from "../../parts/plan-change.ts";
import { useMay, useNeeds, useWhoami } from "../../session/needs.tsx";
import { isAllowedSomewhere } from "../../session/privilege.ts";
import { datastoresQuery } from "../../session/query.ts";

export function BackUpNow({ workload }: { readonly workload: Workload }) {
  const mayRun = useMay("job.run", workload);
  const whoami = useWhoami();
  const [isOpen, setOpen] = useState(false);
  if (!mayRun || whoami === undefined || !isAllowedSomewhere(whoami, "backup.start")) return null;
  return (
    <>
      <Button leftSection={<Icon name="running" size={14} />} onClick={() => setOpen(true)}>
        Back up now
      </Button>
      {isOpen && <BackupDialog workload={workload} onClose={() => setOpen(false)} />}
    </>
  );
}

function BackupDialog({ workload, onClose }: { readonly workload: Workload; readonly onClose: () => void }) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const { data: datastores = [] } = useQuery(datastoresQuery(client));
  const [chosen, setChosen] = useState<string | undefined>();
  const [namespace, setNamespace] = useState("");
  const [isFull, setFull] = useState(false);
  // Where there is but one, nobody has to choose.
  const datastore = chosen ?? (datastores.length === 1 ? datastores[0]?.name : undefined);
  const start = usePlanChange<void, StartedTask>({
    run: () =>
      client.call("backUpWorkload", {
        params: { workload: workload.name },
        body: {
          datastore: datastore ?? "",
          ...(namespace === "" ? {} : { namespace }),
          ...(isFull ? { full: true } : {}),
        },
      }),
    onDone: ({ upid }) => navigate({ to: "/tasks/$upid", params: { upid }, search: {} }),
  });
  return (
    <FormDialog
      title={`Back up ${workload.name}`}
      isOpen
      onClose={onClose}
      submit="Back up"
      isBusy={start.isPending}
      isReady={datastore !== undefined}
      onSubmit={() => start.mutate()}
    >
      <Select
        label="Datastore"
        data-autofocus
        allowDeselect={false}
        value={datastore ?? null}
        data={datastores.map(({ name }) => name)}
        onChange={(name) => setChosen(name ?? undefined)}
      />
      <TextInput
        label="Namespace"
        placeholder="the root"
        value={namespace}
        onChange={(event) => setNamespace(event.currentTarget.value.trim())}
      />
      <Checkbox
        label="Read everything again"
        description="Re-uses nothing that the last backup knows of unchanged files"
        checked={isFull}
        onChange={(event) => setFull(event.currentTarget.checked)}
      />
      {start.error !== null && <ErrorCard error={start.error} />}
    </FormDialog>
  );
}
