/** Debian's Chromium, or where others keep it; and what axe says of a page. `.ci/run` installs it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";

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
const ANIMATION_MS_MAX = 1000;

export async function launchBrowser(): Promise<Browser> {
  const executablePath = BROWSERS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium here: apt-get install chromium");
  return chromium.launch({ executablePath, args: BROWSER_ARGUMENTS });
}

/** For looking at pages: a picture in the directory IRONCORE_TEST_SHOTS. Without one, nothing. */
export async function shoot(page: Page, name: string): Promise<void> {
  const directory = process.env["IRONCORE_TEST_SHOTS"];
  if (directory === undefined) return;
  const path = join(directory, `${name.replaceAll(/\W+/g, "-")}.png`);
  await page.screenshot({ path, fullPage: true });
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
