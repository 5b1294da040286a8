/** Whether new tasks start, and the switch for it. */

import { useState } from "react";
import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Scheduler } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { Ago } from "../../parts/instant.tsx";
import { Mark, markOf } from "../../parts/mark.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Rich } from "../../parts/rich.tsx";
import { tellFailed } from "../../parts/tell.ts";
import { useLive, useMay, useNeeds } from "../../session/needs.tsx";
import { t } from "../../texts/texts.ts";
import styles from "./workers.module.css";

const RUNS = markOf("ok", "ok", "workers.scheduler.running", "workers.scheduler.runningRule");
const PAUSED = markOf("warning", "pause", "workers.scheduler.paused", "workers.scheduler.pausedRule");

export function SchedulerPanel() {
  const scheduler = useLive((state) => state.scheduler);
  const mayManage = useMay("worker.manage");
  if (scheduler === undefined) return null;
  return (
    <Panel title={t("workers.scheduler.title")} aside={<Mark {...(scheduler.paused ? PAUSED : RUNS)} />}>
      <div className={styles["scheduler"]}>
        {scheduler.paused ? <PauseWords scheduler={scheduler} /> : <p>{t("workers.scheduler.starts")}</p>}
        {mayManage && <PauseSwitch isPaused={scheduler.paused} />}
      </div>
    </Panel>
  );
}

function PauseWords({ scheduler: { pausedBy, pausedAt, reason } }: { readonly scheduler: Scheduler }) {
  return (
    <p>
      <Rich
        text={pausedBy === undefined ? "workers.scheduler.pausedSince" : "workers.scheduler.pausedBy"}
        values={{ who: pausedBy ?? "" }}
        elements={{ when: pausedAt === undefined ? <span /> : <Ago at={pausedAt} /> }}
      />{" "}
      {reason !== undefined && reason !== "" && `${t("workers.scheduler.because", { reason })} `}
      {t("workers.scheduler.meaning")}
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
      tellFailed(t(isPaused ? "workers.scheduler.notResumed" : "workers.scheduler.notPaused"), thrown),
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
          aria-label={t("workers.scheduler.reason")}
          placeholder={t("workers.scheduler.reasonHint")}
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
        {t(isPaused ? "workers.scheduler.resume" : "workers.scheduler.pause")}
      </Button>
    </form>
  );
}

/** A reason that says nothing is none. */
export function reasonBody(reason: string): { readonly reason?: string } {
  const trimmed = reason.trim();
  return trimmed === "" ? {} : { reason: trimmed };
}
