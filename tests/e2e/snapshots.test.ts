/**
 * The page Snapshots as somebody uses it who looks for a file, minds a snapshot, restores from it, and finds one
 * damaged. Long because one installation, whose snapshots are made once, serves all of it.
 */

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Snapshot } from "@ironcore-backup/protocol/calls";
import { axeViolations, Dashboard, NARROW, overflowOf } from "../support/dashboard.ts";
import type { Landmark } from "../support/dashboard.ts";

const dashboard = new Dashboard();
const { installation } = dashboard;
const ROUND_COUNT = 3;
const FILE_BYTES = 300_000;
const MEMBER_PASSWORD = "correct horse battery staple";
/** Smaller than what comes after it, so that the largest chunk is not its. */
const WEAK_DATA = createSeededRandom(4).bytes(FILE_BYTES / 100);

function backup(id: string, { tree = "tree", options = [] as readonly string[] } = {}): void {
  const path = installation.path(tree);
  installation.must("backup", "--path", path, "--datastore", "main", "--id", id, ...options, "--wait");
}

/** Of the group in the root, newest first. */
const snapshotsOf = (id: string): Snapshot[] =>
  installation
    .json<Snapshot[]>("snapshot", "list", "--datastore", "main")
    .filter((one) => one.id === id)
    .sort((a, b) => b.backupTime - a.backupTime);
