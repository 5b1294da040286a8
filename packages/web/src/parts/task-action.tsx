/** Cancelling and retrying, wherever a task is shown: asked back once, offered only to whom it is allowed. */

import { ActionIcon, Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { isFinishedTaskState } from "@ironcore-backup/protocol/calls";
import type { Task } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import { useMay, useNeeds } from "../session/needs.tsx";
import { t } from "../texts/texts.ts";
import { taskTitle } from "./task-title.ts";
import { tellDone, tellFailed } from "./tell.ts";

export interface TaskActionProps {
  readonly task: Task;
  /** Only the sign, its word for those who cannot see it. */
  readonly small?: boolean;
}

/** Nothing for a task that has ended, and for whoever may not. */
export function CancelButton({ task, small = false }: TaskActionProps) {
  const { client } = useNeeds();
  const may = useMay("task.cancel", task);
  const cancel = useMutation({
    mutationFn: () => client.call("cancelTask", { params: { upid: task.upid } }),
    onError: (thrown) => tellFailed(t("parts.cancel.failed"), thrown),
  });
  if (!may || isFinishedTaskState(task.state)) return null;
  const isAsked = task.cancelRequested || cancel.isPending;
  const label = t(isAsked ? "parts.cancel.asked" : "parts.cancel.button");
  const ask = (): void =>
    void modals.openConfirmModal({
      title: t("parts.cancel.title"),
      children: <CancelQuestion task={task} />,
      labels: { confirm: t("parts.cancel.confirm"), cancel: t("parts.cancel.letRun") },
      confirmProps: { color: "red" },
      onConfirm: () => cancel.mutate(),
    });
  if (small) {
    const name = `${label}: ${taskTitle(task)}`;
    return (
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={name}
        title={label}
        disabled={isAsked}
        onClick={ask}
      >
        <Icon name="stop" />
      </ActionIcon>
    );
  }
  return (
    <Button variant="default" leftSection={<Icon name="stop" />} disabled={isAsked} onClick={ask}>
      {label}
    </Button>
  );
}

function CancelQuestion({ task }: { readonly task: Task }) {
  return (
    <>
      <p style={{ overflowWrap: "anywhere" }}>
        <strong>{taskTitle(task)}</strong>
      </p>
      <p>{t(task.state === "queued" ? "parts.cancel.queued" : "parts.cancel.running")}</p>
    </>
  );
}

/** Only for what failed or was cancelled, and was not repeated yet. */
export function RetryButton({ task }: TaskActionProps) {
  const { client } = useNeeds();
  const may = useMay("task.retry", task);
  const retry = useMutation({
    mutationFn: () => client.call("retryTask", { params: { upid: task.upid } }),
    onSuccess: () => tellDone(t("parts.retry.done")),
    onError: (thrown) => tellFailed(t("parts.retry.failed"), thrown),
  });
  if (task.retriedBy !== undefined) {
    return (
      <Link to="/tasks/$upid" params={{ upid: task.retriedBy }}>
        {t("parts.retry.repeated")}
      </Link>
    );
  }
  if (!may || (task.state !== "failed" && task.state !== "cancelled")) return null;
  return (
    <Button
      variant="default"
      leftSection={<Icon name="retry" />}
      loading={retry.isPending}
      onClick={() => retry.mutate()}
    >
      {t("parts.retry.button")}
    </Button>
  );
}
