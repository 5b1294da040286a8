/**
 * What the pictures show: a small company's backups, all of them real. Workloads with content that changes between backups,
 * one whose source is gone, jobs of every type, a chunk that rots, projects with members, somebody who is told of it, and
 * a backup that is at work while the pictures are taken.
 */

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";
import { growSlowSource, SLOWLY } from "../support/slow-source.ts";
import { textBytes } from "../support/tree.ts";
import type { Installation } from "../support/installation.ts";

const ROUNDS = 6;
const FILES_PER_SOURCE = 40;

interface Source {
  readonly name: string;
  readonly project: string;
  readonly tag: string;
  readonly comment: string;
}

const SOURCES: readonly Source[] = [
  { name: "web", project: "shop", tag: "prod", comment: "The shop's pages and uploads" },
  { name: "mail", project: "office", tag: "prod", comment: "Mailboxes of the office" },
  { name: "wiki", project: "office", tag: "prod", comment: "" },
  { name: "builds", project: "lab", tag: "dev", comment: "Artefacts that can be built again" },
];

/** @param root  where sources and datastores lie, as the pictures show their paths */
export function furnish(installation: Installation, root: string): void {
  const random = createSeededRandom(7);
  const ibs = (...words: string[]): string => installation.must(...words).trim();
  for (const project of ["shop", "office", "lab"]) ibs("project", "create", project);
  ibs(
    "datastore",
    "create",
    "main",
    "--path",
    join(root, "store/main"),
    "--comment",
    "Disks of the first hall",
  );
  ibs("datastore", "create", "archive", "--path", join(root, "store/archive"));
  for (const project of ["shop", "office"]) ibs("namespace", "create", project, "--datastore", "main");
  nameWorkloads(ibs, root, random);
  tellSomebody(ibs);
  planJobs(ibs);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name } of SOURCES) changeSource(join(root, name), random);
    for (const job of ["nightly", "office-hourly", "archive"]) runToEnd(installation, job);
  }
  for (const job of ["weekly-verify", "tidy-up", "garbage", "rehearsal"]) runToEnd(installation, job);
  rotOneChunk(join(root, "store/archive"));
  installation.run("verify", "--datastore", "archive", "--wait");
  installation.run("backup", "legacy", "--datastore", "main", "--wait");
}

/** Something moves while the pictures are taken, and something waits behind it. */
export function keepBusy(installation: Installation, root: string): void {
  const path = join(root, "media");
  growSlowSource(path, 3);
  for (const id of ["media", "media-copy", "media-third"])
    installation.must("backup", "--path", path, "--datastore", "main", "--id", id, ...SLOWLY);
}

type Ibs = (...words: string[]) => string;

function nameWorkloads(ibs: Ibs, root: string, random: Random): void {
  for (const { name, project, tag, comment } of SOURCES) {
    const path = join(root, name);
    for (let at = 0; at < FILES_PER_SOURCE; at++) {
      const folder = join(path, ["current", "uploads", "config"][at % 3] ?? "");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `part-${at}.dat`), textBytes(random, random.integer(2_000, 900_000)));
    }
    const words = comment === "" ? [] : ["--comment", comment];
    ibs("workload", "add", name, "--path", path, "--project", project, "--tag", tag, ...words);
  }
  ibs(
    "workload",
    "add",
    "shop-db",
    "--command",
    "shop.sql=seq 1 400000",
    "--project",
    "shop",
    "--tag",
    "prod",
  );
  const image = join(root, "vm-100.raw");
  writeFileSync(image, textBytes(random, 24_000_000));
  ibs(
    "workload",
    "add",
    "vm-100",
    "--image",
    image,
    "--type",
    "vm",
    "--id",
    "100",
    "--project",
    "lab",
    "--tag",
    "dev",
  );
  ibs("workload", "add", "legacy", "--path", join(root, "legacy"), "--project", "office", "--tag", "old");
}

function changeSource(path: string, random: Random): void {
  writeFileSync(join(path, "current", `new-${random.integer(1, 1_000_000)}.dat`), textBytes(random, 300_000));
  appendFileSync(join(path, "config", "part-2.dat"), textBytes(random, 20_000));
}

function tellSomebody(ibs: Ibs): void {
  const from = "backup@example.org";
  const mail = ["--host", "mail.example.org", "--from", from, "--to", "ops@example.org"];
  ibs("notification", "target", "create", "mail", "--kind", "smtp", ...mail, "--disabled");
  ibs("notification", "group", "create", "ops", "--target", "mail", "--comment", "Who is on call");
  ibs(
    "notification",
    "rule",
    "create",
    "shop-failures",
    "--type",
    "backup",
    "--project",
    "shop",
    "--group",
    "ops",
  );
}

function planJobs(ibs: Ibs): void {
  const nightly = ["--include-tag", "prod", "--schedule", "02:00", "--keep-daily", "7", "--keep-weekly", "4"];
  ibs(
    "job",
    "create",
    "nightly",
    "--type",
    "backup",
    "--datastore",
    "main",
    ...nightly,
    "--notification-group",
    "ops",
  );
  const hourly = [
    "--include-project",
    "office",
    "--exclude-tag",
    "old",
    "--schedule",
    "Mon..Fri 8..18:30",
    "--keep-last",
    "12",
  ];
  ibs(
    "job",
    "create",
    "office-hourly",
    "--type",
    "backup",
    "--datastore",
    "main",
    "--namespace",
    "office",
    ...hourly,
  );
  ibs(
    "job",
    "create",
    "archive",
    "--type",
    "backup",
    "--datastore",
    "archive",
    "--include-tag",
    "dev",
    "--schedule",
    "Sun 03:00",
    "--keep-weekly",
    "52",
  );
  ibs("job", "create", "weekly-verify", "--type", "verify", "--datastore", "main", "--schedule", "Sun 06:00");
  ibs("job", "create", "tidy-up", "--type", "prune", "--datastore", "main", "--schedule", "05:00");
  ibs("job", "create", "garbage", "--type", "gc", "--datastore", "main", "--schedule", "Sat 04:00");
  ibs(
    "job",
    "create",
    "rehearsal",
    "--type",
    "drill",
    "--datastore",
    "main",
    "--group",
    "host/web",
    "--schedule",
    "monthly",
  );
}

interface RunShape {
  readonly currentRun?: unknown;
}

function runToEnd(installation: Installation, job: string): void {
  installation.must("job", "run", job);
  while (installation.json<RunShape>("job", "show", job).currentRun !== undefined) continue;
}

/** One byte of one chunk, as a disk flips it. */
function rotOneChunk(store: string): void {
  const folder = readdirSync(join(store, ".chunks"))
    .map((name) => join(store, ".chunks", name))
    .find((path) => existsSync(path) && readdirSync(path).length > 0);
  const [name] = folder === undefined ? [] : readdirSync(folder);
  if (folder === undefined || name === undefined) throw new Error("the datastore has no chunk");
  const path = join(folder, name);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  writeFileSync(path, bytes);
}
