/**
 * What monitoring sees of a real server: the text as promtool reads it, a real Prometheus that scrapes it over TLS with a
 * token, and the alert rules that come with the product.
 */

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get as getHttp } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECKOUT, Installation, tool } from "./support/installation.ts";
import { serverFile } from "./support/api.ts";
import { growTree } from "./support/tree.ts";

const RULES = join(CHECKOUT, "docs/operating/prometheus-rules.yml");
const RULES_TEST = join(CHECKOUT, "docs/operating/prometheus-rules.test.yml");
const WAIT_MS = 60_000;

interface QueryAnswer {
  readonly status: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

describe("monitoring", () => {
  const ibs = new Installation();
  let secret = "";
  let prometheus: ChildProcess | undefined;
  let prometheusOutput = "";
  let prometheusPort = 0;

  const scrape = (authorization?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const ca = readFileSync(join(ibs.dataDir, "tls", "certificate.pem"));
      const headers = authorization === undefined ? {} : { authorization };
      const url = `${serverFile(ibs).url}/metrics`;
      const sent = request(url, { ca, headers, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      sent.on("error", reject).end();
    });

  const query = (expression: string): Promise<QueryAnswer["data"]["result"]> =>
    new Promise((resolve, reject) => {
      const url = `http://127.0.0.1:${prometheusPort}/api/v1/query?query=${encodeURIComponent(expression)}`;
      getHttp(url, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        answer.on("end", () => {
          if (answer.statusCode !== 200) return reject(new Error(`${expression}: ${text}`));
          resolve((JSON.parse(text) as QueryAnswer).data.result); // Prometheus' own shape.
        });
      }).on("error", reject);
    });

  /** The one value of the expression, once Prometheus has scraped what makes it so. */
  const becomes = async (expression: string, wanted: number): Promise<void> => {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const found = await query(expression).catch(() => []);
      const values = found.map(({ value }) => Number(value[1]));
      if (values.length === 1 && values[0] === wanted) return;
      if (performance.now() > deadline)
        expect([expression, values, prometheusOutput]).toEqual([expression, [wanted], ""]);
      await new Promise((wake) => setTimeout(wake, 200));
    }
  };

  const startPrometheus = async (): Promise<void> => {
    prometheusPort = await freePort();
    const root = ibs.path("prometheus");
    mkdirSync(root);
    writeFileSync(join(root, "token"), `monitor@ibs!prometheus:${secret}\n`, { mode: 0o600 });
    writeFileSync(
      join(root, "prometheus.yml"),
      `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ["${RULES}"]
scrape_configs:
  - job_name: ironcore-backup
    scheme: https
    metrics_path: /metrics
    authorization: { type: Bearer, credentials_file: ${join(root, "token")} }
    tls_config: { ca_file: ${join(ibs.dataDir, "tls", "certificate.pem")} }
    static_configs: [{ targets: ["127.0.0.1:${ibs.port}"] }]
  - job_name: by-password
    scheme: https
    basic_auth: { username: "monitor@ibs!prometheus", password: "${secret}" }
    tls_config: { ca_file: ${join(ibs.dataDir, "tls", "certificate.pem")} }
    static_configs: [{ targets: ["127.0.0.1:${ibs.port}"] }]
  - job_name: stranger
    scheme: https
    tls_config: { ca_file: ${join(ibs.dataDir, "tls", "certificate.pem")} }
    static_configs: [{ targets: ["127.0.0.1:${ibs.port}"] }]
`,
    );
    prometheus = spawn(
      "prometheus",
      [
        `--config.file=${join(root, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(root, "data")}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
        "--log.level=warn",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    prometheus.on("error", (cause) => (prometheusOutput += String(cause)));
    prometheus.stderr?.on("data", (bytes: Buffer) => (prometheusOutput += bytes.toString()));
  };

  beforeAll(async () => {
    growTree(ibs.path("tree"), { seed: 8, fileCount: 40 });
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    writeFileSync(ibs.path("password"), "a long enough password\n");
    ibs.must("user", "create", "monitor@ibs", "--password-file", ibs.path("password"));
    secret =
      /ibt_[A-Za-z0-9_-]+/.exec(ibs.must("token", "create", "prometheus", "--user", "monitor@ibs"))?.[0] ??
      "";
    for (const name of ["monitor@ibs", "monitor@ibs!prometheus"])
      ibs.must("grant", "add", name, "platform-metrics", "--platform");
    ibs.must("workload", "add", "tree", "--path", ibs.path("tree"));
    ibs.must("job", "create", "nightly", "--type", "backup", "--datastore", "main", "--workload", "tree");
    ibs.must("job", "run", "nightly", "--wait");
    ibs.must("verify", "--datastore", "main", "--wait");
    const failed = ibs.run(
      "backup",
      "--path",
      ibs.path("nowhere"),
      "--datastore",
      "main",
      "--id",
      "bad",
      "--wait",
    );
    expect(failed.exitCode).toBe(1);
  });
  afterAll(async () => {
    if (prometheus !== undefined && prometheus.exitCode === null) {
      const ended = new Promise((wake) => prometheus?.once("exit", wake));
      prometheus.kill("SIGKILL");
      await ended;
    }
    await ibs.dispose();
  });

  test("whoever brings no token, or a wrong one, gets none of the numbers", async () => {
    const attempts = [
      undefined,
      "Bearer monitor@ibs!prometheus:wrong",
      `Bearer nobody@ibs!prometheus:${secret}`,
    ];
    for (const authorization of attempts) {
      const { status, text } = await scrape(authorization);
      expect([authorization, status]).toEqual([authorization, 401]);
      expect(text).not.toContain("ironcore_");
    }
  });

  test("promtool finds nothing to say about the metrics", async () => {
    const { status, text } = await scrape(`Bearer monitor@ibs!prometheus:${secret}`);
    expect(status).toBe(200);
    const said = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    expect([said.error, said.status, said.stdout, said.stderr]).toEqual([undefined, 0, "", ""]);
    // It would have something to say.
    const wrong = spawnSync("promtool", ["check", "metrics"], {
      input: "# TYPE tasks_milliseconds counter\ntasks_milliseconds 1\n",
      encoding: "utf8",
    });
    expect(wrong.status).not.toBe(0);
  });

  test("the alert rules are rules, and fire when they should", () => {
    expect(tool("promtool", ["check", "rules", RULES]).toString()).toContain("rules found");
    expect(tool("promtool", ["test", "rules", RULES_TEST]).toString()).toContain("SUCCESS");
  });

  test("a real Prometheus scrapes it over TLS, and finds in it what happened", async () => {
    await startPrometheus();
    await becomes('up{job="ironcore-backup"}', 1);
    await becomes('up{job="by-password"}', 1);
    await becomes('up{job="stranger"}', 0);
    const here = 'job="ironcore-backup"';
    const run = ibs.json<{ runs: { state: string; endedAt: number; startedAt: number }[] }>(
      "job",
      "runs",
      "nightly",
    ).runs[0];
    expect(run?.state).toBe("met");
    await becomes(
      `ironcore_job_last_success_timestamp_seconds{${here}, job_name="nightly"}`,
      (run?.endedAt ?? 0) / 1000,
    );
    await becomes(
      `ironcore_job_last_run_duration_seconds{${here}, job_name="nightly"}`,
      ((run?.endedAt ?? 0) - (run?.startedAt ?? 0)) / 1000,
    );
    await becomes(`ironcore_job_last_run_state{${here}, job_name="nightly", state="met"}`, 1);
    await becomes(`ironcore_job_overdue{${here}, job_name="nightly"}`, 0);
    const tasks = ibs.json<{ type: string; state: string }[]>("task", "list");
    const count = (type: string, state: string): number =>
      tasks.filter((task) => task.type === type && task.state === state).length;
    expect([count("backup", "ok"), count("backup", "failed"), count("verify", "ok")]).toEqual([1, 1, 1]);
    for (const [type, state] of [
      ["backup", "ok"],
      ["backup", "failed"],
      ["verify", "ok"],
    ])
      await becomes(`ironcore_tasks_ended_total{${here}, type="${type}", state="${state}"}`, 1);
    await becomes(`sum(ironcore_task_errors_total{${here}, type="backup"})`, 1);
    await becomes(`ironcore_task_duration_seconds_count{${here}, type="backup"}`, 2);
    await becomes(`ironcore_tasks_running{${here}, type="backup"}`, 0);
    await becomes(`ironcore_datastore_snapshots{${here}, datastore="main"} >= bool 1`, 1);
    await becomes(`ironcore_verified_snapshots{${here}, datastore="main", result="ok"}`, 1);
    await becomes(`ironcore_verified_snapshots{${here}, datastore="main", result="corrupt"}`, 0);
    await becomes(`ironcore_job_last_success_source_read_bytes{${here}, job_name="nightly"} > bool 10000`, 1);
    await becomes(`sum(ironcore_metrics_source_failures_total{${here}})`, 0);
  });

  test("damage that a verification finds is an alert, and so is a server that is gone", async () => {
    const chunks = tool("find", [join(ibs.store(), ".chunks"), "-type", "f", "-size", "+0"])
      .toString()
      .trim()
      .split("\n");
    for (const chunk of chunks) writeFileSync(chunk, "not what it was");
    expect(ibs.run("verify", "--datastore", "main", "--wait").exitCode).toBe(1);
    const here = 'job="ironcore-backup"';
    await becomes(`sum(ironcore_tasks_ended_total{${here}, type="verify", state="failed"})`, 1);
    // Results are summed up once a minute.
    const deadline = performance.now() + 90_000;
    for (;;) {
      const alerts = await query(
        'ALERTS{alertname="IroncoreVerificationFoundDamage", alertstate="firing", job="ironcore-backup"}',
      );
      if (alerts.length > 0) break;
      if (performance.now() > deadline) throw new Error("the damage was never an alert");
      await new Promise((wake) => setTimeout(wake, 500));
    }
    await ibs.stop();
    await becomes('up{job="ironcore-backup"}', 0);
    await becomes('sum(ALERTS{alertname="IroncoreInstanceDown", alertstate="pending"})', 1);
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((wake) => probe.listen(0, "127.0.0.1", wake));
  const address = probe.address();
  await new Promise((wake) => probe.close(wake));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
