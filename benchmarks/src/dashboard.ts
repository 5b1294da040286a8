/**
 * `npm run bench:dashboard`: the Tasks page in Chromium, over a long history and beside two hundred running tasks. Four
 * questions: how soon it can be used, how soon another filter shows its answer, whether it scrolls at sixty frames, and
 * whether its memory stays flat over ten hours of events, which are told as fast as the page takes them. Times are those
 * of the page's own clock, from the key or the click to the frame that shows the answer. Ends with 1 when a bound is missed.
 */

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { createClient, createFetchTransport } from "@ironcore-backup/client";
import { createSystemClock } from "@ironcore-backup/base";
import { launchBrowser } from "../../tests/support/browser.ts";
import { openFlood } from "./event-flood.ts";
import { percentile } from "./latency.ts";

const INTERACTIVE_BOUND_MS = 1000;
const FILTER_BOUND_MS = 200;
/** Of sixty a second, with a fifth for the machine's noise. */
const FRAME_BOUND_MS = 20;
const MEMORY_GROWTH_BOUND = 1.1;
const HOUR_SECONDS = 3600;
const FLOOD_MOVES_PER_SECOND = 20;
const FLOOD_LIFE_SECONDS = 300;
const FILL_MS_MAX = 3_600_000;
const START_MS_MAX = 600_000;
const USER = "bench@ibs";
const PASSWORD = "a long enough password";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    running: { type: "string", default: "200" },
    hours: { type: "string", default: "10" },
    rounds: { type: "string", default: "5" },
    keep: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(`npm run bench:dashboard -- [options]
  --count N     tasks in the history (default 1,000,000)
  --running N   tasks that run meanwhile, each in a process of its own (default 200)
  --hours N     simulated hours of events (default 10; 0: none)
  --rounds N    how often each filter is changed (default 5)
  --keep DIR    a data directory that stays, and is used again when it is there`);
} else await main();

interface House {
  readonly url: string;
  readonly dataDir: string;
  readonly token: string;
}

