import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { axeViolations, Dashboard, NARROW } from "../support/dashboard.ts";
import { growSlowSource, SLOWLY } from "../support/slow-source.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;

const panel = (page: Page, name: string): Locator => page.getByRole("region", { name, exact: true });

/** A backup that takes its time, started from the command line. @returns its UPID */
function startSlowBackup(id: string): string {
  const source = installation.path("slow");
  return installation.must("backup", "--path", source, "--datastore", "main", "--id", id, ...SLOWLY).trim();
}

function stateOf(upid: string): string {
  return installation.json<{ state: string }>("task", "show", upid).state;
}

beforeAll(async () => {
  await dashboard.open();
  growSlowSource(installation.path("slow"), 11);
  mkdirSync(installation.path("small"));
  writeFileSync(installation.path("small", "note.txt"), "a note");
  installation.must("datastore", "create", "main", "--path", installation.store());
  installation.must("backup", "--path", installation.path("small"), "--datastore", "main", "--wait");
});
afterAll(() => dashboard.close());

describe("the dashboard, live", () => {
  test("a backup from the command line appears, moves, outlives a cut line and is cancelled, all without a reload", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page);
    await page.evaluate(() => Object.assign(window, { wasNeverReloaded: true }));
    const running = panel(page, "Running tasks");
    await running.getByText("Nothing runs.").waitFor();
    const upid = startSlowBackup("moving");
    const row = running.getByRole("listitem").filter({ hasText: "main:host/moving" });
    await row.getByText("running", { exact: true }).waitFor();
    const bar = row.getByRole("progressbar");
    const first = await bar.getAttribute("aria-label");
    await expect.poll(() => bar.getAttribute("aria-label"), { timeout: 40_000 }).not.toBe(first);
    expect(complaints).toEqual([]);

    dashboard.line.cut();
    await page.getByText(/^Reconnecting, lost/).waitFor();
    await page.getByText("The server is out of reach: this is what was known last").waitFor();
    await row.getByText("main:host/moving").waitFor();
    const atCut = await bar.getAttribute("aria-label");
    dashboard.line.mend();
    await page.getByText("Live", { exact: true }).waitFor();
    await expect.poll(() => bar.getAttribute("aria-label"), { timeout: 40_000 }).not.toBe(atCut);

    await row.getByRole("button", { name: /^Cancel: backup/ }).click();
    await page.getByRole("button", { name: "Cancel the task" }).click();
    await row.waitFor({ state: "detached" });
    expect(stateOf(upid)).toBe("cancelled");
    expect(await page.evaluate(() => "wasNeverReloaded" in window)).toBe(true);
    await context.close();
  });

  test("a failure turns the verdict and says at once what to do", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page);
    const verdict = page.getByRole("status").filter({ hasText: "quiet" });
    await verdict.waitFor();
    installation.run("backup", "--path", "/no/such/place", "--datastore", "main", "--wait");
    const failure = panel(page, "Recent failures").getByRole("listitem");
    await failure.getByText("FAILED", { exact: true }).waitFor();
    await page.getByRole("link", { name: "1 task failed in the last 24 hours" }).waitFor();
    await failure.getByRole("link", { name: /^Log of backup/ }).click();
    await page.waitForURL("**/tasks/UPID*");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a paused scheduler is said wherever a task waits for it, and resuming it starts the task", async () => {
    const { context, page } = await dashboard.visit();
    await dashboard.signIn(page, "/workers");
    const scheduler = panel(page, "Scheduler");
    await scheduler.getByRole("textbox").fill("moving the machine");
    await scheduler.getByRole("button", { name: "Pause" }).click();
    await scheduler.getByText("Paused by admin@ibs").waitFor();
    const upid = startSlowBackup("waiting");
    const waiting = panel(page, "Why tasks wait")
      .getByRole("listitem")
      .filter({ hasText: "main:host/waiting" });
    await waiting.first().getByText("moving the machine").waitFor();
    expect(stateOf(upid)).toBe("queued");
    await scheduler.getByRole("button", { name: "Resume" }).click();
    const worker = panel(page, "Workers").getByRole("listitem").filter({ hasText: "/worker" });
    await worker.getByRole("link", { name: /main:host\/waiting/ }).waitFor();
    expect(stateOf(upid)).toBe("running");

    await worker.getByRole("button", { name: /^Drain/ }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("a new disk");
    await page.getByRole("dialog").getByRole("button", { name: "Drain", exact: true }).click();
    await worker.getByText("draining", { exact: true }).waitFor();
    await worker.getByText("a new disk").waitFor();
    await worker.getByRole("button", { name: /^Resume/ }).click();
    await worker.getByText("draining", { exact: true }).waitFor({ state: "detached" });
    installation.must("task", "cancel", upid);
    await context.close();
  });
});

