/**
 * How mails look. Chromium stands for the programs that read them: wide and narrow, light and dark. A mail loads nothing, is
 * not wider than its window, and can be read. With IRONCORE_TEST_SHOTS there are pictures to look at.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import type { MessageEntry, NotificationMessage } from "@ironcore-backup/protocol";
import { mailBody } from "@ironcore-backup/server/mail-body";
import { axeViolations, launchBrowser, overflowOf, shoot } from "./support/browser.ts";

const AT = Date.UTC(2026, 10, 23, 2, 15, 7);
const URL = "https://backup.example:8007";
const UPID = "UPID:pbs1:000004D2:0001E240:00000001:6B04B494:backup:main\\x3ahost-web\\x2d1:admin@ibs:";

function entry(change: Partial<MessageEntry> = {}): MessageEntry {
  return {
    notice: 17,
    event: "backup.failed",
    change: "opened",
    severity: "error",
    at: AT,
    title: "Backup of web-1 (job nightly) failed",
    text: "The source /srv/data cannot be read: input/output error\n4 min 12 s, 12.4 GiB of 81.0 GiB read",
    remedy: "Check the disk below /srv/data; the kernel's log names the device. Then run the job again.",
    code: "SOURCE_UNREADABLE",
    project: "shop",
    datastore: "main",
    job: "nightly",
    workload: "web-1",
    upid: UPID,
    count: 1,
    since: AT,
    url: `${URL}/tasks/1`,
    logUrl: `${URL}/tasks/1/log`,
    ...change,
  };
}

function message(entries: MessageEntry[], change: Partial<NotificationMessage> = {}): NotificationMessage {
  const [first] = entries;
  return {
    version: 1,
    id: "ironcore-pbs1-1",
    at: AT,
    kind: "single",
    severity: first?.severity ?? "info",
    title: first?.title ?? "",
    installation: "pbs1",
    group: "operators",
    url: URL,
    entries,
    entryCount: entries.length,
    summary: [],
    ...change,
  };
}

const failed = entry({ change: "repeated", count: 3, since: AT - 2 * 86_400_000 });
const { remedy: _remedy, code: _code, ...plain } = entry();
const resolved: MessageEntry = {
  ...plain,
  change: "resolved",
  severity: "info",
  title: "Resolved: Backup of web-1 (job nightly) failed",
  text: "Backup of web-1 (job nightly) completed\n5 min 3 s, 81.0 GiB\nIt lasted 2 days 21 hours.",
  count: 4,
  since: AT - 3 * 86_400_000,
};
const { url: _url, logUrl: _logUrl, ...unlinked } = entry();
const bundle = Array.from({ length: 50 }, (_, index): MessageEntry => {
  if (index === 1) return { ...unlinked, notice: index };
  if (index === 2)
    return entry({
      event: "job.missed",
      severity: "warning",
      title: "1 run of the job weekly-archive did not happen",
      text: "The server was not running at Sun 22 Nov 2026, 03:00.",
    });
  if (index === 3)
    return entry({ title: `Backup of /${"a-very-long-name-without-a-break".repeat(6)} failed` });
  return entry({
    notice: index,
    workload: `web-${index}`,
    title: `Backup of web-${index} (job nightly) failed`,
  });
});

const MAILS: Readonly<Record<string, NotificationMessage>> = {
  failure: message([failed]),
  resolved: message([resolved]),
  bundle: message(bundle, {
    kind: "bundle",
    title: "300 events: 297 failed backups and others",
    entryCount: 300,
    summary: [
      { event: "backup.failed", change: "opened", count: 297 },
      { event: "job.missed", change: "note", count: 2 },
      { event: "datastore.offline", change: "resolved", count: 1 },
    ],
  }),
};
const WIDTHS = [360, 800] as const;
const SCHEMES = ["light", "dark"] as const;

let browser: Browser | undefined;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

/** Opens it as a mail program would, and writes down what it asks the network for. */
async function openMail(
  html: string,
  options: { readonly width: number; readonly colorScheme: (typeof SCHEMES)[number] },
): Promise<{ readonly page: Page; readonly asked: string[] }> {
  if (browser === undefined) throw new Error("no browser");
  const { width, colorScheme } = options;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const asked: string[] = [];
  await page.route("**", (route) => {
    asked.push(route.request().url());
    return route.abort();
  });
  await page.setContent(html, { waitUntil: "load" });
  return { page, asked };
}

describe.each(Object.keys(MAILS))("the mail about a %s", (name) => {
  const { html } = mailBody(MAILS[name] ?? message([]), { timeZone: "Europe/Berlin" });

  test.each(WIDTHS.flatMap((width) => SCHEMES.map((scheme) => [width, scheme] as const)))(
    "fits %i pixels and can be read in %s",
    async (width, colorScheme) => {
      const { page, asked } = await openMail(html, { width, colorScheme });
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      expect(await axeViolations(page)).toEqual([]);
      expect(asked).toEqual([]);
      await shoot(page, `mail-${name}-${width}-${colorScheme}`);
      await page.context().close();
    },
  );

  test("is there without its style sheet too", async () => {
    const bare = html.replace(/<style>[\s\S]*?<\/style>/, "");
    const { page } = await openMail(bare, { width: 360, colorScheme: "light" });
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await axeViolations(page)).toEqual([]);
    await page.context().close();
  });
});
