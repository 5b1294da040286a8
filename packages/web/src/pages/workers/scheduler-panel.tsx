/** Whether new tasks start, and the switch for it. */

import { useState } from "react";
import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Scheduler } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { Ago } from "../../parts/instant.tsx";
import { Mark } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { tellFailed } from "../../parts/tell.ts";
import { useLive, useMay, useNeeds } from "../../session/needs.tsx";
import styles from "./workers.module.css";

const RUNS = {
  tone: "ok",
  icon: "ok",
  word: "running",
  rule: "Queued tasks start as soon as nothing is in their way",
} as const;
const PAUSED = {
  tone: "warning",
  icon: "pause",
  word: "paused",
  rule: "What runs goes on; nothing new starts",
} as const;

export function SchedulerPanel() {
  const scheduler = useLive((state) => state.scheduler);
  const mayManage = useMay("worker.manage");
  if (scheduler === undefined) return null;
  return (
    <Panel title="Scheduler" aside={<Mark {...(scheduler.paused ? PAUSED : RUNS)} />}>
      <div className={styles["scheduler"]}>
        {scheduler.paused ? <PauseWords scheduler={scheduler} /> : <p>Queued tasks start by themselves.</p>}
        {mayManage && <PauseSwitch isPaused={scheduler.paused} />}
      </div>
    </Panel>
  );
}

function PauseWords({ scheduler: { pausedBy, pausedAt, reason } }: { readonly scheduler: Scheduler }) {
  return (
    <p>
      Paused{pausedBy !== undefined && ` by ${pausedBy}`} {pausedAt !== undefined && <Ago at={pausedAt} />}
      {reason !== undefined && reason !== "" && `: ${reason}`}. What runs goes on; nothing new starts, also
      after a restart.
    </p>
  );
}

function PauseSwitch({ isPaused }: { readonly isPaused: boolean }) {
  const { client } = useNeeds();
  const [reason, setReason] = useState("");
  const change = useMutation({
    mutationFn: () =>
      isPaused
        ? client.call("resumeScheduler", {})
        : client.call("pauseScheduler", { body: reasonBody(reason) }),
    onSuccess: () => setReason(""),
    onError: (thrown) =>
      tellFailed(isPaused ? "The scheduler was not resumed" : "The scheduler was not paused", thrown),
  });
  return (
    <form
      className={styles["pause"]}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      {!isPaused && (
        <TextInput
          aria-label="Why it is paused"
          placeholder="Why (shown to everyone who waits)"
          value={reason}
          maxLength={256}
          size="xs"
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
      <Button
        type="submit"
        variant={isPaused ? "filled" : "default"}
        leftSection={<Icon name={isPaused ? "play" : "pause"} />}
        loading={change.isPending}
      >
        {isPaused ? "Resume" : "Pause"}
      </Button>
    </form>
  );
}

/** A reason that says nothing is none. */
export function reasonBody(reason: string): { readonly reason?: string } {
  const trimmed = reason.trim();
  return trimmed === "" ? {} : { reason: trimmed };
}
