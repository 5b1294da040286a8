/** The Task Browser as somebody uses it who has started a backup in a terminal beside it. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { axeViolations, Dashboard, NARROW } from "../support/dashboard.ts";
import { growSlowSource, SLOWLY } from "../support/slow-source.ts";
import { until } from "../support/installation.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;

/** Each is a line of the log; they lie between the large files, so that lines come as the backup goes on. */
const SKIPPED_PER_FILE = 40;
const SLOW_FILE_COUNT = 20;

interface TaskFacts {
  readonly state: string;
  readonly logLineCount: number;
}

const show = (upid: string): TaskFacts => installation.json<TaskFacts>("task", "show", upid);

/** @returns its UPID */
function startTalkingBackup(id: string): string {
  const path = installation.path("slow");
  const place = ["--datastore", "main", "--id", id];
  return installation.must("backup", "--path", path, ...place, "--exclude", "*.skip", ...SLOWLY).trim();
}

const rowOf = (page: Page, id: string): Locator =>
  page
    .getByRole("grid", { name: "Tasks" })
    .getByRole("row")
    .filter({ hasText: `main:host/${id}` });
const panelOf = (page: Page): Locator => page.locator("section[aria-label^='Task backup']");
const numbersIn = (page: Page): Promise<number[]> =>
  page
    .getByRole("log", { name: "Log lines" })
    .locator("[data-line]")
    .evaluateAll((lines) =>
      lines.map((line) => Number(line.getAttribute("data-line"))).sort((a, b) => a - b),
    );

/** Scrolls the whole log through. @returns the numbers of all lines that were shown, in the order they stood */
async function readThrough(page: Page): Promise<number[]> {
  const log = page.getByRole("log", { name: "Log lines" });
  await log.focus();
  await log.press("Home");
  await log.locator("[data-line='1']").waitFor();
  const seen = new Set<number>();
  for (let last = -1; ;) {
    const shown = await numbersIn(page);
    for (const [at, number] of shown.entries()) {
      // What stands below a line is the next one.
      if (at > 0) expect(number).toBe((shown[at - 1] ?? 0) + 1);
      seen.add(number);
    }
    const end = shown.at(-1) ?? 0;
    if (end === last) return [...seen].sort((a, b) => a - b);
    last = end;
    await log.evaluate((element) => element.scrollBy({ top: element.clientHeight * 0.8 }));
    await page.waitForTimeout(150);
  }
}

beforeAll(async () => {
  await dashboard.open();
  const slow = installation.path("slow");
  growSlowSource(slow, 11);
  for (let file = 0; file < SLOW_FILE_COUNT; file++)
    for (let at = 0; at < SKIPPED_PER_FILE; at++)
      writeFileSync(join(slow, `part-${file}.txt-${at}.skip`), "");
  mkdirSync(installation.path("small"));
  writeFileSync(installation.path("small", "note.txt"), "a note");
  installation.must("datastore", "create", "main", "--path", installation.store());
  installation.must(
    "backup",
    "--path",
    installation.path("small"),
    "--datastore",
    "main",
    "--id",
    "done",
    "--wait",
  );
  installation.run("backup", "--path", "/no/such/place", "--datastore", "main", "--id", "lost", "--wait");
});
afterAll(() => dashboard.close());

