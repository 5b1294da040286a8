/**
 * `npm run screenshots`: pictures of every page, light, dark and as wide as a phone, of a small company's backups that are
 * really taken first. `--only WORD` takes those whose name has it, `--language de` takes them in German.
 */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { Dashboard, NARROW, WIDE } from "../support/dashboard.ts";
import { furnish, keepBusy } from "./scene.ts";

/** Named in the pictures; it must not be there before and is removed afterwards. */
const ROOT = "/srv/acme";
/** Answers come, charts are drawn, nothing slides any more. */
const SETTLE_MS = 1500;

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "screenshots" },
    only: { type: "string", default: "" },
    language: { type: "string", default: "en" },
  },
});

const LOOKS = [
  { look: "light", colorScheme: "light", viewport: WIDE },
  { look: "dark", colorScheme: "dark", viewport: WIDE },
  { look: "phone", colorScheme: "light", viewport: NARROW },
] as const;

if (existsSync(ROOT)) throw new Error(`${ROOT} is there already: remove it first`);
const dashboard = new Dashboard();
try {
  mkdirSync(ROOT, { recursive: true });
  await dashboard.open();
  process.stdout.write("takes backups …\n");
  furnish(dashboard.installation, ROOT);
  keepBusy(dashboard.installation, ROOT);
  const pages = listPages();
  for (const { look, colorScheme, viewport } of LOOKS)
    await takePictures(look, { colorScheme, viewport }, pages);
} finally {
  await dashboard.close();
  rmSync(ROOT, { recursive: true, force: true });
}

/** Every address of the dashboard, with a thing open beside each list. */
function listPages(): readonly (readonly [name: string, path: string])[] {
  const { installation } = dashboard;
  const tasks = (...words: string[]): string =>
    installation.json<readonly { readonly upid: string }[]>("task", "list", ...words)[0]?.upid ?? "";
  const task = (upid: string): string => `/tasks/${encodeURIComponent(upid)}`;
  const snapshot = (place: string): string => {
    const shown = installation.json<{ readonly snapshot: { readonly snapshot: string } }>(
      "snapshot",
      "show",
      place,
    );
    return shown.snapshot.snapshot;
  };
  const web = `/snapshots/main/${snapshot("main:host/web/latest")}`;
  const damaged = `/snapshots/archive/${snapshot("archive:vm/100/latest")}`;
  return [
    ["dashboard", "/"],
    ["tasks", "/tasks"],
    ["task-running", task(tasks("--status", "running"))],
    ["task-failed", task(tasks("--status", "failed", "--type", "backup"))],
    ["task-backup", task(tasks("--status", "ok", "--type", "backup"))],
    ["workloads", "/workloads"],
    ["workload", "/workloads/web"],
    ["jobs", "/jobs"],
    ["job", "/jobs/nightly"],
    ["calendar-month", "/calendar"],
    ["calendar-week", "/calendar?view=week"],
    ["calendar-day", "/calendar?view=day"],
    ["snapshots", "/snapshots/main?group=host/web"],
    ["snapshot-contents", web],
    ["snapshot-changes", `${web}?tab=changes`],
    ["snapshot-verification", `${damaged}?tab=verification`],
    ["snapshot-statistics", `${web}?tab=statistics`],
    ["datastores", "/datastores"],
    ["datastore", "/datastores/main"],
    ["prune-simulator", "/prune-simulator?datastore=main&group=host/web"],
    ["notifications", "/notifications"],
    ["notification-targets", "/notifications/targets"],
    ["notification-groups", "/notifications/groups"],
    ["notification-rules", "/notifications/rules"],
    ["notification-deliveries", "/notifications/deliveries"],
    ["statistics", "/statistics"],
    ["workers", "/workers"],
    ["access-users", "/access"],
    ["access-projects", "/access/projects"],
    ["access-roles", "/access/roles"],
    ["access-tokens", "/access/tokens"],
    ["audit", "/audit"],
    ["settings", "/settings"],
  ];
}

async function takePictures(
  look: string,
  visit: { readonly colorScheme: "light" | "dark"; readonly viewport: typeof WIDE },
  pages: readonly (readonly [name: string, path: string])[],
): Promise<void> {
  const { context, page } = await dashboard.visit(visit);
  await take(page, "/sign-in", `sign-in-${look}`);
  await dashboard.signIn(page);
  await context.addInitScript(
    (language) => localStorage.setItem("ironcore-language", language),
    values.language,
  );
  for (const [name, path] of pages) await take(page, path, `${name}-${look}`);
  await context.close();
}

async function take(page: Page, path: string, name: string): Promise<void> {
  if (!name.includes(values.only)) return;
  await page.goto(path);
  await page.getByRole("heading").first().waitFor();
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: resolve(join(values.out, `${name}.png`)) });
  process.stdout.write(`${name}\n`);
}
