/** `notification delivery list | show | resend`: messages on their way, delivered and given up. */

import { Option } from "commander";
import type { Command } from "commander";
import { DELIVERY_STATES } from "@ironcore-backup/protocol/calls";
import type { Delivery, DeliveryState } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseLimit } from "../list-limit.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface ListOptions {
  readonly target?: string;
  readonly state?: DeliveryState;
  readonly limit?: string;
}

export function deliveryCommands(context: CommandContext): Command {
  const list = createCommand("list", "list messages, newest first")
    .option("--target <NAME>", "only to this target")
    .addOption(new Option("--state <STATE>", "only these").choices(DELIVERY_STATES))
    .option("--limit <N>", "how many (default: 50)")
    .action((options: Options<ListOptions>) => {
      const { target, state, limit } = options;
      const query = {
        ...(target === undefined ? {} : { target }),
        ...(state === undefined ? {} : { state }),
        ...(limit === undefined ? {} : { limit: Math.min(1000, parseLimit(limit)) }),
      };
      return callAndPrint(context, options, "listDeliveries", { query }, ({ deliveries }) =>
        renderDeliveries(context.look, deliveries),
      );
    });
  const show = createCommand("show", "show one message with what it tells")
    .argument("<DELIVERY>")
    .action((delivery: string, options: Options<object>) =>
      callAndPrint(context, options, "getDelivery", { params: { delivery } }, (answer) =>
        describeDelivery(context.look, answer),
      ),
    );
  const resend = createCommand("resend", "send again what was given up")
    .argument("<DELIVERY>")
    .action((delivery: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "resendDelivery",
        { params: { delivery } },
        ({ target }) => `Delivery ${delivery} waits for ${target} again`,
      ),
    );
  return createGroup("delivery", "messages on their way, delivered and given up", [list, show, resend]);
}

function renderDeliveries(look: Look, deliveries: readonly Delivery[]): string {
  if (deliveries.length === 0) return "Nothing was sent";
  const rows = deliveries.map((delivery) => [
    String(delivery.delivery),
    delivery.target,
    showState(look, delivery),
    showInstant(delivery.deliveredAt ?? delivery.lastTriedAt ?? delivery.createdAt),
    printable(delivery.title),
    delivery.tryCount <= 1 ? "" : `${delivery.tryCount} tries`,
  ]);
  return renderTable(look, ["Delivery", "Target", "State", "When", "Message", ""], rows);
}

function showState(look: Look, { state }: Delivery): string {
  switch (state) {
    case "delivered":
      return look.paint("green", "✔ delivered");
    case "dead":
      return look.paint("red", "✘ given up");
    case "sending":
      return look.paint("cyan", "▶ sending");
    case "waiting":
      return look.paint("dim", "○ waiting");
  }
}

function describeDelivery(look: Look, delivery: Delivery): string[] {
  const { target, group, title, entryCount, createdAt, dueAt, tryCount, response, entries = [] } = delivery;
  return [
    `${showState(look, delivery)}  ${printable(title)}`,
    `  Target     ${target}${group === undefined ? "" : `, by the group ${group}`}`,
    `  Made       ${showInstant(createdAt)}, due ${showInstant(dueAt)}`,
    `  Tries      ${tryCount}`,
    ...(response === undefined ? [] : [`  Answer     ${printable(response)}`]),
    `  Tells      ${entryCount} ${entryCount === 1 ? "thing" : "things"}`,
    ...entries.map(({ at, change, title: what }) => `    ${showInstant(at)}  ${change}  ${printable(what)}`),
  ];
}
