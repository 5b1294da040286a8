/** Draining a worker, and giving it work again. */

import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Worker } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { tellFailed } from "../../parts/tell.ts";
import { useMay, useNeeds } from "../../session/needs.tsx";
import { t } from "../../texts/texts.ts";
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
    onError: (thrown) => tellFailed(t("workers.drain.notResumed", { name }), thrown),
  });
  return (
    <Button
      variant="default"
      size="compact-xs"
      leftSection={<Icon name="play" size={13} />}
      loading={resume.isPending}
      aria-label={t("workers.drain.resumeNamed", { name })}
      onClick={() => resume.mutate()}
    >
      {t("workers.drain.resume")}
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
        aria-label={t("workers.drain.drainNamed", { name })}
        onClick={() => setAsking(true)}
      >
        {t("workers.drain.drain")}
      </Button>
      <Modal
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={t("workers.drain.question", { name })}
        size="sm"
      >
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
    onError: (thrown) => tellFailed(t("workers.drain.notDrained", { name }), thrown),
  });
  return (
    <form
      className={styles["drain"]}
      onSubmit={(event) => {
        event.preventDefault();
        drain.mutate();
      }}
    >
      <p>{t("workers.drain.meaning")}</p>
      <TextInput
        label={t("workers.drain.why")}
        value={reason}
        maxLength={256}
        data-autofocus
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <div className={styles["buttons"]}>
        <Button variant="default" onClick={onDone}>
          {t("workers.drain.leave")}
        </Button>
        <Button type="submit" loading={drain.isPending}>
          {t("workers.drain.drain")}
        </Button>
      </div>
    </form>
  );
}
