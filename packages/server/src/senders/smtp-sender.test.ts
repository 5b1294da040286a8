import { createServer } from "node:net";
import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { simpleParser } from "mailparser";
import type { ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";
import type { SMTPServerOptions } from "smtp-server";
import type { TargetSettings } from "./sender.ts";
import { sampleMessage } from "./sample-message.ts";
import { certificateFor, listen, manyFailures, never, SAMPLE, testSenders } from "./senders.testing.ts";

const certificate = certificateFor("localhost");
const tls = { key: certificate.keyPem, cert: certificate.certificatePem };
const senders = testSenders();
const single = sampleMessage("single", SAMPLE);
const PASSWORD = "corréct horse";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Told {
  readonly mails: ParsedMail[];
  /** How each login was tried. */
  readonly logins: string[];
  readonly settings: TargetSettings;
}

/** A mail server that takes a login of `me`, and the settings of a target that reach it. */
async function startMailServer(
  options: SMTPServerOptions,
  settings: Partial<TargetSettings> = {},
): Promise<Told> {
  const mails: ParsedMail[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    ...tls,
    authOptional: true,
    authMethods: ["PLAIN", "LOGIN"],
    disableReverseLookup: true,
    logger: false,
    onAuth: ({ method, username, password }, _session, done) => {
      logins.push(method);
      if (username === "me" && password === PASSWORD) done(null, { user: "me" });
      else done(Object.assign(new Error("5.7.8 Wrong name or password"), { responseCode: 535 }));
    },
    onData: (stream, _session, done) => {
      void simpleParser(stream).then((mail) => {
        mails.push(mail);
        done(null, "Queued as 4711");
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  const port = await listen(server.server);
  closers.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return {
    mails,
    logins,
    settings: {
      kind: "smtp",
      host: "localhost",
      port,
      from: "backup@example.org",
      to: ["ops@example.org"],
      caCertificate: certificate.certificatePem,
      ...settings,
    },
  };
}

const login = { username: "me", password: PASSWORD };

describe("a mail arrives", () => {
  test.each([
    ["starttls", undefined, "PLAIN"],
    ["starttls", "login", "LOGIN"],
    ["tls", "plain", "PLAIN"],
    ["tls", "login", "LOGIN"],
  ] as const)("over %s, logged in by %s", async (security, loginMethod, method) => {
    const told = await startMailServer(
      { secure: security === "tls", authOptional: false },
      { ...login, security, ...(loginMethod === undefined ? {} : { loginMethod }) },
    );
    const result = await senders.send(told.settings, single, never());
    expect(result.outcome).toBe("delivered");
    expect(result.response).toContain("Queued as 4711");
    expect(told.logins).toEqual([method]);
    expect(told.mails).toHaveLength(1);
  });

  test("over a plain connection where that was wished for", async () => {
    const told = await startMailServer({ hideSTARTTLS: true }, { security: "none" });
    expect((await senders.send(told.settings, single, never())).outcome).toBe("delivered");
    expect(told.mails).toHaveLength(1);
  });

  test("with both parts, what it is about, and the same id at each try", async () => {
    const told = await startMailServer({});
    const message = {
      ...single,
      title: "Backup of bücher-1 🗄 (job nächtlich) failed",
      entries: single.entries.map((entry) => ({
        ...entry,
        title: "Backup of bücher-1 🗄 (job nächtlich) failed",
      })),
    };
    for (let run = 0; run < 2; run++) await senders.send(told.settings, message, never());
    const [mail, again] = told.mails;
    expect(mail?.subject).toBe("[ironcore pbs1] FAILED Backup of bücher-1 🗄 (job nächtlich)");
    expect(mail?.from?.value).toEqual([{ address: "backup@example.org", name: "Ironcore Backup pbs1" }]);
    expect(mail?.text).toContain("DATASTORE_OFFLINE");
    expect(mail?.text).toContain("Mon 23 Nov 2026, 22:48:04 Europe/Berlin (UTC+01:00)");
    expect(mail?.html).toContain("bücher-1 🗄 (job nächtlich)");
    expect(mail?.html).toContain("Check that its disk is mounted");
    expect(mail?.messageId).toBe(again?.messageId);
    expect(mail?.headers.get("auto-submitted")).toBe("auto-generated");
    expect(mail?.headers.get("x-ironcore-event")).toBe("backup.failed");
    expect(mail?.attachments).toEqual([]);
  });

  test("in the thread of its incident, and only then", async () => {
    const told = await startMailServer({});
    const tell = async (id: string, change: "opened" | "resolved" | "note") => {
      const entries = single.entries.map((entry) => ({ ...entry, change }));
      await senders.send(told.settings, { ...single, id, entries }, never());
    };
    await tell("a", "opened");
    await tell("b", "resolved");
    await tell("c", "note");
    const [opened, resolved, note] = told.mails;
    expect(opened?.references).toBeDefined();
    expect(resolved?.references).toBe(opened?.references);
    expect(resolved?.messageId).not.toBe(opened?.messageId);
    expect(note?.references).toBeUndefined();
  });

  test("without a header that a title, a template or a name of a server smuggled in", async () => {
    const told = await startMailServer(
      {},
      { subjectTemplate: "{{title}}\r\nBcc: b@evil.example\r\n\r\nbody" },
    );
    const evil = "x\r\nBcc: a@evil.example\r\nSubject: other\u2028y\u0000";
    const message = {
      ...single,
      id: `id\r\nBcc: c@evil.example`,
      title: evil,
      installation: `pbs1\r\nBcc: d@evil.example`,
      entries: single.entries.map((entry) => ({ ...entry, title: evil, text: evil })),
    };
    expect((await senders.send(told.settings, message, never())).outcome).toBe("delivered");
    const [mail] = told.mails;
    expect(mail?.bcc).toBeUndefined();
    expect(mail?.headers.has("bcc")).toBe(false);
    expect(mail?.subject).toBe("x Bcc: a@evil.example Subject: other y Bcc: b@evil.example body");
    expect(mail?.to).toMatchObject({ text: "ops@example.org" });
  });

  test("to those who are not refused, and says who was", async () => {
    const told = await startMailServer(
      {
        onRcptTo: ({ address }, _session, done) =>
          address.startsWith("gone")
            ? done(Object.assign(new Error("No such user"), { responseCode: 550 }))
            : done(),
      },
      { to: ["ops@example.org", "gone@example.org", "gone2@example.org"] },
    );
    const result = await senders.send(told.settings, manyFailures(3), never());
    expect(result.outcome).toBe("delivered");
    expect(result.response).toContain("2 of 3 recipients were refused: gone@example.org, gone2@example.org");
  });
});

describe("a mail that is not taken", () => {
  const answering = (responseCode: number, text: string) => Object.assign(new Error(text), { responseCode });

  test.each([
    [
      "MAIL",
      {
        onMailFrom: (_a: unknown, _s: unknown, done: (error: Error) => void) =>
          done(answering(550, "5.7.1 Not from there")),
      },
    ],
    [
      "RCPT",
      {
        onRcptTo: (_a: unknown, _s: unknown, done: (error: Error) => void) =>
          done(answering(554, "5.7.1 Not from there")),
      },
    ],
    [
      "DATA",
      {
        onData: (stream: NodeJS.ReadableStream, _s: unknown, done: (error: Error) => void) => {
          stream.resume();
          stream.once("end", () => done(answering(552, "5.7.1 Not from there")));
        },
      },
    ],
  ] as const)("a 5xx to %s refuses this message for good", async (_command, options) => {
    const told = await startMailServer(options);
    const result = await senders.send(told.settings, single, never());
    expect(result).toMatchObject({ outcome: "refused" });
    expect(result.response).toContain("5.7.1 Not from there");
  });

  test.each([451, 530])("%i to MAIL leaves it for later", async (code) => {
    const told = await startMailServer({
      onMailFrom: (_address, _session, done) => done(answering(code, "come back")),
    });
    const result = await senders.send(told.settings, single, never());
    expect(result).toMatchObject({ outcome: "unreachable" });
    expect(result.response).toContain(`${code} come back`);
  });

  test("a wrong password is mended by an operator, so the message is kept; nobody sees the password", async () => {
    const told = await startMailServer({}, { username: "me", password: "hunter2-wrong" });
    const result = await senders.send(told.settings, single, never());
    expect(result.outcome).toBe("unreachable");
    expect(result.response).toContain("535");
    expect(result.response).toContain("Wrong name or password");
    expect(result.response).not.toContain("hunter2");
    expect(told.mails).toEqual([]);
  });

  test("an answer that repeats the password is shown without it", async () => {
    const told = await startMailServer(
      { onAuth: ({ password }, _s, done) => done(answering(535, `"${password ?? ""}" is wrong`)) },
      { username: "me", password: "hunter2-wrong" },
    );
    const { response } = await senders.send(told.settings, single, never());
    expect(response).toContain('"…" is wrong');
  });

  test("nothing is sent, and no login, to a server that offers no STARTTLS", async () => {
    const told = await startMailServer({ disabledCommands: ["STARTTLS"], allowInsecureAuth: true }, login);
    const result = await senders.send(told.settings, single, never());
    expect(result.outcome).toBe("unreachable");
    expect([told.mails, told.logins]).toEqual([[], []]);
  });

  test("nothing is sent without a login to a server that offers none", async () => {
    const told = await startMailServer({ disabledCommands: ["AUTH"] }, login);
    expect((await senders.send(told.settings, single, never())).outcome).toBe("unreachable");
    expect(told.mails).toEqual([]);
  });

  test.each(["starttls", "tls"] as const)(
    "a certificate that nobody vouches for ends it, over %s",
    async (security) => {
      const { settings, mails, logins } = await startMailServer(
        { secure: security === "tls" },
        { ...login, security },
      );
      const { caCertificate: _ca, ...trusting } = settings;
      const result = await senders.send(trusting, single, never());
      expect(result.outcome).toBe("unreachable");
      expect(result.response).toMatch(/certificate/i);
      expect([mails, logins]).toEqual([[], []]);
    },
  );

  test("a certificate of another name ends it, though its authority is trusted", async () => {
    const other = certificateFor("other.example");
    const told = await startMailServer(
      { key: other.keyPem, cert: other.certificatePem },
      { caCertificate: other.certificatePem },
    );
    const result = await senders.send(told.settings, single, never());
    expect(result.outcome).toBe("unreachable");
    expect(result.response).toMatch(/certificate/i);
    expect(told.mails).toEqual([]);
  });
});

describe("a server that does not behave", () => {
  async function startLine(onConnection: (socket: Socket) => void): Promise<TargetSettings> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      onConnection(socket);
    });
    const port = await listen(server);
    closers.push(
      () =>
        new Promise<void>((resolve) => {
          for (const socket of sockets) socket.destroy();
          server.close(() => resolve());
        }),
    );
    return {
      kind: "smtp",
      host: "localhost",
      port,
      security: "none",
      from: "a@example.org",
      to: ["b@example.org"],
    };
  }

  test("a connection dropped in the middle of the mail leaves it for later", async () => {
    const settings = await startLine((socket) => {
      socket.write("220 hello\r\n");
      socket.on("data", (data) => {
        const text = data.toString();
        if (text.startsWith("DATA")) socket.write("354 go\r\n");
        else if (/^(?:EHLO|MAIL|RCPT)/.test(text)) socket.write("250 ok\r\n");
        else socket.destroy();
      });
    });
    expect((await senders.send(settings, single, never())).outcome).toBe("unreachable");
  });

  test("a server that is not there leaves it for later and says so", async () => {
    const settings = await startLine(() => undefined);
    for (const close of closers.splice(0)) await close();
    const result = await senders.send(settings, single, never());
    expect(result.outcome).toBe("unreachable");
    expect(result.response).toContain("ECONNREFUSED");
  });

  test("a server that never greets is left when the caller says so, and its connection is closed", async () => {
    let closed: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (closed = resolve));
    const aborting = new AbortController();
    const settings = await startLine((socket) => {
      socket.on("close", () => closed());
      aborting.abort();
    });
    const result = await senders.send(settings, single, { signal: aborting.signal });
    expect(result).toMatchObject({ outcome: "unreachable" });
    await ended;
  });

  test("a greeting that refuses everybody says nothing about this message", async () => {
    const settings = await startLine((socket) => socket.end("554 no service for you\r\n"));
    const result = await senders.send(settings, single, never());
    expect(result).toMatchObject({ outcome: "unreachable" });
    expect(result.response).toContain("554 no service for you");
  });
});

test("a mail server at a private address is not spoken to where that is not allowed, whatever its name", async () => {
  const told = await startMailServer({});
  const settings = { ...told.settings, allowPrivate: false };
  const named = testSenders({
    outside: {
      resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
      ownAddresses: () => [],
    },
  });
  for (const [by, host] of [
    [senders, "localhost"],
    [senders, "127.0.0.1"],
    [named, "mail.example.org"],
  ] as const) {
    const result = await by.send({ ...settings, host }, single, never());
    expect(result.outcome).toBe("unreachable");
    expect(result.response).toMatch(/private|this machine|public/i);
  }
  expect(told.mails).toEqual([]);
  expect((await senders.send(told.settings, single, never())).outcome).toBe("delivered");
});
