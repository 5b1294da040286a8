/** A database is backed up while it is used, by the program that knows how, and comes back in a server that never saw it. */

import { mkdtempSync, chmodSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation } from "./support/installation.ts";
import { Postgres } from "./support/postgres.ts";

interface TaskView {
  readonly state: string;
  readonly error?: { readonly code: string; readonly context: Record<string, unknown> };
  readonly statistics?: { readonly backup?: Record<string, number> };
}

const ROW_COUNT = 200_000;
const EVERYTHING =
  "select count(*), sum(id), md5(string_agg(customer || note || placed::text, ',' order by id)) from orders";
const CONSTRAINTS = "select conname from pg_constraint where conrelid = 'orders'::regclass order by 1";

describe("a PostgreSQL database", () => {
  const ibs = new Installation();
  // Of its own: PostgreSQL runs as another user, who may not enter the installation's directory.
  const scratch = mkdtempSync(join(tmpdir(), "ironcore-pg-"));
  chmodSync(scratch, 0o755);
  const shop = new Postgres(join(scratch, "shop"));
  const fresh = new Postgres(join(scratch, "fresh"));

  const backUp = (...words: string[]) => {
    const dump = [shop.program("pg_dump"), ...shop.clientWords, "-Fc", "-Z0", "shop"].join(" ");
    return ibs.run(
      "backup",
      "--command",
      `shop.dump=${dump}`,
      "--datastore",
      "main",
      "--id",
      "shop",
      "--wait",
      ...words,
    );
  };
  const lastTask = (): TaskView | undefined =>
    ibs.json<TaskView[]>("task", "list", "--type", "backup", "--limit", "1")[0];

  beforeAll(async () => {
    shop.start();
    shop.query("postgres", "create database shop");
    shop.query(
      "shop",
      `create table orders (id bigint primary key, customer text not null, note text, placed timestamptz);
       insert into orders select n, 'customer ' || n % 997, md5(n::text), timestamptz '2024-01-01' + n * interval '1 minute'
         from generate_series(1, ${ROW_COUNT}) n`,
    );
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
  });
  afterAll(async () => {
    shop.stop();
    fresh.stop();
    await ibs.dispose();
    rmSync(scratch, { recursive: true, force: true });
  });

  test("is dumped, and every row comes back in a fresh server", () => {
    expect(backUp()).toMatchObject({ exitCode: 0 });
    const back = join(scratch, "back");
    ibs.must("restore", "main:host/shop/latest", "--target", back, "--wait");
    const dump = join(back, "shop.dump");
    chmodSync(dump, 0o644); // restored for its owner alone, and PostgreSQL is another user here
    fresh.start();
    fresh.query("postgres", "create database shop");
    fresh.restore("shop", dump);
    expect(fresh.query("shop", EVERYTHING)).toBe(shop.query("shop", EVERYTHING));
    expect(fresh.query("shop", EVERYTHING)).toMatch(new RegExp(`^${ROW_COUNT}\\|`));
    expect(fresh.query("shop", CONSTRAINTS)).toBe(shop.query("shop", CONSTRAINTS));
  });

  test("one row more is a backup of little, and one that verifies", () => {
    shop.query("shop", `insert into orders values (${ROW_COUNT + 1}, 'new', 'one more', now())`);
    expect(backUp()).toMatchObject({ exitCode: 0 });
    const { sourceReadBytes = 0, newRawBytes = 0 } = lastTask()?.statistics?.backup ?? {};
    expect(sourceReadBytes).toBeGreaterThan(10_000_000);
    expect(newRawBytes).toBeLessThan(sourceReadBytes * 0.7);
    expect(ibs.must("verify", "--datastore", "main", "--wait")).toContain("OK");
  });

  test("a dump that fails makes no snapshot, and says what the program said", () => {
    const before = ibs.must("snapshot", "list", "--datastore", "main");
    const dump = [shop.program("pg_dump"), ...shop.clientWords, "-Fc", "no_such_database"].join(" ");
    const words = ["--command", `shop.dump=${dump}`, "--datastore", "main", "--id", "shop", "--wait"];
    const failed = ibs.run("backup", ...words);
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout + failed.stderr).toContain('database "no_such_database" does not exist');
    expect(lastTask()).toMatchObject({ state: "failed", error: { code: "COMMAND_FAILED" } });
    expect(ibs.must("snapshot", "list", "--datastore", "main")).toBe(before);
  });

  test("a server that is down is told from one that refuses its user", () => {
    const reach = (...words: string[]) => {
      const dump = [shop.program("pg_dump"), ...words, "-Fc", "shop"].join(" ");
      const failed = ibs.run(
        "backup",
        "--command",
        `x=${dump}`,
        "--datastore",
        "main",
        "--id",
        "reach",
        "--wait",
      );
      expect(failed.exitCode).toBe(1);
      return lastTask()?.error;
    };
    const refused = reach("-h", shop.directory, "-U", "nobody_known");
    expect(refused).toMatchObject({ code: "SOURCE_NOT_REACHABLE", context: { stage: "authentication" } });
    shop.stop();
    const down = reach(...shop.clientWords);
    expect(down).toMatchObject({ code: "SOURCE_NOT_REACHABLE", context: { stage: "connection" } });
  });
});