describe("the Tasks page", () => {
  test("a backup from the command line moves, its log streams over a cut line without gap or double, and is cancelled and repeated", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/tasks");
    await page.evaluate(() => Object.assign(window, { wasNeverReloaded: true }));
    const upid = startTalkingBackup("moving");
    const row = rowOf(page, "moving");
    await row.waitFor();
    await row.getByText("running").first().waitFor();
    const amount = (): Promise<string | null> => row.textContent();
    const before = await amount();
    await expect.poll(amount, { timeout: 40_000 }).not.toBe(before);

    await row.click();
    await page.waitForURL("**/tasks/UPID*");
    const panel = panelOf(page);
    await panel.getByText("Log", { exact: true }).click();
    const newest = async (): Promise<number> => (await numbersIn(page)).at(-1) ?? 0;
    await expect.poll(newest, { timeout: 40_000 }).toBeGreaterThan(5);
    const atFirst = await newest();
    await expect.poll(newest, { timeout: 40_000 }).toBeGreaterThan(atFirst);
    expect(complaints).toEqual([]);

    dashboard.line.cut();
    await page.getByText(/^Reconnecting, lost/).waitFor();
    const atCut = await newest();
    await until("lines that the page cannot see", () => show(upid).logLineCount > atCut + SKIPPED_PER_FILE);
    dashboard.line.mend();
    await page.getByText("Live", { exact: true }).waitFor();
    await expect.poll(newest, { timeout: 40_000 }).toBeGreaterThan(atCut + SKIPPED_PER_FILE);

    await panel.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("button", { name: "Cancel the task" }).click();
    await panel.getByText("CANCELLED", { exact: true }).first().waitFor();
    await row.getByText("CANCELLED", { exact: true }).first().waitFor();
    const { state, logLineCount } = show(upid);
    expect(state).toBe("cancelled");
    await page.getByText(`${logLineCount.toLocaleString("en-GB")} lines`, { exact: true }).waitFor();
    expect(await readThrough(page)).toEqual(Array.from({ length: logLineCount }, (_, at) => at + 1));

    await panel.getByRole("button", { name: "Retry" }).click();
    await expect.poll(() => rowOf(page, "moving").count()).toBe(2);
    const again = rowOf(page, "moving").filter({ hasText: "running" });
    await again.waitFor();
    expect(await page.evaluate(() => "wasNeverReloaded" in window)).toBe(true);
    const { retriedBy } = installation.json<{ retriedBy: string }>("task", "show", upid);
    installation.must("task", "cancel", retriedBy);
    await context.close();
  });

  test("filters stand in the address, together, and outlive a reload and the way back", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/tasks");
    await rowOf(page, "done").waitFor();
    await page
      .getByRole("group", { name: "Status" })
      .getByRole("button", { name: /FAILED/ })
      .click();
    await rowOf(page, "done").waitFor({ state: "detached" });
    await page.getByLabel("Search in UPID, source, target and status").fill("no/such");
    await page.waitForURL(/state=failed.*text=|text=.*state=failed/);
    await rowOf(page, "lost").waitFor();
    expect(await page.getByRole("grid", { name: "Tasks" }).getByRole("row").count()).toBe(2);
    const address = page.url();
    await page.reload();
    await rowOf(page, "lost").waitFor();
    expect(page.url()).toBe(address);
    await rowOf(page, "lost").click();
    await page.waitForURL("**/tasks/UPID*");
    await page.goBack();
    await page.waitForURL(address);
    await rowOf(page, "lost").waitFor();
    expect(await page.getByLabel("Search in UPID, source, target and status").inputValue()).toBe("no/such");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("is walked by keys: the list, the task beside it, and back to the row", async () => {
    const { context, page } = await dashboard.visit();
    await dashboard.signIn(page, "/tasks");
    await rowOf(page, "done").waitFor();
    await page.locator("body").press("/");
    await page.keyboard.type("host/lost");
    await rowOf(page, "done").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await rowOf(page, "lost").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/tasks/UPID*");
    await panelOf(page).waitFor();
    await panelOf(page).getByText("FAILED", { exact: true }).first().waitFor();
    await page.keyboard.press("Escape");
    await page.waitForURL((url) => !url.pathname.includes("UPID"));
    expect(await rowOf(page, "lost").evaluate((row) => row.contains(document.activeElement))).toBe(true);
    await context.close();
  });

  test.each(["light", "dark"] as const)(
    "axe has nothing to object to a task beside the list, its log and its error, %s",
    async (colorScheme) => {
      const { context, page, complaints } = await dashboard.visit({ colorScheme });
      await dashboard.signIn(page, "/tasks");
      for (const id of ["done", "lost"]) {
        await rowOf(page, id).first().click();
        await panelOf(page).waitFor();
        await page.getByRole("log", { name: "Log lines" }).locator("[data-line='1']").waitFor();
        expect(await axeViolations(page), `${id} ${colorScheme}`).toEqual([]);
      }
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test("fits a narrow screen, where the task takes the list's place", async () => {
    const { context, page } = await dashboard.visit({ viewport: NARROW });
    await dashboard.signIn(page, "/tasks");
    await rowOf(page, "done").first().click();
    await panelOf(page).waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await panelOf(page).getByRole("button", { name: "Close the task" }).click();
    await rowOf(page, "done").first().waitFor();
    await context.close();
  });
});
