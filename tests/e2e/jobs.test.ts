/** Workloads, jobs and their calendar, as the person looks at them who sets them up. */

import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import type { Job, Run, Workload } from "@ironcore-backup/protocol/calls";
import { axeViolations, Dashboard, NARROW, overflowOf } from "../support/dashboard.ts";
import type { Landmark } from "../support/dashboard.ts";
import { until } from "../support/installation.ts";
import { growTree } from "../support/tree.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;
const PAGES: readonly Landmark[] = [
  ["/workloads", "link", /^web/],
  ["/workloads/web", "region", "Protection"],
  ["/jobs", "link", /^nightly/],
  ["/jobs/nightly", "region", "Runs"],
  ["/calendar", "region", /^Days of/],
  ["/", "region", "Protection"],
];

const jobOf = (name: string): Job => installation.json<Job>("job", "show", name);
const runsOf = (name: string): Run[] => installation.json<{ runs: Run[] }>("job", "runs", name).runs;
const panelOf = (page: Page, name: string): Locator => page.getByRole("region", { name });

beforeAll(async () => {
  await dashboard.open();
  growTree(installation.path("tree"), { seed: 9, fileCount: 30 });
  growTree(installation.path("gone"), { seed: 8, fileCount: 3 });
  installation.must("datastore", "create", "main", "--path", installation.store());
}, 120_000);
afterAll(() => dashboard.close());

