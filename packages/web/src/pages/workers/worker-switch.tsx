/** Draining a worker, and giving it work again. */

import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Worker } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { tellFailed } from "../../parts/tell.ts";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { reasonBody } from "./scheduler-panel.tsx";
import styles from "./workers.module.css";

export function WorkerSwitch({ worker }: { readonly worker: Worker }) {
  const mayManage = useMay("worker.manage");
  if (!mayManage || worker.state === "lost") return null;
  const isDrained = worker.state === "draining" || worker.state === "drained";
  return isDrained ? <ResumeButton name={worker.name} /> : <DrainButton name={worker.name} />;
}

function ResumeButton({ name }: { readonly name: string }) {
  const { client } = useNeeds();
  const resume = useMutation({
    mutationFn: () => client.call("resumeWorker", { params: { worker: name } }),
    onError: (thrown) => tellFailed(`${name} was not resumed`, thrown),
  });
  return (
    <Button
      variant="default"
      size="compact-xs"
      leftSection={<Icon name="play" size={13} />}
      loading={resume.isPending}
      aria-label={`Resume ${name}`}
      onClick={() => resume.mutate()}
    >
      Resume
    </Button>
  );
}

function DrainButton({ name }: { readonly name: string }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button
        variant="default"
        size="compact-xs"
        leftSection={<Icon name="drain" size={13} />}
        aria-label={`Drain ${name}`}
        onClick={() => setAsking(true)}
      >
        Drain
      </Button>
      <Modal opened={isAsking} onClose={() => setAsking(false)} title={`Drain ${name}?`} size="sm">
        <DrainForm name={name} onDone={() => setAsking(false)} />
      </Modal>
    </>
  );
}

function DrainForm({ name, onDone }: { readonly name: string; readonly onDone: () => void }) {
  const { client } = useNeeds();
  const [reason, setReason] = useState("");
  const drain = useMutation({
    mutationFn: () => client.call("drainWorker", { params: { worker: name }, body: reasonBody(reason) }),
    onSuccess: onDone,
    onError: (thrown) => tellFailed(`${name} was not drained`, thrown),
  });
  return (
    <form
      className={styles["drain"]}
      onSubmit={(event) => {
        event.preventDefault();
        drain.mutate();
      }}
    >
      <p>What it runs goes on to its end; it takes nothing new until somebody resumes it.</p>
      <TextInput
        label="Why"
        value={reason}
        maxLength={256}
        data-autofocus
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className={styles["buttons"]}>
        <Button variant="default" onClick={onDone}>
          Leave it
        </Button>
        <Button type="submit" loading={drain.isPending}>
          Drain
        </Button>
      </div>
    </form>
  );
}