describe("the three pages", () => {
  const PAGES = [
    ["/", "Dashboard"],
    ["/tasks", "Tasks"],
    ["/workers", "Workers"],
  ] as const;

  test.each(["light", "dark"] as const)(
    "have nothing that axe objects to, %s, with tasks that run and failed",
    async (colorScheme) => {
      const { context, page, complaints } = await dashboard.visit({ colorScheme });
      await dashboard.signIn(page);
      const upid = startSlowBackup(`axe-${colorScheme}`);
      await panel(page, "Running tasks").getByText(`main:host/axe-${colorScheme}`).waitFor();
      for (const [path, name] of PAGES) {
        await page.getByRole("link", { name, exact: true }).click();
        await page.getByRole("heading", { name, level: 1 }).waitFor();
        await page.getByText(`main:host/axe-${colorScheme}`).first().waitFor();
        expect(await axeViolations(page), `${path} ${colorScheme}`).toEqual([]);
      }
      await page.getByRole("button", { name: "Account, theme and keys" }).click();
      await page.getByRole("button", { name: "Sign out" }).waitFor();
      expect(await axeViolations(page), `menu ${colorScheme}`).toEqual([]);
      installation.must("task", "cancel", upid);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );

  test("fit a narrow screen, with the navigation behind a button", async () => {
    const { context, page } = await dashboard.visit({ viewport: NARROW });
    await dashboard.signIn(page);
    for (const [, name] of PAGES) {
      await page.getByRole("button", { name: "Navigation" }).click();
      await page.getByRole("dialog").getByRole("link", { name, exact: true }).click();
      await page.getByRole("heading", { name, level: 1 }).waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, name).toBeLessThanOrEqual(0);
    }
    await context.close();
  });

  test("are reached by keys, which are listed", async () => {
    const { context, page } = await dashboard.visit();
    await dashboard.signIn(page);
    const body = page.locator("body");
    await page.reload();
    await page.getByRole("heading", { name: "Dashboard", level: 1 }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toBe("Skip to content");
    await page.keyboard.press("Enter");
    for (const [keys, name] of [
      ["w", "Workers"],
      ["t", "Tasks"],
      ["d", "Dashboard"],
    ] as const) {
      await body.press("g");
      await body.press(keys);
      await page.getByRole("heading", { name, level: 1 }).waitFor();
    }
    await body.press("?");
    await page.getByRole("dialog", { name: "Keys" }).getByText("Go to Workers").waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await body.press("/");
    await page.waitForURL("**/tasks*");
    await context.close();
  });

  test("show the chosen theme after a reload, from the first paint on", async () => {
    const { context, page } = await dashboard.visit({ colorScheme: "light" });
    await dashboard.signIn(page);
    await page.getByRole("button", { name: "Account, theme and keys" }).click();
    await page.getByText("Dark", { exact: true }).click();
    const scheme = (): Promise<string | null> =>
      page.locator("html").getAttribute("data-mantine-color-scheme");
    expect(await scheme()).toBe("dark");
    // Before any script of the page itself ran: what comes after the head is held back.
    await page.route("**/assets/*.js", (route) => route.abort());
    await page.reload();
    expect(await scheme()).toBe("dark");
    await context.close();
  });
});
