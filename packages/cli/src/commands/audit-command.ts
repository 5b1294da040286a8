/** `audit`: who changed what, and who signed in. */

import type { Command } from "commander";
import type { AuditEntry, AuditQuery } from "@ironcore-backup/protocol/calls";
import type { CommandContext } from "../command-context.ts";
import { printResult } from "../command-context.ts";
import { createCommand } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { parseMoment } from "../moment.ts";
import { parseLimit, PAGE_LENGTH_MAX } from "../list-limit.ts";
import { printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface AuditOptions {
  readonly user?: string;
  readonly action?: string;
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  readonly limit: number;
}

export function auditCommand(context: CommandContext): Command {
  return createCommand("audit", "list who changed what and who signed in, newest first", [
    "audit --since 7d --user eve@ibs",
    "audit --action login",
  ])
    .option("--user <USER@REALM>", "what this user or token did")
    .option("--action <ACTION>", "actions that begin so: login, user.created, …")
    .option("--since <TIME>", "not older: 24h, 7d, or a date like 2026-11-23")
    .option("--until <TIME>", "not newer")
    .option("--text <TEXT>", "with this text anywhere")
    .option("--limit <N>", "at most this many", parseLimit, 50)
    .action(async (options: Options<AuditOptions>) => {
      const entries = await fetchEntries(context, options);
      printResult(context, options, entries, () => renderAudit(context.look, entries));
    });
}

async function fetchEntries(context: CommandContext, options: Options<AuditOptions>): Promise<AuditEntry[]> {
  const client = await context.connect(options);
  const filter = queryOf(context, options);
  const entries: AuditEntry[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(PAGE_LENGTH_MAX, options.limit - entries.length);
    const query = { ...filter, limit, ...(cursor === undefined ? {} : { cursor }) };
    const page = await client.call("listAudit", { query, signal: context.signal });
    entries.push(...page.entries);
    cursor = page.nextCursor;
  } while (cursor !== undefined && entries.length < options.limit);
  return entries;
}

function queryOf({ clock }: CommandContext, options: AuditOptions): AuditQuery {
  const { user, action, since, until, text } = options;
  return {
    ...(user === undefined ? {} : { user }),
    ...(action === undefined ? {} : { action }),
    ...(since === undefined ? {} : { since: parseMoment(since, clock.now()) }),
    ...(until === undefined ? {} : { until: parseMoment(until, clock.now()) }),
    ...(text === undefined ? {} : { text }),
  };
}

function renderAudit(look: Look, entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return "No entries match.";
  const rows = entries.map((entry) => [
    showInstant(entry.at),
    printable(entry.authId),
    entry.address,
    entry.action,
    entry.outcome === "done" ? "done" : look.paint("red", "refused"),
    printable(entry.subject),
  ]);
  return renderTable(look, ["Time", "Who", "From", "Action", "Outcome", "Subject"], rows);
}
