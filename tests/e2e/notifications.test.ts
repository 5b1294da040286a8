/** The inbox and the settings of notifications, as the person looks at them who is told and who decides who is told. */

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NotificationGroup, NotificationMessage } from "@ironcore-backup/protocol/calls";
import { axeViolations, Dashboard, NARROW, overflowOf, WIDE } from "../support/dashboard.ts";
import type { Landmark } from "../support/dashboard.ts";
import { until } from "../support/installation.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;
const received: NotificationMessage[] = [];
let receiver: Server;
let hookUrl = "";

const PAGES: readonly Landmark[] = [
  ["/notifications", "link", /Backup of web/],
  ["/notifications/targets", "group", "Table of targets"],
  ["/notifications/groups", "group", "Table of groups"],
  ["/notifications/rules", "group", "Table of rules"],
  ["/notifications/deliveries", "group", "Table of deliveries"],
];

beforeAll(async () => {
  await dashboard.open();
  receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.on("end", () => {
      received.push(JSON.parse(body) as NotificationMessage);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  hookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  mkdirSync(installation.path("tree"));
  writeFileSync(installation.path("tree", "file"), "content\n");
  installation.must("datastore", "create", "main", "--path", installation.store());
  installation.must("workload", "add", "web", "--path", installation.path("tree"));
  installation.must(
    "job",
    "create",
    "nightly",
    "--type",
    "backup",
    "--workload",
    "web",
    "--datastore",
    "main",
  );
}, 120_000);
afterAll(async () => {
  await dashboard.close();
  receiver.close();
  receiver.closeAllConnections();
});

describe("who is told, and who decides who is told", () => {
  test("makes a target, tests it and sees the answer; a group and a rule that says what it would have sent", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/notifications/targets");
    await page.getByText("Nothing leaves this server yet").waitFor();
    await page.getByRole("button", { name: "New target" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("hook");
    await dialog.getByRole("combobox", { name: "Kind" }).click();
    await page.getByRole("option", { name: "Webhook" }).click();
    await dialog.getByLabel("Address").fill(hookUrl);
    await dialog.getByLabel(/private networks/).check();
    await dialog.getByRole("button", { name: "Preview" }).click();
    await dialog.getByRole("group", { name: "As text" }).getByText("backup.failed").first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "notification-target-dialog");
    await dialog.getByRole("button", { name: "Create" }).click();
    await page.getByText("whsec_").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Test hook" }).click();
    await page
      .getByRole("status")
      .getByText(/Test delivered after \d+ ms: .*204/)
      .waitFor();
    expect(received.map(({ kind }) => kind)).toEqual(["test"]);
    await page.getByRole("link", { name: "Groups" }).click();
    await page.getByRole("button", { name: "New group" }).click();
    await dialog.getByLabel("Name", { exact: true }).fill("ops");
    await dialog.getByRole("combobox", { name: "Targets" }).click();
    await page.getByRole("option", { name: "hook" }).click();
    await page.keyboard.press("Tab");
    await dialog.getByText("Event by event").click();
    await dialog.getByRole("radiogroup", { name: "gc.failed" }).getByText("never").click();
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Create" }).click();
    await page.getByRole("group", { name: "Table of groups" }).getByText("never gc.failed").waitFor();
    expect(installation.json<NotificationGroup>("notification", "group", "show", "ops")).toMatchObject({
      targets: ["hook"],
      exclude: ["gc.failed"],
    });
    await page.getByRole("link", { name: "Rules" }).click();
    await page.getByRole("button", { name: "New rule" }).click();
    await dialog.getByLabel("Name", { exact: true }).fill("all");
    await dialog.getByRole("combobox", { name: "Leads to these groups" }).click();
    await page.getByRole("option", { name: "ops" }).click();
    await page.keyboard.press("Tab");
    const preview = dialog.getByRole("region", { name: "What it would have sent" });
    await preview.getByText(/ops would have told \d+ of them in \d+ messages? to each target/).waitFor();
    await dashboard.shoot(page, "notification-rule-dialog");
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Create" }).click();
    await page.getByRole("group", { name: "Table of rules" }).getByText("everything").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("sees a failure in the bell without a reload, reads what to do, sees to it, and hears that it is over", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/notifications");
    await page.getByRole("button", { name: "Mark all read" }).click();
    await page.getByRole("link", { name: "Inbox: 0 unread" }).waitFor();
    renameSync(installation.path("tree"), installation.path("away"));
    installation.run("job", "run", "nightly", "--wait");
    await page.getByRole("link", { name: "Inbox: 1 unread, 1 open error" }).waitFor();
    await until("the webhook got it", () => received.length === 2);
    await page.getByRole("link", { name: /Unread\. *open error *Backup of web/ }).click();
    const panel = page.getByRole("region", { name: "Notice" });
    await panel.getByRole("heading", { name: "Backup of web (job nightly) failed" }).waitFor();
    await panel.getByText("SOURCE_NOT_REACHABLE").waitFor();
    await panel.getByText(/Check that the path exists/).waitFor();
    await page.getByRole("link", { name: "Inbox: 0 unread, 1 open error" }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "inbox");
    await panel.getByRole("button", { name: "Acknowledge" }).click();
    await panel.getByText("admin@ibs, since").waitFor();
    await panel.getByRole("link", { name: "Open the task and its log" }).click();
    await page.waitForURL(/\/tasks\/UPID/);
    await page.goBack();
    renameSync(installation.path("away"), installation.path("tree"));
    installation.must("job", "run", "nightly", "--wait");
    await page.getByRole("region", { name: "Notice" }).getByText("resolved", { exact: true }).waitFor();
    await until("the webhook heard the end", () => received.length === 3);
    await page.keyboard.press("Escape");
    await page.waitForURL(/\/notifications$/);
    await page.getByRole("link", { name: "Deliveries" }).click();
    await page.getByText("Resolved: Backup of web (job nightly) failed").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("finds every part sound for everybody, in light and dark, on a wide and a narrow screen", async () => {
    for (const colorScheme of ["light", "dark"] as const)
      for (const viewport of [WIDE, NARROW]) {
        const { context, page, complaints } = await dashboard.visit({ colorScheme, viewport });
        await dashboard.signIn(page, "/notifications");
        for (const landmark of PAGES) {
          const [path] = landmark;
          await dashboard.arrive(page, landmark);
          const size = viewport === WIDE ? "wide" : "narrow";
          await dashboard.shoot(page, `notifications${path.split("/")[2] ?? "inbox"}-${colorScheme}-${size}`);
          expect([path, colorScheme, size, await axeViolations(page)]).toEqual([path, colorScheme, size, []]);
          expect([path, await overflowOf(page)]).toEqual([path, 0]);
        }
        expect(complaints).toEqual([]);
        await context.close();
      }
  });
});
