import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, Dashboard } from "../support/dashboard.ts";

const dashboard = new Dashboard();
beforeAll(() => dashboard.open());
afterAll(() => dashboard.close());

describe("signing in", () => {
  test("leads back to the page that was asked for, survives a reload, and ends for good", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/workers");
    expect(new URL(page.url()).pathname).toBe("/workers");
    expect(await page.title()).toBe("Workers · Ironcore Backup");
    await page.reload();
    await page.getByRole("heading", { name: "Workers", level: 1 }).waitFor();
    // No script can read what proves who is here.
    expect(await page.evaluate(() => document.cookie)).toBe("");
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Strict" });

    await page.getByRole("button", { name: "Account, theme and keys" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Ironcore Backup" }).waitFor();
    expect(await context.cookies()).toEqual([]);
    // The kept cookie of before is worth nothing: the session is gone on the server too.
    if (cookie !== undefined) await context.addCookies([cookie]);
    expect((await page.request.get("/api/v1/whoami")).status()).toBe(401);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("a wrong password is refused with its code and what to do", async () => {
    const { context, page } = await dashboard.visit();
    await page.goto("/");
    await page.getByLabel("User").fill("admin@ibs");
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain("LOGIN_FAILED");
    expect(await axeViolations(page)).toEqual([]);
    await context.close();
  });

  test("a session that ended elsewhere leads to the sign-in page and back to where one was", async () => {
    const { context, page } = await dashboard.visit();
    await dashboard.signIn(page, "/workers");
    await context.clearCookies();
    await page.getByRole("link", { name: "Tasks" }).click();
    await page.getByRole("heading", { name: "Sign in to Ironcore Backup" }).waitFor();
    await page.getByLabel("User").fill("admin@ibs");
    await page.getByLabel("Password", { exact: true }).fill(dashboard.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Tasks", level: 1 }).waitFor();
    await context.close();
  });

  test("an address of another site in the sign-in page's own address is not followed", async () => {
    const { context, page } = await dashboard.visit();
    await dashboard.signIn(page, "/sign-in?to=%2F%2Fevil.example%2F");
    expect(new URL(page.url()).origin).toBe(dashboard.url);
    await context.close();
  });
});
