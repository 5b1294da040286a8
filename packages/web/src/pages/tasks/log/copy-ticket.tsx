/** Puts together what a ticket needs: the task, its error, its worst lines and its last ones, as text. */

import { ActionIcon } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { Client } from "@ironcore-backup/client";
import type { Task, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { tellDone, tellFailed } from "../../../parts/tell.ts";
import { useNeeds } from "../../../session/needs.tsx";
import { formatTicket } from "./ticket.ts";

const TICKET_LINE_COUNT = 20;

export function CopyTicket({ task }: { readonly task: Task }) {
  const { client } = useNeeds();
  const copy = useMutation({
    mutationFn: async () => {
      const [worst, last] = await Promise.all([
        lastLines(client, task.upid, "warning"),
        lastLines(client, task.upid),
      ]);
      await navigator.clipboard.writeText(formatTicket(task, { worst, last }));
    },
    onSuccess: () => tellDone("Copied: the task, its error and the lines around it"),
    onError: (thrown) => tellFailed("Nothing was copied", thrown),
  });
  return (
    <ActionIcon
      variant="default"
      size={30}
      aria-label="Copy for a ticket"
      title="Copy for a ticket: the task, its error, warnings and last lines"
      loading={copy.isPending}
      onClick={() => copy.mutate()}
    >
      <Icon name="copy" size={14} />
    </ActionIcon>
  );
}

async function lastLines(client: Client, upid: string, level?: "warning"): Promise<readonly TaskLogLine[]> {
  const query = { start: -1, limit: TICKET_LINE_COUNT, ...(level === undefined ? {} : { level }) };
  return (await client.call("getTaskLog", { params: { upid }, query })).lines;
}
