/** Runs a job beside its schedule; nothing for whoever may not. */

import { Button } from "@mantine/core";
import type { Job } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import { useMay, useNeeds } from "../session/needs.tsx";
import { usePlanChange } from "./plan-change.ts";
import { countOf } from "./stage-text.ts";

/** @param small  among others of its kind: the job's name is said to those who cannot see where it stands */
export function RunNowButton({ job, small = false }: { readonly job: Job; readonly small?: boolean }) {
  const { client } = useNeeds();
  const may = useMay("job.run", job);
  const run = usePlanChange({
    run: () => client.call("runJob", { params: { job: job.name } }),
    failed: "The job was not run",
    done: ({ upids }) => `${countOf(upids.length, "task")} queued`,
  });
  if (!may) return null;
  return (
    <Button
      {...(small
        ? ({ size: "compact-xs", variant: "default", "aria-label": `Run now: ${job.name}` } as const)
        : {})}
      leftSection={<Icon name="running" size={14} />}
      loading={run.isPending}
      disabled={job.currentRun !== undefined}
      onClick={() => run.mutate()}
    >
      Run now
    </Button>
  );
}
