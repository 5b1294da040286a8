/** Datastores and their care, as an administrator looks at them. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { Datastore, Task } from "@ironcore-backup/protocol/calls";
import { axeViolations, Dashboard, NARROW, overflowOf } from "../support/dashboard.ts";
import type { Landmark } from "../support/dashboard.ts";
import { growTree } from "../support/tree.ts";
import { until } from "../support/installation.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;
const GROUPS = ["web-1", "web-2"];
const PAGES: readonly Landmark[] = [
  ["/datastores", "link", /^main/],
  ["/datastores/main", "group", "Used on the disk of main"],
  ["/prune-simulator?datastore=main", "region", "Groups"],
];

function backup(id: string): void {
  installation.must(
    "backup",
    "--path",
    installation.path("tree"),
    "--datastore",
    "main",
    "--id",
    id,
    "--wait",
  );
}

const storeOf = (name: string): Datastore | undefined =>
  installation.json<Datastore[]>("datastore", "list").find((one) => one.name === name);
const panelOf = (page: Page, name = "main") => page.getByRole("region", { name: `Datastore ${name}` });
const lastTask = (type: string): Task | undefined =>
  installation.json<Task[]>("task", "list", "--type", type, "--limit", "1")[0];

beforeAll(async () => {
  await dashboard.open();
  growTree(installation.path("tree"), { seed: 5, fileCount: 30 });
  installation.must("datastore", "create", "main", "--path", installation.store());
  for (let round = 0; round < 3; round++) {
    writeFileSync(join(installation.path("tree"), "changed"), `round ${round}`);
    for (const id of GROUPS) backup(id);
  }
}, 120_000);
afterAll(() => dashboard.close());

describe("the page Datastores", () => {
  test("collects garbage, verifies, and tells what came of it without being asked again", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/datastores");
    await page.getByRole("link", { name: /^main/ }).click();
    const panel = panelOf(page);
    await panel.getByRole("button", { name: "Collect garbage" }).click();
    await panel.getByText(/freed 0 B/).waitFor();
    expect(lastTask("gc")?.state).toBe("ok");
    await panel.getByRole("button", { name: "Verify all" }).click();
    await panel.getByText("6 snapshots, all OK").waitFor();
    // Counted now, and not when it was looked at last.
    await panel.getByText("in 2 groups").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("sets mode, limits and retention, and probes", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/datastores/main");
    const panel = panelOf(page);
    await panel.getByRole("button", { name: "Mode" }).click();
    await page.getByRole("radio", { name: "read-only" }).check();
    await page.getByLabel("Why").fill("new disks");
    await page.getByRole("button", { name: "Set" }).click();
    await panel.getByText(/new disks/).waitFor();
    expect(storeOf("main")).toMatchObject({ status: "read-only" });
    await panel.getByRole("button", { name: "Mode" }).click();
    await page.getByRole("radio", { name: "normal" }).check();
    await page.getByRole("button", { name: "Set" }).click();
    await until("normal again", () => storeOf("main")?.status === "online");

    await panel.getByRole("button", { name: "Limits" }).click();
    await page.getByLabel("Bandwidth, MiB a second").fill("50");
    await page.getByRole("button", { name: "Save" }).click();
    await panel.getByText("at most 50.00 MiB a second").waitFor();
    expect(storeOf("main")?.bandwidthLimitBytesPerSecond).toBe(50 * 2 ** 20);

    await panel.getByRole("button", { name: "Retention" }).click();
    await page.getByRole("dialog").getByLabel("last", { exact: true }).fill("2");
    await page.getByRole("button", { name: "Save" }).click();
    await panel.getByText("last 2").waitFor();
    expect(storeOf("main")?.retention).toEqual({ keepLast: 2 });

    await panel.getByRole("button", { name: "Probe now" }).click();
    await panel.getByRole("status").getByText("chunk-directories").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("creates a datastore", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/datastores");
    await page.getByRole("button", { name: "New datastore" }).click();
    await page.getByLabel("Name").fill("second");
    await page.getByLabel("Path on the server").fill(installation.store("second"));
    await page.getByRole("button", { name: "Create" }).click();
    await panelOf(page, "second").waitFor();
    expect(storeOf("second")?.path).toBe(installation.store("second"));
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("the Prune Simulator", () => {
  test("shows what the prune that is started from it then does", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/prune-simulator?datastore=main&last=1");
    await page
      .getByRole("button", { name: /^Prune/ })
      .first()
      .click();
    const dialog = page.getByRole("dialog");
    const promised = (await dialog.innerText()).match(/(\d+) snapshots?/)?.[1];
    await dialog.getByRole("button", { name: /Remove|Prune/ }).click();
    await page.waitForURL(/\/tasks\//);
    await until("the prune has ended", () => lastTask("prune")?.state === "ok");
    const statistics = lastTask("prune")?.statistics;
    expect(promised).toBe("4");
    expect(statistics?.kind === "prune" && statistics.prune.removedCount).toBe(4);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("every page of datastores", () => {
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
