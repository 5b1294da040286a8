/**
 * A person at the dashboard: real Chromium, a real server on a throw-away data directory, and a line between both that can be
 * cut. What the page prints as an error while nobody cuts anything fails the test that asks for it.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchBrowser, shoot } from "./browser.ts";
import { CuttableLine } from "./cuttable-line.ts";
import { CHECKOUT, Installation, until } from "./installation.ts";

const PASSWORD = /^Password\s+(\S+)/m;
/** Two cores may be busy with the very backup that is watched. */
const STEP_MS_MAX = 40_000;

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

/** A page's address, and what stands on it when all its answers have come. */
export type Landmark = readonly [path: string, role: "region" | "group" | "link", name: string | RegExp];

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page threw or printed as an error since the visit began. */
  readonly complaints: readonly string[];
}

export class Dashboard {
  readonly installation = new Installation();
  /** Of the first administrator. */
  password = "";
  #browser: Browser | undefined;
  #line: CuttableLine | undefined;

  /** Builds the page if need be, starts server and browser. */
  async open(): Promise<void> {
    const built = spawnSync(process.execPath, [join(CHECKOUT, "tools/src/web-build-main.ts")], {
      encoding: "utf8",
    });
    if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
    await this.installation.start();
    // Printed last, when the server answers already.
    await until("the first password", () => PASSWORD.test(this.installation.serverOutput));
    this.password = PASSWORD.exec(this.installation.serverOutput)?.[1] ?? "";
    this.#line = await CuttableLine.open(this.installation.port);
    this.#browser = await launchBrowser();
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.#line?.close();
    await this.installation.dispose();
  }

  get line(): CuttableLine {
    if (this.#line === undefined) throw new Error("the dashboard is not open");
    return this.#line;
  }

  /** Where the browser finds the server, through the line that can be cut. */
  get url(): string {
    return `https://127.0.0.1:${this.line.port}`;
  }

  /** A fresh browser profile with one page, not signed in. The test closes `context`. */
  async visit(
    options: { colorScheme?: "light" | "dark"; viewport?: typeof WIDE; locale?: string } = {},
  ): Promise<Visit> {
    if (this.#browser === undefined) throw new Error("the dashboard is not open");
    const context = await this.#browser.newContext({
      ignoreHTTPSErrors: true,
      baseURL: this.url,
      colorScheme: options.colorScheme ?? "light",
      viewport: options.viewport ?? WIDE,
      locale: options.locale ?? "en-GB",
      timezoneId: "Europe/Berlin",
    });
    context.setDefaultTimeout(STEP_MS_MAX);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      // That nobody is signed in yet is asked and answered, and Chromium calls every refusal an error.
      const isFirstQuestion = message.location().url.endsWith("/api/v1/whoami");
      if (message.type() === "error" && !isFirstQuestion) complaints.push(message.text());
    });
    return { context, page, complaints };
  }

  /** Opens `path` as somebody who is not signed in yet, signs in, and arrives there. */
  async signIn(page: Page, path = "/", who?: { user: string; password: string }): Promise<void> {
    await page.goto(path);
    await page.getByLabel("User").fill(who?.user ?? "admin@ibs");
    await page.getByLabel("Password", { exact: true }).fill(who?.password ?? this.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
  }

  /** Goes there by the address, as somebody who is signed in, and waits until the page is whole. */
  async arrive(page: Page, [path, role, name]: Landmark): Promise<void> {
    await page.goto(path);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("main").getByRole(role, { name }).first().waitFor();
  }

  /** For looking at the pages: a picture in the directory IRONCORE_TEST_SHOTS. Without one, nothing. */
  shoot(page: Page, name: string): Promise<void> {
    return shoot(page, name);
  }
}

export { axeViolations, overflowOf } from "./browser.ts";