describe("who sets up backups", () => {
  test("names a workload, sees a mistake at its field, checks that it can be reached, and changes it", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/workloads");
    await page.getByText("Nothing is named yet").waitFor();
    await page.getByRole("button", { name: "New workload" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("web");
    await dialog.getByLabel("Directories", { exact: true }).last().fill("srv/www");
    await dialog.getByText("an absolute path begins with /").waitFor();
    expect(await dialog.getByRole("button", { name: "Create" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Directories", { exact: true }).last().fill(installation.path("tree"));
    await dialog.getByLabel("Tags").fill("prod");
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "workload-dialog");
    await dialog.getByRole("button", { name: "Create" }).click();
    const panel = panelOf(page, "Workload web");
    await panel.getByText("UNPROTECTED").waitFor();
    await panel.getByRole("button", { name: "Check now" }).click();
    await panel.getByRole("status").getByText(installation.path("tree")).waitFor();
    await panel.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog").getByLabel("Leave out").fill("*.tmp");
    await page.getByRole("button", { name: "Save" }).click();
    await panel.getByText("*.tmp").waitFor();
    expect(installation.json<Workload>("workload", "show", "web")).toMatchObject({
      paths: [installation.path("tree")],
      excludes: ["*.tmp"],
      tags: ["prod"],
    });
    await panel.getByRole("button", { name: "Back up now" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Back up" }).click();
    await page.waitForURL(/\/tasks\/UPID/);
    await page.getByText("OK", { exact: true }).first().waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("makes a job with a schedule that is explained while it is typed, runs it, and sees what came of it", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/jobs");
    await page.getByRole("button", { name: "New job" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("nightly");
    await dialog.getByRole("combobox", { name: "Datastore" }).click();
    await page.getByRole("option", { name: "main" }).click();
    await dialog.getByLabel("and all with a tag of").fill("prod");
    await dialog.getByText("Now these: web").waitFor();
    const schedule = dialog.getByLabel("Schedule");
    await schedule.fill("25:00");
    await dialog
      .getByText(/position|column|at 1|25/i)
      .first()
      .waitFor();
    // The answer to a mistake is a refusal, which Chromium prints as an error.
    await until("the mistake is told", () => complaints.length > 0);
    await schedule.fill("02:30");
    await dialog.getByText("Next runs in your own time zone").waitFor();
    await dialog.getByLabel("daily", { exact: true }).fill("7");
    await dialog.getByText("7 snapshots would stay").waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "job-editor");
    await dialog.getByRole("button", { name: "Create" }).click();
    const panel = panelOf(page, "Job nightly");
    await panel.getByText("daily 7").waitFor();
    await panel.getByRole("button", { name: "Run now" }).click();
    await panel.getByRole("table").getByText("met").waitFor();
    expect(runsOf("nightly").find(({ origin }) => origin === "hand")?.state).toBe("met");
    expect(jobOf("nightly")).toMatchObject({ schedule: "02:30", retention: { keepDaily: 7 } });
    await panel.getByRole("link", { name: "All its tasks" }).click();
    await page.getByRole("button", { name: /Job.*nightly/ }).waitFor();
    await page.goBack();
    await panel.getByRole("table").getByRole("link", { name: "web" }).click();
    await page.getByRole("region", { name: /^Task/ }).getByText("OK").first().waitFor();
    // Nothing but that one refusal.
    expect(complaints.filter((complaint) => !complaint.includes("status of 4"))).toEqual([]);
    await context.close();
  });

  test("disables a job, changes it, and removes it", async () => {
    installation.must(
      "job",
      "create",
      "short",
      "--type",
      "gc",
      "--datastore",
      "main",
      "--schedule",
      "hourly",
    );
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/jobs/short");
    const panel = panelOf(page, "Job short");
    await panel.getByRole("switch", { name: "Runs by its schedule" }).click({ force: true });
    await panel.getByText("Disabled: nothing comes.").waitFor();
    expect(jobOf("short").enabled).toBe(false);
    await panel.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog").getByLabel("Comment").fill("of the small disk");
    await page.getByRole("button", { name: "Save" }).click();
    await panel.getByText("of the small disk").waitFor();
    await panel.getByRole("button", { name: "Remove the job" }).click();
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("region", { name: "Jobs" }).waitFor();
    await until("it is gone", () => !installation.must("job", "list").includes("short"));
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("the calendar", () => {
  test("shows what was missed and what comes, and tells a day in full", async () => {
    installation.must("workload", "add", "gone", "--path", installation.path("gone"));
    const schedule = ["--schedule", "*:*:0/5", "--allowed", "1m"];
    installation.must(
      ...["job", "create", "often", "--type", "backup", "--workload", "gone", "--datastore", "main"],
      ...schedule,
    );
    await until("two runs are met", () => runsOf("often").filter(({ state }) => state === "met").length >= 2);
    rmSync(installation.path("gone"), { recursive: true });
    await until("a run is missed", () => runsOf("often").some(({ state }) => state === "missed"));
    installation.must("job", "update", "often", "--schedule", "hourly");
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/calendar");
    await page.getByText(/to come so far: .*missed/).waitFor();
    await page.locator("[data-today=true] button").click();
    const agenda = page.getByRole("region", { name: /^Runs of/ });
    await agenda.getByText("missed", { exact: true }).first().waitFor();
    await agenda.getByText("task failed").first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "calendar-day");
    await page.keyboard.press("]");
    await page.getByRole("status").getByText(nextMonth()).waitFor();
    await page.goto("/");
    const panel = page.getByRole("region", { name: "Job Calendar" });
    await panel.getByText("missed", { exact: true }).first().waitFor();
    await page.getByRole("region", { name: "Protection" }).getByRole("link", { name: "gone" }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});

function nextMonth(): string {
  const now = new Date();
  const next = new Date(now.getFullYear(), now.getMonth() + 1, 1);
  return new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric" }).format(next);
}

describe("these pages", () => {
  test.each(["light", "dark"] as const)("are accessible, %s", async (colorScheme) => {
    const { context, page } = await dashboard.visit({ colorScheme });
    await dashboard.signIn(page);
    for (const landmark of PAGES) {
      await dashboard.arrive(page, landmark);
      expect(await axeViolations(page), landmark[0]).toEqual([]);
      await dashboard.shoot(page, `plans-${landmark[0]}-${colorScheme}`);
    }
    await context.close();
  });

  test("are walked by keyboard, from a list to a job and back to its row", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/jobs");
    const list = page.getByRole("region", { name: "Jobs" });
    await list.getByRole("link", { name: /^nightly/ }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await panelOf(page, "Job often").waitFor();
    await page.keyboard.press("Escape");
    await panelOf(page, "Job often").waitFor({ state: "detached" });
    await list.locator("a:focus", { hasText: "often" }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("fit a narrow screen", async () => {
    const { context, page } = await dashboard.visit({ viewport: NARROW });
    await dashboard.signIn(page);
    for (const landmark of PAGES) {
      await dashboard.arrive(page, landmark);
      expect(await overflowOf(page), landmark[0]).toBeLessThanOrEqual(0);
      await dashboard.shoot(page, `plans-${landmark[0]}-narrow`);
    }
    await context.close();
  });
});
