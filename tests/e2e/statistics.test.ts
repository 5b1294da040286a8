/** The page Statistics over a group of which enough is known, and whose last run is not like the others. */

import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom, formatSize } from "@ironcore-backup/base";
import type { Statistics, Task } from "@ironcore-backup/protocol/calls";
import { axeViolations, Dashboard, NARROW, overflowOf } from "../support/dashboard.ts";
import type { Landmark } from "../support/dashboard.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;
/** A full one, those that make the range, and the one that falls out of it. */
const RUN_COUNT = 8;
const UNUSUAL_BYTES = 24_000_000;
const PAGES: readonly Landmark[] = [
  ["/statistics", "group", "Compression ratio"],
  ["/statistics?datastore=main&group=host/steady", "group", "New data"],
];

function backup(id: string): void {
  const path = installation.path(id);
  installation.must("backup", "--path", path, "--datastore", "main", "--id", id, "--wait");
}

/** The last but one: after it came the young group's only run. */
const unusualTask = (): Task | undefined =>
  installation.json<Task[]>("task", "list", "--type", "backup", "--limit", "2")[1];
function unusualSize(): string {
  const statistics = unusualTask()?.statistics;
  if (statistics?.kind !== "backup") throw new Error("no backup");
  return formatSize(statistics.backup.newStoredBytes);
}

beforeAll(async () => {
  await dashboard.open();
  const random = createSeededRandom(9);
  installation.must("datastore", "create", "main", "--path", installation.store());
  for (const id of ["steady", "young"]) mkdirSync(installation.path(id));
  writeFileSync(installation.path("young", "file"), random.bytes(100_000));
  writeFileSync(installation.path("steady", "large"), random.bytes(4_000_000));
  for (let run = 1; run < RUN_COUNT; run++) {
    writeFileSync(installation.path("steady", "changes"), random.bytes(60_000));
    backup("steady");
  }
  appendFileSync(installation.path("steady", "large"), random.bytes(UNUSUAL_BYTES));
  backup("steady");
  backup("young");
}, 120_000);
afterAll(() => dashboard.close());

describe("the page Statistics", () => {
  test("puts what fell out of its range first, and says by how much", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/statistics");
    await page
      .getByRole("region", { name: "All runs" })
      .getByText(`${RUN_COUNT + 1} backups`)
      .waitFor();
    const rows = page.getByRole("region", { name: "Groups" }).getByRole("row");
    const first = rows.nth(1);
    expect(await first.getByRole("rowheader").innerText()).toBe("main:host/steady");
    await first.getByText(/ and \d more$/).waitFor();
    expect(await first.locator("[title*='usually']").getAttribute("title")).toContain(
      `New data ${unusualSize()}, usually 0 B to `,
    );
    await rows.nth(2).getByText("too few runs").waitFor();
    const { statistics } = installation.json<{ statistics: Statistics }>("stats", "--datastore", "main");
    expect(statistics.series.find(({ group }) => group === "host/steady")?.unusual).toContain(
      "newStoredBytes",
    );
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("leads by keyboard from a group to its unusual run, and from there to the task", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/statistics");
    await page.getByRole("button", { name: "main:host/steady" }).press("Enter");
    const group = page.getByRole("region", { name: "Runs of host/steady" });
    await group.getByText(`${RUN_COUNT} runs`).waitFor();
    // An address of its own, which shows the same to whom it is sent.
    await page.reload();
    const runs = group.getByRole("group", { name: "New data" }).getByRole("link");
    await expect.poll(() => runs.count()).toBe(RUN_COUNT);
    expect(await runs.first().getAttribute("aria-label")).toMatch(/, full$/);
    expect(await runs.last().getAttribute("aria-label")).toContain(`${unusualSize()}, unusual`);
    await runs.last().press("Enter");
    await page.waitForURL(/\/tasks\/UPID/);
    expect(decodeURIComponent(page.url())).toContain(unusualTask()?.upid);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("says what is missing where nothing was backed up", async () => {
    const { context, page, complaints } = await dashboard.visit();
    installation.must("datastore", "create", "empty", "--path", installation.store("empty"));
    await dashboard.signIn(page, "/statistics?datastore=empty");
    await page.getByText("No backup has ended well in this time.").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("every view of the statistics", () => {
  test.each(["light", "dark"] as const)("has no violation that axe finds, %s", async (colorScheme) => {
    const { context, page, complaints } = await dashboard.visit({ colorScheme });
    await dashboard.signIn(page);
    for (const one of PAGES) {
      const [path] = one;
      await dashboard.arrive(page, one);
      expect([path, await axeViolations(page)]).toEqual([path, []]);
      await dashboard.shoot(page, `${colorScheme}${path}`);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("fits a narrow screen", async () => {
    const { context, page } = await dashboard.visit({ viewport: NARROW });
    await dashboard.signIn(page);
    for (const one of PAGES) {
      const [path] = one;
      await dashboard.arrive(page, one);
      expect([path, await overflowOf(page)]).toEqual([path, 0]);
      await dashboard.shoot(page, `narrow${path}`);
    }
    await context.close();
  });
});
