/**
 * A person at the dashboard: real Chromium, a real server on a throw-away data directory, and a line between both that can be
 * cut. What the page prints as an error while nobody cuts anything fails the test that asks for it.
 */

import { existsSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { CuttableLine } from "./cuttable-line.ts";
import { CHECKOUT, Installation, until } from "./installation.ts";

/** Debian's, and where others keep it. `.ci/run` installs it. */
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const BROWSER_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];
const WCAG_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const PASSWORD = /^Password\s+(\S+)/m;
/** Two cores may be busy with the very backup that is watched. */
const STEP_MS_MAX = 40_000;
const ANIMATION_MS_MAX = 1000;

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
    const executablePath = BROWSERS.find((path) => existsSync(path));
    if (executablePath === undefined) throw new Error("no Chromium here: apt-get install chromium");
    this.#browser = await chromium.launch({ executablePath, args: BROWSER_ARGUMENTS });
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
  async visit(options: { colorScheme?: "light" | "dark"; viewport?: typeof WIDE } = {}): Promise<Visit> {
    if (this.#browser === undefined) throw new Error("the dashboard is not open");
    const context = await this.#browser.newContext({
      ignoreHTTPSErrors: true,
      baseURL: this.url,
      colorScheme: options.colorScheme ?? "light",
      viewport: options.viewport ?? WIDE,
      locale: "en-GB",
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
  async shoot(page: Page, name: string): Promise<void> {
    const directory = process.env["IRONCORE_TEST_SHOTS"];
    if (directory === undefined) return;
    const path = join(directory, `${name.replaceAll(/\W+/g, "-")}.png`);
    await page.screenshot({ path, fullPage: true });
  }
}

/** By how many pixels the page is wider than the window. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

/** Every violation of WCAG 2.2 AA that axe finds on the page as it is now, each with its first elements. Animations have ended. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(async (waitMsMax) => {
    const ended = document.getAnimations().map((animation) => animation.finished);
    // One without an end is looked at as it is.
    const enough = new Promise((wake) => setTimeout(wake, waitMsMax));
    await Promise.race([Promise.allSettled(ended), enough]);
  }, ANIMATION_MS_MAX);
  const { violations } = await new AxeBuilder({ page }).withTags(WCAG_TAGS).analyze();
  return violations.map(({ id, help, nodes }) => {
    const elements = nodes
      .slice(0, 3)
      .map((node) => `${node.html.slice(0, 200)} (${node.failureSummary ?? ""})`);
    return `${id}: ${help}\n  ${elements.join("\n  ")}`;
  });
}
