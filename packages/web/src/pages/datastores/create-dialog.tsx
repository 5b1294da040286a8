/** A new datastore: a name and an empty place on a disk, or a place where one already lies. */

import { useState } from "react";
import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { parseDatastoreName } from "@ironcore-backup/base";
import { CommandLine } from "../../parts/empty-state.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { useDatastoreChange } from "../../parts/datastore-change.ts";
import { useNeeds } from "../../session/needs.tsx";
import { quoteForShell } from "../tasks/detail/task-command.ts";

export function CreateDialog({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const { client } = useNeeds();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [path, setPath] = useState("");
  const [comment, setComment] = useState("");
  const nameTrouble = name === "" ? undefined : troubleOf(name);
  const pathTrouble = path === "" || path.startsWith("/") ? undefined : "An absolute path, from / on";
  const create = useDatastoreChange({
    datastore: name,
    run: () =>
      client.call("createDatastore", {
        body: { name, path, ...(comment.trim() === "" ? {} : { comment: comment.trim() }) },
      }),
    failed: "The datastore was not created",
    onDone: () => {
      setName("");
      setPath("");
      setComment("");
      onClose();
      void navigate({ to: "/datastores/$datastore", params: { datastore: name } });
    },
  });
  return (
    <FormDialog
      title="New datastore"
      isOpen={isOpen}
      onClose={onClose}
      submit="Create"
      isBusy={create.isPending}
      isReady={name !== "" && path !== "" && nameTrouble === undefined && pathTrouble === undefined}
      onSubmit={() => create.mutate()}
    >
      <TextInput
        label="Name"
        data-autofocus
        placeholder="main"
        value={name}
        error={nameTrouble}
        onChange={(event) => setName(event.currentTarget.value.trim())}
      />
      <TextInput
        label="Path on the server"
        description="Empty, not there yet, or an existing datastore, which is taken over as it is"
        placeholder="/srv/backups"
        value={path}
        error={pathTrouble}
        onChange={(event) => setPath(event.currentTarget.value)}
      />
      <TextInput
        label="Comment"
        placeholder="Rack 2, shelf of slow disks"
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      <p className="quiet">Its 65,536 directories are made now, which takes a slow disk some seconds.</p>
      <CommandLine
        command={`ironcore-backup datastore create ${name || "NAME"} --path ${quoteForShell(path || "/srv/backups")}`}
      />
    </FormDialog>
  );
}

function troubleOf(name: string): string | undefined {
  try {
    parseDatastoreName(name);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
