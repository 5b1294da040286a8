import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { MessageEntry } from "@ironcore-backup/protocol";
import { MAIL_HTML_SIZE_BYTES_MAX, mailBody, mailSubject } from "./mail-body.ts";
import { formatWhen } from "./message-words.ts";
import { sampleMessage } from "./sample-message.ts";
import { AT, manyFailures, SAMPLE } from "./senders.testing.ts";

const options = { timeZone: "Europe/Berlin" };
const single = sampleMessage("single", SAMPLE);
const [entry] = single.entries;
const withEntry = (change: Partial<MessageEntry>) => ({
  ...single,
  title: change.title ?? single.title,
  entries: single.entries.map((one) => ({ ...one, ...change })),
});

test("an instant says its day, its year and its zone", () => {
  expect(formatWhen(AT, "Europe/Berlin")).toBe("Mon 23 Nov 2026, 22:49:05 Europe/Berlin (UTC+01:00)");
  expect(formatWhen(AT, "America/St_Johns")).toBe("Mon 23 Nov 2026, 18:19:05 America/St_Johns (UTC-03:30)");
  expect(formatWhen(AT, "UTC")).toBe("Mon 23 Nov 2026, 21:49:05 UTC");
});

test.each([
  [{}, "[ironcore pbs1] FAILED Backup of web-1 (job nightly)"],
  [{ change: "repeated", count: 3 }, "[ironcore pbs1] FAILED AGAIN Backup of web-1 (job nightly)"],
  [
    { change: "resolved", title: "Resolved: Backup of web-1 failed" },
    "[ironcore pbs1] RESOLVED Backup of web-1 failed",
  ],
  [
    { event: "datastore.offline", title: "The datastore main is offline" },
    "[ironcore pbs1] OFFLINE The datastore main is offline",
  ],
  [
    { event: "backup.completed", severity: "info", title: "Backup of web-1 completed" },
    "[ironcore pbs1] OK Backup of web-1 completed",
  ],
] as const)("the subject of %o says the state first", (change, subject) => {
  expect(mailSubject(withEntry(change), {})).toBe(subject);
});

describe("the HTML", () => {
  test("has everything that is asked of a failure", () => {
    const { html } = mailBody(withEntry({ change: "repeated", count: 3, since: AT - 86_400_000 }), options);
    for (const part of [
      "FAILED AGAIN",
      "Sun 22 Nov 2026, 22:49:05 Europe/Berlin (UTC+01:00), 3 times",
      "DATASTORE_OFFLINE",
      "What to do",
      "nightly",
      "web-1",
      'href="https://backup.example:8007/tasks/',
      "#log",
    ])
      expect(html).toContain(part);
  });

  test("shows the UPID where there is nothing to click on", () => {
    const { installation, at } = SAMPLE;
    const { html, text } = mailBody(sampleMessage("single", { installation, at }), options);
    expect(html).toContain("UPID:pbs1:");
    expect(text).toContain("UPID:pbs1:");
    expect(html).not.toContain("<a ");
  });

  test("loads nothing and runs nothing", () => {
    const { html } = mailBody(manyFailures(20), options);
    expect(html).not.toMatch(
      /<(?:script|img|link|iframe|object|form|video|svg)\b|@import|@font-face|url\(|\bon\w+=/i,
    );
    expect(html).not.toMatch(/display:\s*(?:flex|grid)/);
  });

  test("whatever a message holds, it adds no element and no attribute", () => {
    const shape = (html: string): string[] =>
      [...html.matchAll(/<\/?[a-z!][^>]*>/gi)]
        .map(([tag]) => tag.replaceAll(/(href|content)="[^"]*"/g, "$1"))
        .filter((tag) => tag !== "<br>");
    const hostile = fc.string({
      unit: fc.constantFrom(
        "<",
        ">",
        '"',
        "'",
        "&",
        "a",
        "=",
        "/",
        "\n",
        "\u0000",
        "script",
        " ",
        "onload",
        "{{",
        "}}",
        "title",
      ),
      maxLength: 30,
    });
    const plain = withEntry({ title: "x", text: "x", remedy: "x", code: "x", workload: "x", job: "x" });
    const expected = shape(mailBody({ ...plain, title: "y" }, options).html);
    fc.assert(
      fc.property(hostile, (text) => {
        const evil = `x${text}`;
        const change = { title: `${evil}.`, text: evil, remedy: evil, code: evil, workload: evil, job: evil };
        const { html } = mailBody({ ...withEntry(change), title: `${evil}y`, installation: evil }, options);
        expect(shape(html)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("an address that is no web page is no link", () => {
    const { html } = mailBody(withEntry({ url: "javascript:alert(1)", logUrl: "data:text/html,x" }), options);
    expect(html).not.toMatch(/href="(?:javascript|data)/);
  });

  test.each([
    ["short", {}],
    ["long", { title: "ä<&".repeat(200), text: "\n<b>".repeat(900) }],
  ])(
    "of three hundred %s entries is small enough for every service, and says how many are left out",
    (_how, change) => {
      const message = manyFailures(300, change);
      const { html, text } = mailBody(message, { ...options, introTemplate: "<".repeat(8192) });
      expect(Buffer.byteLength(html)).toBeLessThanOrEqual(MAIL_HTML_SIZE_BYTES_MAX);
      const shown = html.split("<h2").length - 1;
      expect(shown).toBeGreaterThan(0);
      expect(html).toContain(`… and ${300 - shown} more`);
      expect(text).toContain("… and 250 more");
    },
  );
});

describe("the plain text", () => {
  test("says the same", () => {
    const { text } = mailBody(withEntry({ change: "repeated", count: 3, since: AT - 86_400_000 }), options);
    expect(text).toBe(`FAILED AGAIN: Backup of web-1 (job nightly)
pbs1, Mon 23 Nov 2026, 22:48:04 Europe/Berlin (UTC+01:00)

The datastore main is offline: its disk is not mounted

Since:       Sun 22 Nov 2026, 22:49:05 Europe/Berlin (UTC+01:00), 3 times
Workload:    web-1
Job:         nightly
Datastore:   main
Project:     default
Error code:  DATASTORE_OFFLINE

What to do: Check that its disk is mounted and readable by the server.

Dashboard:   ${entry?.url ?? ""}
Log:         ${entry?.logUrl ?? ""}

-- 
Sent by the backup server pbs1.
https://backup.example:8007
`);
  });

  test("of many begins with how many of what", () => {
    const { text } = mailBody(manyFailures(300), options);
    expect(text).toMatch(/^ERROR: 300 events\n.*\n\n {3}300 {2}Backup failed\n/);
  });
});
