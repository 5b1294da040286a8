import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeViolations, Dashboard, NARROW } from "../support/dashboard.ts";
import { overflowOf } from "../support/browser.ts";

const GZIPPED_BYTES_MAX = 300_000;

const dashboard = new Dashboard();

beforeAll(() => dashboard.open());
afterAll(() => dashboard.close());

test.each(["/", "/tasks"])("the first load of %s is small", async (path) => {
  const { context, page, complaints } = await dashboard.visit();
  await dashboard.signIn(page);
  const fresh = await context.newPage();
  const bodies: Promise<Buffer>[] = [];
  fresh.on("response", (response) => {
    if (!response.url().includes("/api/")) bodies.push(response.body());
  });
  await fresh.goto(path);
  await fresh.getByText("Live", { exact: true }).waitFor();
  await fresh.getByRole("main").getByRole("heading").first().waitFor();
  const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
  expect(sizes.length).toBeGreaterThan(3);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(GZIPPED_BYTES_MAX);
  expect(complaints).toEqual([]);
  await context.close();
});

test("speaks the language that is chosen, and the browser's until then", async () => {
  const { context, page, complaints } = await dashboard.visit();
  await dashboard.signIn(page);
  const tongue = page.locator("html");
  expect(await tongue.getAttribute("lang")).toBe("en");
  await page.getByRole("button", { name: "Account, theme and keys" }).click();
  await page.getByText("Deutsch", { exact: true }).click();
  await page.getByRole("navigation").getByText("Einstellungen", { exact: true }).waitFor();
  expect(await tongue.getAttribute("lang")).toBe("de");
  expect(await axeViolations(page)).toEqual([]);
  await page.setViewportSize(NARROW);
  expect(await overflowOf(page)).toBeLessThanOrEqual(0);
  await page.reload();
  await page.getByRole("button", { name: "Navigation" }).waitFor();
  expect(await tongue.getAttribute("lang")).toBe("de");
  expect(complaints).toEqual([]);
  await context.close();

  const other = await dashboard.visit({ locale: "de-AT" });
  await other.page.goto("/");
  await other.page.getByRole("button").first().waitFor();
  expect(await other.page.locator("html").getAttribute("lang")).toBe("de");
  await other.context.close();
});