const addressOf = ({ snapshot }: Snapshot): string => `/snapshots/main/${snapshot}`;
function teamSnapshot(): Snapshot {
  const all = installation.json<Snapshot[]>("snapshot", "list", "--datastore", "main");
  const found = all.find(({ namespace }) => namespace === "team/web");
  if (found === undefined) throw new Error("no snapshot of the team");
  return found;
}
const panelOf = (page: Page): Locator => page.getByRole("region", { name: /^Snapshot host\// });
const ended = (page: Page, word: string): Promise<void> =>
  panelOf(page)
    .getByRole("region", { name: "Restore of this snapshot" })
    .getByText(word, { exact: true })
    .waitFor();
const listOf = (page: Page, id: string): Locator =>
  page.getByRole("region", { name: `Snapshots of host/${id}` });

function newest(id: string): Snapshot {
  const [snapshot] = snapshotsOf(id);
  if (snapshot === undefined) throw new Error(`no snapshot of ${id}`);
  return snapshot;
}

/** Damages the largest chunk of the datastore, in the middle. @returns its digest */
function damageLargestChunk(): string {
  const root = join(installation.store(), ".chunks");
  const [victim = ""] = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => /\/[0-9a-f]{64}$/.test(name))
    .map((name) => join(root, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  const bytes = readFileSync(victim);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x40;
  writeFileSync(victim, bytes);
  return victim.slice(-64);
}

beforeAll(async () => {
  await dashboard.open();
  const random = createSeededRandom(3);
  mkdirSync(installation.path("tree", "etc", "app"), { recursive: true });
  writeFileSync(installation.path("tree", "etc", "app", "settings.conf"), "key = value\n");
  writeFileSync(installation.path("tree", "data"), random.bytes(FILE_BYTES));
  installation.must("datastore", "create", "main", "--path", installation.store());
  installation.must("namespace", "create", "team/web", "--datastore", "main");
  for (let round = 0; round < ROUND_COUNT; round++) {
    writeFileSync(installation.path("tree", "changed"), `round ${round}`);
    backup("one");
  }
  backup("two", { options: ["--namespace", "team/web"] });
  // What is damaged is its alone, and not in the snapshot before it.
  mkdirSync(installation.path("weak"));
  writeFileSync(installation.path("weak", "data"), WEAK_DATA);
  backup("weak", { tree: "weak" });
  writeFileSync(installation.path("weak", "data"), random.bytes(3 * FILE_BYTES));
  backup("weak", { tree: "weak" });
}, 120_000);
afterAll(() => dashboard.close());

describe("the page Snapshots", () => {
  test("leads through namespace, group and directory to a file, and each step is an address", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/snapshots");
    await page.getByRole("navigation", { name: "Places" }).locator("[data-walk='main:team/web']").click();
    await page.getByRole("region", { name: "Backup groups" }).getByRole("link", { name: /two/ }).click();
    await page.getByRole("region", { name: "Snapshots of team/web/host/two" }).locator("[data-walk]").click();
    const panel = page.getByRole("region", { name: /^Snapshot team\/web\/host\/two/ });
    await panel.getByRole("link", { name: /^etc/ }).click();
    await panel.getByRole("link", { name: /^app/ }).click();
    await panel.getByText("settings.conf").waitFor();
    await page.reload();
    await panel.getByText("settings.conf").waitFor();
    await panel.getByRole("navigation", { name: "Path" }).getByRole("link", { name: "etc" }).click();
    await panel.getByRole("link", { name: /^app/ }).waitFor();
    expect(await panel.getByText("settings.conf").count()).toBe(0);
    await page.goBack();
    await panel.getByText("settings.conf").waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("is walked by keys: down the timeline, into a snapshot, out of it to the same row", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, "/snapshots/main?group=host/one");
    const rows = listOf(page, "one").locator("[data-walk]");
    await expect.poll(() => rows.count()).toBe(ROUND_COUNT);
    await rows.first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await panelOf(page).waitFor();
    const second = snapshotsOf("one")[1]?.snapshot ?? "";
    expect(decodeURIComponent(page.url())).toContain(second);
    await page.keyboard.press("Escape");
    await panelOf(page).waitFor({ state: "detached" });
    const focused = page.locator(":focus");
    expect(await focused.getAttribute("data-walk")).toBe(second);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("verifies a snapshot now, and shows how it ended and when", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, `${addressOf(newest("one"))}?tab=verification`);
    const panel = panelOf(page);
    await panel.getByText("Nobody has read it again since it was written.").waitFor();
    await panel.getByRole("button", { name: "Verify now" }).click();
    await panel.getByRole("table").getByText("OK", { exact: true }).waitFor();
    await panel.getByText("Verified: every chunk is there").waitFor();
    expect(newest("one").verification).toMatchObject({ result: "OK", verifier: "admin@ibs" });
    expect(snapshotsOf("one")[1]?.verification).toBeUndefined();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("keeps notes", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, `${addressOf(newest("one"))}?tab=notes`);
    const panel = panelOf(page);
    const field = panel.getByLabel("Notes", { exact: true });
    expect(await panel.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await field.fill("before the upgrade\nask Ann");
    await panel.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Notes saved").waitFor();
    expect(newest("one").notes).toBe("before the upgrade\nask Ann");
    await page.reload();
    await expect.poll(() => field.inputValue()).toBe("before the upgrade\nask Ann");
    await listOf(page, "one").getByText("has notes").first().waitFor({ state: "attached" });
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("forgets a snapshot that is not protected, when it is told so twice", async () => {
    const { context, page, complaints } = await dashboard.visit();
    const oldest = snapshotsOf("one").at(-1);
    if (oldest === undefined) throw new Error("no snapshot");
    await dashboard.signIn(page, addressOf(oldest));
    const panel = panelOf(page);
    const menu = panel.getByRole("button", { name: "More actions of the snapshot" });
    await panel.getByRole("button", { name: "Protect", exact: true }).click();
    await panel.getByRole("button", { name: "Lift protection" }).waitFor();
    expect(snapshotsOf("one").at(-1)?.protected).toBe(true);
    await menu.click();
    expect(await page.getByRole("menuitem", { name: /lift its protection first/ }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    await panel.getByRole("button", { name: "Lift protection" }).click();
    await panel.getByRole("button", { name: "Protect", exact: true }).waitFor();

    await menu.click();
    await page.getByRole("menuitem", { name: "Forget", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Forget this snapshot?" });
    await dialog.getByText(`main:${oldest.snapshot}`, { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(snapshotsOf("one")).toHaveLength(ROUND_COUNT);

    await menu.click();
    await page.getByRole("menuitem", { name: "Forget", exact: true }).click();
    await dialog.getByRole("button", { name: "Forget the snapshot" }).click();
    await listOf(page, "one")
      .getByText(`${ROUND_COUNT - 1} snapshots`)
      .waitFor();
    expect(snapshotsOf("one").map(({ snapshot }) => snapshot)).not.toContain(oldest.snapshot);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("a restore from the page", () => {
  const openDialog = async (page: Page, name = "Restore") => {
    await panelOf(page).getByRole("button", { name, exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Restore" });
    await dialog.waitFor();
    return dialog;
  };
  const submit = (dialog: Locator): Promise<void> =>
    dialog.getByRole("button", { name: "Restore", exact: true }).click();
  test("brings back just what was picked, and does not write over what is there", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, addressOf(newest("one")));
    const panel = panelOf(page);
    await panel.getByLabel("Pick changed").check();
    await panel.getByRole("link", { name: /^etc/ }).click();
    await panel.getByLabel("Pick app").check();
    await dashboard.shoot(page, "picked");
    const target = installation.path("picked");
    const dialog = await openDialog(page, "Restore 2 items");
    await dialog.getByLabel("Directory on the server's machine").fill(target);
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "restore");
    await submit(dialog);
    await dialog.waitFor({ state: "detached" });
    await ended(page, "OK");
    const settings = join(target, "etc", "app", "settings.conf");
    expect(readFileSync(settings, "utf8")).toBe("key = value\n");
    expect(readdirSync(target).sort()).toEqual(["changed", "etc"]);

    // What is there now is not what the snapshot has, and stays.
    writeFileSync(settings, "mine\n");
    const again = await openDialog(page, "Restore 2 items");
    await again.getByLabel("Directory on the server's machine").fill(target);
    await submit(again);
    await ended(page, "FAILED");
    await panel.getByText("TARGET_EXISTS").waitFor();
    expect(readFileSync(settings, "utf8")).toBe("mine\n");
    await dashboard.shoot(page, "restore-refused");

    const insisting = await openDialog(page, "Restore 2 items");
    await insisting.getByLabel("Directory on the server's machine").fill(target);
    await insisting.getByLabel("Always overwrite").check();
    await submit(insisting);
    await ended(page, "OK");
    expect(readFileSync(settings, "utf8")).toBe("key = value\n");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("brings an archive back to the place that it was taken of", async () => {
    const { context, page } = await dashboard.visit();
    await dashboard.signIn(page, addressOf(newest("one")));
    const data = readFileSync(installation.path("tree", "data"));
    writeFileSync(installation.path("tree", "data"), "lost");
    const dialog = await openDialog(page);
    await dialog.getByLabel(`The original place: ${installation.path("tree")}`).check();
    await dialog.getByLabel("Overwrite what changed").check();
    await submit(dialog);
    await ended(page, "OK");
    expect(readFileSync(installation.path("tree", "data")).equals(data)).toBe(true);
    await context.close();
  });

  test("finds the versions of a file among the snapshots of its group", async () => {
    const { context, page, complaints } = await dashboard.visit();
    const [, older] = snapshotsOf("one");
    await dashboard.signIn(page, addressOf(newest("one")));
    await panelOf(page).getByRole("button", { name: "Versions of changed" }).click();
    const dialog = page.getByRole("dialog", { name: "Versions of changed" });
    await dialog.getByText(/^changed since the one before/).waitFor();
    await dialog.getByText(/^is there/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "versions");
    await dialog.getByRole("link").last().click();
    await page.getByRole("region", { name: `Snapshot ${older?.snapshot ?? ""}` }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("tells of the backup that made a snapshot, compared with the one before", async () => {
    const { context, page, complaints } = await dashboard.visit();
    await dashboard.signIn(page, `${addressOf(newest("one"))}?tab=statistics`);
    const panel = panelOf(page);
    await panel.getByText(/^Its backup added/).waitFor();
    await panel.getByText("Source read rate").waitFor();
    await panel.getByRole("row", { name: /\.pxar/ }).waitFor();
    await panel.getByRole("button", { name: "Measure" }).click();
    await panel.getByText(/ in \d+ chunks?$/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await panel
      .getByRole("definition")
      .getByRole("link", { name: /backup|tree/ })
      .click();
    await page.waitForURL(/\/tasks\//);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("every view of the snapshots", () => {
  const pages = (): readonly Landmark[] => [
    ["/snapshots/main", "region", "Backup groups"],
    ["/snapshots/main?group=host/one", "region", "Snapshots of host/one"],
    [addressOf(newest("one")), "link", /^etc/],
    [`${addressOf(newest("one"))}?tab=statistics`, "region", /^Snapshot host/],
    [`${addressOf(newest("one"))}?tab=verification`, "region", /^Snapshot host/],
    [`${addressOf(newest("one"))}?tab=notes`, "region", /^Snapshot host/],
  ];

  test.each(["light", "dark"] as const)("has no violation that axe finds, %s", async (colorScheme) => {
    const { context, page, complaints } = await dashboard.visit({ colorScheme });
    await dashboard.signIn(page);
    for (const one of pages()) {
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
    for (const one of pages()) {
      const [path] = one;
      await dashboard.arrive(page, one);
      expect([path, await overflowOf(page)]).toEqual([path, 0]);
      await dashboard.shoot(page, `narrow${path}`);
    }
    await context.close();
  });
});

describe("a damaged snapshot", () => {
  test("is CORRUPT in the list, and its panel names the chunk and the way out", async () => {
    const { context, page, complaints } = await dashboard.visit();
    const digest = damageLargestChunk();
    await dashboard.signIn(page, `${addressOf(newest("weak"))}?tab=verification`);
    const panel = panelOf(page);
    await panel.getByRole("button", { name: "Verify now" }).click();
    await panel.getByText(digest).waitFor();
    await panel.getByText("Its stored bytes no longer give the checksum").waitFor();
    await panel.getByText("take the newest snapshot that is OK").waitFor();
    await listOf(page, "weak").getByText("CORRUPT").waitFor();
    expect(newest("weak").verification?.result).toBe("CORRUPT");
    await panel.getByRole("button", { name: "What needs it?" }).click();
    await panel.getByText("cannot be read without it").waitFor();
    await panel
      .getByText("needs it, too")
      .or(panel.getByText("need it, too"))
      .or(panel.getByText("No other snapshot"))
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "corrupt");
    expect(complaints).toEqual([]);
    await context.close();
  });

  test("cannot be overlooked on the way to it, and leads to the one that is sound", async () => {
    const { context, page, complaints } = await dashboard.visit();
    const [damaged, older] = snapshotsOf("weak");
    if (damaged === undefined || older === undefined) throw new Error("no snapshots");
    installation.must("snapshot", "verify", `main:${older.snapshot}`, "--wait");
    await dashboard.signIn(page, "/snapshots/main");
    const groups = page.getByRole("region", { name: "Backup groups" });
    await groups.getByRole("link", { name: /weak/ }).getByText("1 damaged").waitFor();
    await page
      .getByRole("navigation", { name: "Places" })
      .getByText("1 snapshot is CORRUPT or MISSING")
      .waitFor();
    await dashboard.shoot(page, "damaged-groups");
    await page.goto(addressOf(damaged));
    const panel = panelOf(page);
    await panel
      .getByRole("region", { name: "Damage" })
      .getByText(/--full --wait/)
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dashboard.shoot(page, "damaged-banner");

    // Nothing starts before somebody insists.
    await panel.getByRole("button", { name: "Restore", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Restore" });
    const target = installation.path("sound");
    await dialog.getByLabel("Directory on the server's machine").fill(target);
    const start = dialog.getByRole("button", { name: "Restore", exact: true });
    expect(await start.isDisabled()).toBe(true);
    await dialog.getByLabel(/^Restore what can be had/).check();
    expect(await start.isDisabled()).toBe(false);
    await dashboard.shoot(page, "damaged-restore");

    await dialog.getByRole("link", { name: /^the newest verified snapshot/ }).click();
    await page.getByRole("region", { name: `Snapshot ${older.snapshot}` }).waitFor();
    await dialog.waitFor({ state: "detached" });
    await panel.getByRole("button", { name: "Restore", exact: true }).click();
    await dialog.getByLabel("Directory on the server's machine").fill(target);
    expect(await dialog.getByLabel(/^Restore what can be had/).count()).toBe(0);
    await start.click();
    await ended(page, "OK");
    expect(readFileSync(join(target, "data")).equals(WEAK_DATA)).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("a member of a project", () => {
  test("sees no place, no snapshot and no damage of others, and restores nothing", async () => {
    const file = installation.path("password");
    writeFileSync(file, MEMBER_PASSWORD);
    installation.must("user", "create", "mia@ibs", "--password-file", file);
    installation.must("project", "create", "shop");
    installation.must("grant", "add", "mia@ibs", "project-member", "--project", "shop");
    installation.must("grant", "add", "mia@ibs", "project-member", "--namespace", "main:team");
    const { context, page } = await dashboard.visit();
    await dashboard.signIn(page, "/snapshots/main", { user: "mia@ibs", password: MEMBER_PASSWORD });
    const places = page.getByRole("navigation", { name: "Places" });
    await places.locator("[data-walk='main:team/web']").waitFor();
    expect(await page.getByText(/weak|damaged|CORRUPT/).count()).toBe(0);
    await page.goto(addressOf(newest("weak")));
    await page.getByRole("button", { name: "Show the group" }).waitFor();
    await page.goto(addressOf(teamSnapshot()));
    await page.getByRole("region", { name: /^Snapshot team/ }).waitFor();
    expect(await page.getByRole("button", { name: "Restore", exact: true }).count()).toBe(0);
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await context.close();
  });
});
