/**
 * A failing job reaches a real mail server and a webhook receiver, and so does its recovery; what was committed before a kill is
 * told by the next start; a datastore that goes away speaks for itself.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { simpleParser } from "mailparser";
import type { ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Inbox, NotificationMessage } from "@ironcore-backup/protocol";
import { connect } from "./support/api.ts";
import { Installation, until } from "./support/installation.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook's receiver that may be told not to answer. */
class Receiver {
  readonly got: Received[] = [];
  isMute = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      request.on("end", () => {
        this.got.push({ headers: request.headers, body });
        if (!this.isMute) response.writeHead(204).end();
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  messages(): NotificationMessage[] {
    return this.got.map(({ body }) => JSON.parse(body) as NotificationMessage);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const MAIL_USER = "backup";
const MAIL_PASSWORD = "a mail password";

describe("notifications of a real server", () => {
  const ibs = new Installation();
  const receiver = new Receiver();
  const mails: ParsedMail[] = [];
  let url = "";
  let mailServer: SMTPServer;
  let signingSecret = "";

  beforeAll(async () => {
    mkdirSync(ibs.path("tree"));
    writeFileSync(ibs.path("tree", "file"), "content\n");
    await ibs.start("--public-url", "https://backup.example:8007");
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const keys = ["-keyout", ibs.path("mail.key"), "-out", ibs.path("mail.pem")];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    execFileSync("openssl", ["req", "-x509", ...kind, ...keys, ...subject], { stdio: "pipe" });
    mailServer = new SMTPServer({
      key: readFileSync(ibs.path("mail.key")),
      cert: readFileSync(ibs.path("mail.pem")),
      authMethods: ["PLAIN", "LOGIN"],
      onAuth: ({ username, password }, _session, done) =>
        username === MAIL_USER && password === MAIL_PASSWORD
          ? done(null, { user: username })
          : done(new Error("wrong password")),
      onData: (stream, session, done) => {
        expect(session.secure).toBe(true);
        simpleParser(stream).then((mail) => {
          mails.push(mail);
          done();
        }, done);
      },
    });
    await new Promise<void>((resolve) => mailServer.listen(0, "127.0.0.1", resolve));
    const { port } = mailServer.server.address() as AddressInfo;
    writeFileSync(ibs.path("password"), `${MAIL_PASSWORD}\n`);
    url = await receiver.listen();
    const login = ["--username", MAIL_USER, "--password-file", ibs.path("password")];
    const people = ["--from", "backup@example.org", "--to", "ops@example.org"];
    const line = [
      "--host",
      "localhost",
      "--port",
      String(port),
      "--security",
      "starttls",
      "--ca-file",
      ibs.path("mail.pem"),
    ];
    ibs.must("notification", "target", "create", "mail", "--kind", "smtp", ...line, ...login, ...people);
    const made = ibs.must(
      "notification",
      "target",
      "create",
      "hook",
      "--kind",
      "webhook",
      "--url",
      url,
      "--allow-private",
    );
    signingSecret = /whsec_\S+/.exec(made)?.[0] ?? "";
    ibs.must("notification", "group", "create", "ops", "--target", "mail", "--target", "hook");
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    ibs.must("datastore", "update", "main", "--notification-group", "ops");
    ibs.must("workload", "add", "web", "--path", ibs.path("tree"));
    ibs.must("job", "create", "nightly", "--type", "backup", "--workload", "web", "--datastore", "main");
  }, 120_000);
  /** So many messages in a few minutes would be told together: whoever tells next has sent none yet. */
  const freshTarget = (name: string): void => {
    receiver.got.length = 0;
    ibs.must("notification", "target", "create", name, "--kind", "webhook", "--url", url, "--allow-private");
    ibs.must("notification", "group", "update", "ops", "--target", name);
  };
  afterAll(async () => {
    await ibs.dispose();
    receiver.close();
    await new Promise<void>((resolve) => mailServer.close(resolve));
  });

  test("Test sends a real message and tells the other side's answer, also a wrong password", async () => {
    const client = connect(ibs);
    expect(await client.call("testTarget", { params: { target: "mail" } })).toMatchObject({
      outcome: "delivered",
    });
    expect(await client.call("testTarget", { params: { target: "hook" } })).toMatchObject({
      outcome: "delivered",
      response: expect.stringContaining("204") as string,
    });
    await client.call("updateTarget", { params: { target: "mail" }, body: { password: "another" } });
    const refused = await client.call("testTarget", { params: { target: "mail" } });
    expect(refused.outcome).not.toBe("delivered");
    expect(refused.response).toMatch(/535|authentication|password/i);
    expect(refused.response).not.toContain("another");
    await client.call("updateTarget", { params: { target: "mail" }, body: { password: MAIL_PASSWORD } });
    client.close();
    expect(mails.map(({ subject }) => subject)).toEqual([expect.stringContaining("Test message")]);
  });

  test("a failing job is told by mail and by a signed webhook, and so is that it works again", async () => {
    receiver.got.length = 0;
    mails.length = 0;
    renameSync(ibs.path("tree"), ibs.path("away"));
    expect(ibs.run("job", "run", "nightly", "--wait").exitCode).toBe(1);
    await until("both are told", () => receiver.got.length >= 1 && mails.length >= 1);
    const [message] = receiver.messages();
    expect(message).toMatchObject({
      version: 1,
      kind: "single",
      severity: "error",
      title: "Backup of web (job nightly) failed",
      group: "ops",
      entries: [
        {
          event: "backup.failed",
          change: "opened",
          code: "SOURCE_NOT_REACHABLE",
          datastore: "main",
          job: "nightly",
          workload: "web",
          logUrl: expect.stringMatching(/^https:\/\/backup\.example:8007\/tasks\/UPID/) as string,
        },
      ],
    });
    const { headers, body } = receiver.got[0] ?? { headers: {}, body: "" };
    const signed = Object.fromEntries(
      ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, String(headers[name])]),
    );
    const verifier = new Webhook(signingSecret);
    expect(verifier.verify(body, signed)).toMatchObject({ id: message?.id });
    expect(() => verifier.verify(body.replace("web", "bew"), signed)).toThrow();
    const [mail] = mails;
    expect(mail?.subject).toMatch(/^\[ironcore \S+\] FAILED Backup of web \(job nightly\)$/);
    expect(mail?.to).toMatchObject({ text: "ops@example.org" });
    for (const part of [mail?.text, mail?.html || ""]) {
      expect(part).toContain("SOURCE_NOT_REACHABLE");
      expect(part).toContain("https://backup.example:8007/tasks/UPID");
    }
    renameSync(ibs.path("away"), ibs.path("tree"));
    ibs.must("job", "run", "nightly", "--wait");
    await until("both hear that it works", () => receiver.got.length >= 2 && mails.length >= 2);
    expect(receiver.messages()[1]?.entries).toMatchObject([
      { change: "resolved", title: "Resolved: Backup of web (job nightly) failed" },
    ]);
    // One conversation in the reader's mail program.
    expect([mails[1]?.references ?? []].flat().join(" ")).toContain(
      [mail?.references ?? []].flat()[0] ?? "none",
    );
  });

  test("killed between commit and delivery, the next start delivers, under the same id", async () => {
    receiver.got.length = 0;
    receiver.isMute = true;
    renameSync(ibs.path("tree"), ibs.path("away"));
    expect(ibs.run("job", "run", "nightly", "--wait").exitCode).toBe(1);
    await until("it is on its way", () => receiver.got.length >= 1);
    ibs.killEverything();
    receiver.isMute = false;
    await ibs.start();
    await until("it has come again", () => receiver.messages().length >= 2);
    const [first, second] = receiver.messages();
    expect(second?.id).toBe(first?.id);
    expect(second?.title).toBe("Backup of web (job nightly) failed");
    const { notices } = ibs.json<Inbox>("notification", "inbox", "list", "--state", "open");
    expect(notices.map(({ title, count }) => [title, count])).toEqual([
      ["Backup of web (job nightly) failed", 1],
    ]);
    renameSync(ibs.path("away"), ibs.path("tree"));
    ibs.must("job", "run", "nightly", "--wait");
    await until("it works again", () => receiver.messages().length >= 3);
  });

  test("a datastore whose disk goes away is told once, and speaks for the jobs that fail because of it", async () => {
    freshTarget("disk");
    renameSync(ibs.store(), `${ibs.store()}-away`);
    ibs.run("datastore", "probe", "main");
    await until("it is told", () => receiver.got.length >= 1, 60_000);
    for (let at = 0; at < 3; at++) ibs.run("job", "run", "nightly", "--wait");
    renameSync(`${ibs.store()}-away`, ibs.store());
    ibs.run("datastore", "probe", "main");
    await until("it is back", () => receiver.got.length >= 2, 60_000);
    expect(receiver.messages().map(({ title }) => title)).toEqual([
      "The datastore main is offline",
      "Resolved: The datastore main is offline",
    ]);
  });

  test("a chunk that rots is told while the verification runs, and by name", async () => {
    freshTarget("rot");
    const chunks = execFileSync("find", [ibs.store() + "/.chunks", "-type", "f", "-size", "+0"], {
      encoding: "utf8",
    });
    for (const path of chunks.trim().split("\n")) {
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      rmSync(path);
      writeFileSync(path, bytes);
    }
    expect(ibs.run("verify", "--datastore", "main", "--wait").exitCode).toBe(1);
    await until("it is told", () => receiver.got.length >= 2, 60_000);
    const [damage, failure] = receiver.messages();
    expect(damage?.entries).toMatchObject([
      { event: "snapshot.damaged", code: expect.stringMatching(/^SNAPSHOT_(CORRUPT|MISSING)$/) as string },
    ]);
    expect(failure?.entries).toMatchObject([{ event: "verify.failed", code: "SNAPSHOTS_DAMAGED" }]);
  });
});
