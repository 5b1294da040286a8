/** What the server says of itself, to those who may ask. */

import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeViolations, Dashboard, NARROW, overflowOf, WIDE } from "../support/dashboard.ts";
import type { Landmark } from "../support/dashboard.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;
const SETTINGS: Landmark = ["/settings", "group", "Fingerprint"];

beforeAll(() => dashboard.open(), 120_000);
afterAll(() => dashboard.close());

test("an administrator reads the fingerprint that the start printed, and how each service is", async () => {
  for (const colorScheme of ["light", "dark"] as const)
    for (const viewport of [WIDE, NARROW]) {
      const { context, page, complaints } = await dashboard.visit({ colorScheme, viewport });
      await dashboard.signIn(page);
      await dashboard.arrive(page, SETTINGS);
      const shown = await page.getByRole("group", { name: "Fingerprint" }).innerText();
      expect(installation.serverOutput).toContain(shown.trim());
      const services = page.getByRole("list", { name: "Services" }).getByRole("listitem");
      expect(await services.count()).toBe(7);
      await services.filter({ hasText: "notify" }).getByText("running").waitFor();
      expect(await axeViolations(page)).toEqual([]);
      expect(await overflowOf(page)).toBe(0);
      await dashboard.shoot(page, `settings-${colorScheme}-${viewport === WIDE ? "wide" : "narrow"}`);
      expect(complaints).toEqual([]);
      await context.close();
    }
});

test("an auditor finds who was refused, by any word of the entry", async () => {
  for (const viewport of [WIDE, NARROW])
    for (const colorScheme of ["light", "dark"] as const) {
      const { context, page, complaints } = await dashboard.visit({ colorScheme, viewport });
      await dashboard.signIn(page);
      await dashboard.arrive(page, ["/audit", "group", "Entries of the audit log"]);
      const entries = page.getByRole("row");
      await entries.filter({ hasText: "login.done" }).first().waitFor();
      await page.getByLabel("Action").fill("project.created");
      await page.waitForURL(/action=project\.created/);
      await page.getByText("Nothing that fits was written down.").waitFor();
      await page.getByLabel("Action").fill("");
      await page.getByLabel("Text").fill("127.0.0.1");
      await entries.filter({ hasText: "127.0.0.1" }).first().waitFor();
      expect(await axeViolations(page)).toEqual([]);
      expect(await overflowOf(page)).toBe(0);
      await dashboard.shoot(page, `audit-${colorScheme}-${viewport === WIDE ? "wide" : "narrow"}`);
      expect(complaints).toEqual([]);
      await context.close();
    }
});

test("a project's member is not led there", async () => {
  writeFileSync(installation.path("password"), "a long enough password\n");
  installation.must("project", "create", "shop");
  installation.must("user", "create", "eve@ibs", "--password-file", installation.path("password"));
  installation.must("grant", "add", "eve@ibs", "project-member", "--project", "shop");
  const { context, page } = await dashboard.visit();
  await dashboard.signIn(page, "/", { user: "eve@ibs", password: "a long enough password" });
  await page.getByRole("link", { name: "Notifications", exact: true }).waitFor();
  for (const name of ["Settings", "Audit Log"])
    expect(await page.getByRole("link", { name, exact: true }).count()).toBe(0);
  await context.close();
});
