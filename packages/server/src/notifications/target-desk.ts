/** Targets as people see and try them. */

import { toCodedError } from "@ironcore-backup/base";
import type {
  NotificationGroup,
  NotificationTarget,
  TargetPreview,
  TargetPreviewRequest,
  TargetTest,
} from "@ironcore-backup/protocol";
import { countDeliveries } from "../state/delivery-records.ts";
import type { NotificationDesk } from "./desk.ts";
import { sampleMessage } from "../senders/sample-message.ts";
import { showGroup, showTarget } from "./present.ts";
import type { SendResult } from "../senders/sender.ts";
import type { GroupRecord, TargetRecord } from "./settings.ts";

export interface TargetDesk {
  showTarget(target: TargetRecord): Promise<NotificationTarget>;
  showGroup(group: GroupRecord): NotificationGroup;
  /** Sends a real message, beside what waits. */
  testTarget(target: TargetRecord): Promise<TargetTest>;
  previewTarget(request: TargetPreviewRequest): TargetPreview;
}

export function createTargetDesk(desk: NotificationDesk): TargetDesk {
  const { clock, settings, senders, state, delivery, node, publicUrl } = desk;
  return {
    showTarget: async (target) => {
      const counts = (await countDeliveries(state.database)).filter((row) => row.target === target.name);
      const countOf = (wanted: string): number => counts.find(({ state: one }) => one === wanted)?.count ?? 0;
      return showTarget(target, settings.open(target), {
        health: delivery.health(target.name),
        waitingCount: countOf("waiting"),
        deadCount: countOf("dead"),
      });
    },
    showGroup: (group) =>
      showGroup(group, {
        ...desk.usersOfGroup(group.name),
        rules: [...settings.rules.values()]
          .filter(({ definition }) => definition.groups.includes(group.name))
          .map(({ name }) => name),
      }),
    testTarget: async (target) => {
      const startedMs = clock.elapsedMs();
      const result = await sendTest(desk, target);
      if (result.outcome === "delivered") await delivery.retryNow(target.name);
      return {
        outcome: result.outcome,
        response: result.response,
        durationMs: Math.round(clock.elapsedMs() - startedMs),
      };
    },
    previewTarget: (request) =>
      senders.preview(
        request,
        sampleMessage("single", { at: clock.now(), installation: node, url: publicUrl }),
      ),
  };
}

async function sendTest(desk: NotificationDesk, target: TargetRecord): Promise<SendResult> {
  const { clock, senders, settings, node, publicUrl, signal } = desk;
  try {
    const opened = settings.open(target);
    if (target.definition.kind === "heartbeat") return await senders.beat(opened, { signal });
    if (target.definition.kind === "influxdb" || target.definition.kind === "pushgateway") {
      if (desk.figures === undefined)
        return { outcome: "unreachable", response: "This server has no figures to push" };
      return await senders.pushMetrics(opened, await desk.figures(), { signal });
    }
    const message = sampleMessage("test", { at: clock.now(), installation: node, url: publicUrl });
    return await senders.send(opened, message, { signal });
  } catch (cause) {
    const { code, message } = toCodedError(cause);
    return { outcome: "unreachable", response: `${code}: ${message}` };
  }
}
