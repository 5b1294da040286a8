/** `notification target | group | rule | inbox | delivery | test`: who hears of what, and through which ways. */

import type { Command } from "commander";
import type { TargetTest } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { EXIT_FAILED } from "../exit-code.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { printable } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { deliveryCommands } from "./notification-delivery-commands.ts";
import { groupCommands } from "./notification-group-commands.ts";
import { inboxCommands } from "./notification-inbox-commands.ts";
import { ruleCommands } from "./notification-rule-commands.ts";
import { targetCommands } from "./notification-target-commands.ts";

export function notificationCommands(context: CommandContext): Command {
  return createGroup("notification", "who hears of what: inbox, targets, groups, rules, deliveries", [
    inboxCommands(context),
    targetCommands(context),
    groupCommands(context),
    ruleCommands(context),
    deliveryCommands(context),
    testCommand(context),
  ]);
}

function testCommand(context: CommandContext): Command {
  return createCommand("test", "send a real message to a target and tell the other side's answer")
    .argument("<TARGET>")
    .action(async (target: string, options: Options<object>) => {
      const client = await context.connect(options);
      const result = await client.call("testTarget", { params: { target }, signal: context.signal });
      if (result.outcome !== "delivered") context.setExitCode(EXIT_FAILED);
      printResult(context, options, result, () => describeTest(context.look, target, result));
    });
}

function describeTest(look: Look, target: string, { outcome, response, durationMs }: TargetTest): string {
  const word =
    outcome === "delivered"
      ? look.paint("green", "✔ delivered")
      : look.paint("red", outcome === "refused" ? "✘ refused" : "✘ not reached");
  return `${target}: ${word} after ${durationMs} ms\n  ${printable(response)}`;
}
