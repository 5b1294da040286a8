/** The Job Calendar: what was chosen stands in the address, a day is walked by keys, and a job is run from it. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Run } from "@ironcore-backup/protocol/calls";
import { axeViolations, Dashboard, NARROW, overflowOf } from "../support/dashboard.ts";
import { until } from "../support/installation.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;
const runsOf = (name: string): Run[] => installation.json<{ runs: Run[] }>("job", "runs", name).runs;

beforeAll(async () => {
  await dashboard.open();
  const gone = installation.path("gone");
  mkdirSync(gone);
  writeFileSync(installation.path("gone", "file"), "here for a while");
  installation.must("datastore", "create", "main", "--path", installation.store());
  installation.must("workload", "add", "gone", "--path", gone);
  const plan = ["--datastore", "main", "--schedule"];
  installation.must("job", "create", "often", "--type", "backup", "--workload", "gone", ...plan, "*:*:0/5");
  installation.must("job", "create", "tidy", "--type", "gc", ...plan, "hourly");
  await until("a run is met", () => runsOf("often").some(({ state }) => state === "met"));
  rmSync(gone, { recursive: true });
  await until("a run is missed", () => runsOf("often").some(({ state }) => state === "missed"));
  installation.must("job", "update", "often", "--schedule", "hourly");
}, 120_000);
afterAll(() => dashboard.close());

describe("the Job Calendar", () => {
  test("shows the chosen type and state only, and says so in its address", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/calendar");
    const days = page.getByRole("region", { name: /^Days of/ });
    await days.getByText("often").first().waitFor();
    await days.getByText("tidy").first().waitFor();
    await page.getByText("Times are those of Europe/Berlin.").waitFor();
    await page.getByRole("combobox", { name: "Only jobs of this type" }).click();
    await page.getByRole("option", { name: "Garbage collection" }).click();
    await days.getByText("often").first().waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("type")).toBe("gc");
    await page.goto("/calendar?state=missed");
    await days.getByText("often").first().waitFor();
    expect(await days.getByText("tidy").count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("tells a day with causes and tasks, walks by keys, and runs a job", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/calendar");
    await page.locator("[data-today=true] button").press("Enter");
    const agenda = page.getByRole("region", { name: /^Runs of/ });
    await agenda.getByText("missed", { exact: true }).first().waitFor();
    await agenda.getByText("task failed").first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "calendar-day");
    await agenda.getByRole("button", { name: "Run now: tidy" }).click();
    await until("it ran", () =>
      runsOf("tidy").some(({ origin, state }) => origin === "hand" && state === "met"),
    );
    const today = await agenda.getAttribute("aria-label");
    await page.keyboard.press("n");
    await expect.poll(() => agenda.getAttribute("aria-label")).not.toBe(today);
    await page.keyboard.press("p");
    await expect.poll(() => agenda.getAttribute("aria-label")).toBe(today);
    await page.keyboard.press("Escape");
    await agenda.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("fits a narrow dark screen", async () => {
    const { context, page } = await dashboard.visit({ viewport: NARROW, colorScheme: "dark" });
    await dashboard.signIn(page, "/calendar");
    await page.getByText("often").first().waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "calendar-narrow-dark");
    await context.close();
  });
});
