/** Runs a job beside its schedule; nothing for whoever may not. */

import { Button } from "@mantine/core";
import type { Job } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import { useMay, useNeeds } from "../session/needs.tsx";
import { t } from "../texts/texts.ts";
import { usePlanChange } from "./plan-change.ts";

/** @param small  among others of its kind: the job's name is said to those who cannot see where it stands */
export function RunNowButton({ job, small = false }: { readonly job: Job; readonly small?: boolean }) {
  const { client } = useNeeds();
  const may = useMay("job.run", job);
  const run = usePlanChange({
    run: () => client.call("runJob", { params: { job: job.name } }),
    failed: t("parts.runNow.failed"),
    done: ({ upids }) => t("parts.runNow.done", { count: upids.length }),
  });
  if (!may) return null;
  return (
    <Button
      {...(small
        ? ({
            size: "compact-xs",
            variant: "default",
            "aria-label": t("parts.runNow.named", { job: job.name }),
          } as const)
        : {})}
      leftSection={<Icon name="running" size={14} />}
      loading={run.isPending}
      disabled={job.currentRun !== undefined}
      onClick={() => run.mutate()}
    >
      {t("parts.runNow.button")}
    </Button>
  );
}