type Verdict = readonly [what: string, figures: string, holds: boolean];

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "ironcore-dashboard-"));
  const dataDir = values.keep ?? join(scratch, "data");
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model}), load before ${loadavg()[0]?.toFixed(2)}`,
  );
  let server: ChildProcess | undefined;
  let browser: Browser | undefined;
  try {
    build();
    fill(dataDir);
    const started = await startServer(dataDir);
    server = started.child;
    await startTasks(started.house, scratch);
    browser = await launchBrowser();
    const verdicts = await measure(browser, started.house);
    for (const [what, figures, holds] of verdicts)
      console.log(`${holds ? "holds " : "MISSED"}  ${what}: ${figures}`);
    if (verdicts.some(([, , holds]) => !holds)) process.exitCode = 1;
  } finally {
    await browser?.close();
    server?.kill("SIGKILL");
    rmSync(scratch, { recursive: true, force: true });
  }
}

function build(): void {
  const built = spawnSync(process.execPath, [
    fileURLToPath(new URL("../../tools/src/web-build-main.ts", import.meta.url)),
  ]);
  if (built.status !== 0) throw new Error(`the dashboard was not built: ${built.stderr.toString()}`);
}

function fill(dataDir: string): void {
  if (existsSync(join(dataDir, "state.db"))) return;
  const program = fileURLToPath(import.meta.resolve("@ironcore-backup/server/fill-history"));
  const done = spawnSync(process.execPath, [program, dataDir, values.count, "1"], {
    stdio: "inherit",
    timeout: FILL_MS_MAX,
  });
  if (done.status !== 0) throw new Error("the history was not filled");
}

async function startServer(
  dataDir: string,
): Promise<{ readonly child: ChildProcess; readonly house: House }> {
  const program = fileURLToPath(new URL("./dashboard-server.ts", import.meta.url));
  const child = spawn(process.execPath, [program, dataDir, values.running], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const token = readFileSync(join(dataDir, "local-token"), "utf8").trim();
    return { child, house: { url: line.split(" ")[0] ?? "", dataDir, token } };
  }
  throw new Error("the server ended before it listened");
}

function clientOf({ url, dataDir, token }: House) {
  // The certificate is the one that this very server made.
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = existsSync(join(dataDir, "tls")) ? "0" : "1";
  const transport = createFetchTransport(url, (input, init) => fetch(input, init));
  return createClient({ transport, clock: createSystemClock() }, { token });
}

async function startTasks(house: House, scratch: string): Promise<void> {
  const client = clientOf(house);
  // A data directory that is kept remembers that of the run before, which is gone.
  const datastore = `bench-${process.pid}`;
  const ignoreExists = (): undefined => undefined;
  await client.call("createUser", { body: { authId: USER, password: PASSWORD } }).catch(ignoreExists);
  await client
    .call("createGrant", {
      body: { authId: USER, role: "platform-administrator", scope: { kind: "platform", name: "" } },
    })
    .catch(ignoreExists);
  await client.call("createDatastore", { body: { name: datastore, path: join(scratch, "store") } });
  const startedMs = performance.now();
  for (let at = 0; at < Number(values.running); at++)
    await client.call("startBackup", { body: { datastore, id: `bench-${at}`, paths: ["/srv"] } });
  for (;;) {
    const { counts } = await client.call("countTasks", {});
    if (counts.running >= Number(values.running)) break;
    if (performance.now() - startedMs > START_MS_MAX) throw new Error(`only ${counts.running} tasks run`);
    await pause(1000);
  }
  console.log(
    `${values.running} tasks run, each in a process, after ${Math.round((performance.now() - startedMs) / 1000)} s`,
  );
}

async function measure(browser: Browser, house: House): Promise<Verdict[]> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    baseURL: house.url,
    viewport: { width: 1440, height: 900 },
  });
  context.setDefaultTimeout(60_000);
  await context.addInitScript(watchFrames);
  const page = await signedIn(context);
  const verdicts = [await measureStart(page), await measureFilters(page), await measureScrolling(page)];
  await page.close();
  if (Number(values.hours) > 0) verdicts.push(await measureMemory(context, house));
  await context.close();
  return verdicts;
}

async function signedIn(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto("/");
  await page.getByLabel("User").fill(USER);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

/** Runs in the page before anything of it: when the first task is drawn, counted from the navigation. */
function watchFrames(): void {
  const seen = (): boolean => document.querySelector("[data-upid]") !== null;
  const look = (): void => {
    if (!seen()) return void requestAnimationFrame(look);
    // What is in the document now is on the screen after the next frame, and the page answers again.
    requestAnimationFrame(() => setTimeout(() => Reflect.set(window, "ironcoreShownMs", performance.now())));
  };
  look();
}

/** The whole page each time: a browser keeps nothing of a server whose certificate nobody signed. */
async function measureStart(page: Page): Promise<Verdict> {
  const times: number[] = [];
  for (let round = 0; round < Number(values.rounds) * 2; round++) {
    await page.goto("about:blank");
    await page.goto("/tasks", { waitUntil: "commit" });
    const shown = await page.waitForFunction(() => Number(Reflect.get(window, "ironcoreShownMs") ?? 0));
    times.push(await shown.jsonValue());
  }
  return verdictOf("Tasks page can be used", times, INTERACTIVE_BOUND_MS);
}

/** From the click to the frame that shows the answer; the rows of the question before are marked as old until then. */
async function measureFilters(page: Page): Promise<Verdict> {
  const times: number[] = [];
  const states = ["FAILED", "WARNING", "OK", "running", "CANCELLED"];
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const state of states) {
      for (const _pressAndRelease of [0, 1]) {
        const button = page
          .getByRole("group", { name: "Status" })
          .getByRole("button", { name: new RegExp(`^${state}`) });
        times.push(await button.evaluate(clickAndWait));
      }
    }
  }
  return verdictOf("another filter shows its answer", times, FILTER_BOUND_MS);
}

/** In the page. Busy begins with the drawing that follows the click. */
function clickAndWait(button: Element): Promise<number> {
  return new Promise((shown) => {
    const startMs = performance.now();
    const grid = document.querySelector("[role=grid]");
    let wasBusy = false;
    const look = (): void => {
      const isBusy = grid?.getAttribute("aria-busy") === "true";
      wasBusy ||= isBusy;
      const isIdle = !isBusy && (wasBusy || performance.now() - startMs > 100);
      if (!isIdle) return void requestAnimationFrame(look);
      requestAnimationFrame(() => shown(performance.now() - startMs));
    };
    if (button instanceof HTMLElement) button.click();
    requestAnimationFrame(look);
  });
}

async function measureScrolling(page: Page): Promise<Verdict> {
  await page.goto("/tasks");
  await page.locator("[data-upid]").first().waitFor();
  await page.locator("[data-upid]").first().hover();
  const frames = page.evaluate(
    () =>
      new Promise<number[]>((over) => {
        const gaps: number[] = [];
        let beforeMs = performance.now();
        const startMs = beforeMs;
        const frame = (): void => {
          const nowMs = performance.now();
          gaps.push(nowMs - beforeMs);
          beforeMs = nowMs;
          if (nowMs - startMs < 6000) requestAnimationFrame(frame);
          else over(gaps);
        };
        requestAnimationFrame(frame);
      }),
  );
  for (let step = 0; step < 120; step++) {
    await page.mouse.wheel(0, step % 40 < 20 ? 120 : -120);
    await pause(40);
  }
  return verdictOf("a frame while it is scrolled (p95)", await frames, FRAME_BOUND_MS, 0.95);
}

/** Another page, whose event stream is a flood. What is left after a collection of garbage is compared. */
async function measureMemory(context: BrowserContext, house: House): Promise<Verdict> {
  const client = clientOf(house);
  const { tasks } = await client.call("listTasks", { query: { state: "running", limit: 100 } });
  const tls = join(house.dataDir, "tls");
  const flood = await openFlood({
    tls: {
      cert: readFileSync(join(tls, "certificate.pem"), "utf8"),
      key: readFileSync(join(tls, "key.pem"), "utf8"),
    },
    patterns: tasks,
    movesPerSecond: FLOOD_MOVES_PER_SECOND,
    lifeSeconds: FLOOD_LIFE_SECONDS,
    beginsAt: Date.now(),
  });
  try {
    await context.route("**/api/v1/events*", (route) => route.continue({ url: `${flood.url}/` }));
    const page = await context.newPage();
    await page.goto("/tasks");
    await page.getByText("Live", { exact: true }).waitFor();
    const session = await context.newCDPSession(page);
    const sizes: number[] = [];
    for (let hour = 1; hour <= Number(values.hours); hour++) {
      const startedMs = performance.now();
      // What the header counts at the end shows that the page has taken all of it.
      const runningCount = Number(values.running) - (hour % 2);
      await flood.tell(HOUR_SECONDS, runningCount);
      await page
        .getByRole("button", { name: new RegExp(`^${Number(values.running) + runningCount}\\s+running`) })
        .waitFor();
      await session.send("HeapProfiler.collectGarbage");
      const { usedSize } = await session.send("Runtime.getHeapUsage");
      const { nodes } = await session.send("Memory.getDOMCounters");
      sizes.push(usedSize);
      console.log(
        `hour ${hour}: ${(usedSize / 1e6).toFixed(1)} MB, ${nodes} nodes, ${flood.toldCount()} events, told in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`,
      );
    }
    await page.close();
    // The first hour fills caches.
    const [first = 1, last = 1] = [sizes[1] ?? sizes[0], sizes.at(-1)];
    const figures = `${(first / 1e6).toFixed(1)} MB after two hours, ${(last / 1e6).toFixed(1)} MB after ${values.hours}`;
    return ["memory over hours of events", figures, last <= first * MEMORY_GROWTH_BOUND];
  } finally {
    flood.close();
  }
}

function verdictOf(what: string, times: readonly number[], boundMs: number, part = 0.5): Verdict {
  const at = (share: number): string => percentile(times, share).toFixed(1);
  const figures = `median ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms of ${times.length} (bound ${boundMs} ms)`;
  return [what, figures, percentile(times, part) <= boundMs];
}

function pause(durationMs: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, durationMs));
}
