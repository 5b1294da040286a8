import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { WEBHOOK_PRESETS } from "@ironcore-backup/protocol";
import type { NotificationMessage, WebhookPreset } from "@ironcore-backup/protocol";
import { sampleMessage } from "./sample-message.ts";
import { AT, manyFailures, SAMPLE } from "./senders.testing.ts";
import { TEAMS_SIZE_BYTES_MAX } from "./teams-card.ts";
import {
  DISCORD_CONTENT_LENGTH_MAX,
  DISCORD_EMBEDS_LENGTH_MAX,
  filledBody,
  GOTIFY_MESSAGE_LENGTH_MAX,
  MATTERMOST_TEXT_LENGTH_MAX,
  NTFY_MESSAGE_BYTES_MAX,
  SLACK_HEADER_LENGTH_MAX,
  SLACK_SECTION_LENGTH_MAX,
  webhookCall,
} from "./webhook-presets.ts";

const options = { timeZone: "Europe/Berlin" };

function bodyOf(preset: WebhookPreset, message: NotificationMessage): unknown {
  const settings = { url: "https://chat.example/hook/topic", preset, bodyTemplate: "{{message}}" };
  return JSON.parse(webhookCall(settings, message, options).body);
}

/** What only tests may assume: the path is there. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
}

const list = (value: unknown): unknown[] => value as unknown[];
const textOf = (value: unknown): string => value as string;

/** Each service's own limits, as its manual says them. */
const LIMITS: Readonly<Record<Exclude<WebhookPreset, "standard" | "custom">, (body: unknown) => void>> = {
  slack: (body) => {
    const blocks = list(at(body, "blocks"));
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(textOf(at(blocks[0], "text", "text")).length).toBeLessThanOrEqual(SLACK_HEADER_LENGTH_MAX);
    for (const block of blocks.slice(1, -1))
      expect(textOf(at(block, "text", "text")).length).toBeLessThanOrEqual(SLACK_SECTION_LENGTH_MAX);
  },
  mattermost: (body) => {
    expect(textOf(at(body, "text")).length).toBeLessThanOrEqual(MATTERMOST_TEXT_LENGTH_MAX);
    const texts = list(at(body, "attachments")).map((one) => textOf(at(one, "text")));
    expect(texts.join("").length).toBeLessThanOrEqual(MATTERMOST_TEXT_LENGTH_MAX);
  },
  discord: (body) => {
    expect(textOf(at(body, "content")).length).toBeLessThanOrEqual(DISCORD_CONTENT_LENGTH_MAX);
    const embeds = list(at(body, "embeds"));
    expect(embeds.length).toBeLessThanOrEqual(10);
    const lengths = embeds.flatMap((embed) => {
      const fields = list(at(embed, "fields"));
      expect(fields.length).toBeLessThanOrEqual(25);
      expect(textOf(at(embed, "title")).length).toBeLessThanOrEqual(256);
      return [
        at(embed, "title"),
        at(embed, "description"),
        ...fields.flatMap((field) => [at(field, "name"), at(field, "value")]),
      ];
    });
    expect(lengths.map(textOf).join("").length).toBeLessThanOrEqual(DISCORD_EMBEDS_LENGTH_MAX);
    for (const embed of embeds)
      for (const field of list(at(embed, "fields"))) {
        expect(textOf(at(field, "value")).length).toBeLessThanOrEqual(1024);
        expect(textOf(at(field, "value"))).not.toBe("");
      }
  },
  teams: (body) => {
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(TEAMS_SIZE_BYTES_MAX);
  },
  gotify: (body) => {
    expect(textOf(at(body, "message")).length).toBeLessThanOrEqual(GOTIFY_MESSAGE_LENGTH_MAX);
  },
  ntfy: (body) => {
    expect(Buffer.byteLength(textOf(at(body, "message")))).toBeLessThanOrEqual(NTFY_MESSAGE_BYTES_MAX);
    expect(textOf(at(body, "title")).length).toBeLessThanOrEqual(250);
  },
};

describe("limits", () => {
  test.each(Object.entries(LIMITS))(
    "of %s are kept whatever the message holds, and what is left out is told",
    (name, check) => {
      const preset = name as keyof typeof LIMITS;
      const nasty = fc.constantFrom("*", "&", "<", "🗄", "ä", "\n", "x", "_", "[", "@");
      const piece = fc
        .tuple(nasty, fc.integer({ min: 0, max: 3000 }))
        .map(([one, count]) => one.repeat(count));
      fc.assert(
        fc.property(piece, piece, fc.integer({ min: 1, max: 300 }), (title, text, count) => {
          const body = bodyOf(preset, manyFailures(count, { title, text }));
          check(body);
          if (count > 10) expect(JSON.stringify(body)).toMatch(/… and \d+ more/);
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe("what a title holds", () => {
  const evil = manyFailures(1, {
    title: "<!channel> @everyone @here [x](https://evil.example) *b*",
    text: "<https://evil.example|click> ![](https://evil.example/i.png)",
  });

  test("calls nobody, and hides no link behind a word", () => {
    const slack = JSON.stringify(bodyOf("slack", evil));
    expect(slack).toContain("&lt;!channel&gt;");
    expect(slack).not.toContain("<https://evil");
    // A header is plain text, in which nothing is a mention; the rest is marked up.
    expect(JSON.stringify(list(at(bodyOf("slack", evil), "blocks")).slice(1))).not.toContain("<!channel>");
    for (const preset of ["mattermost", "discord", "teams"] as const) {
      const body = JSON.stringify(bodyOf(preset, evil));
      expect(body, preset).not.toMatch(/@everyone|@here|\]\(https:\/\/evil/);
    }
    expect(at(bodyOf("discord", evil), "allowed_mentions")).toEqual({ parse: [] });
  });
});

describe("each preset", () => {
  const single = sampleMessage("single", SAMPLE);

  test.each(WEBHOOK_PRESETS)("%s says what, where, why and what to do", (preset) => {
    const text = JSON.stringify(bodyOf(preset, single)).replaceAll(/\\+/g, "");
    for (const part of [
      "Backup of web-1",
      "nightly",
      "DATASTORE",
      "OFFLINE",
      "not mounted",
      "Check that its disk",
    ])
      expect(text, part).toContain(part);
    if (preset !== "standard" && preset !== "custom") {
      expect(text).toContain("FAILED");
      expect(text).toContain("2026");
      expect(text).toContain("https://backup.example:8007");
    }
  });

  test("standard is the message itself", () => expect(bodyOf("standard", single)).toEqual(single));

  test("Gotify gets its token as a header, at its address for messages, and how much it matters", () => {
    const settings = { url: "https://push.example/gotify/", preset: "gotify", token: "abc" } as const;
    const call = webhookCall(settings, single, options);
    expect([call.url.href, call.headers]).toEqual([
      "https://push.example/gotify/message",
      { "x-gotify-key": "abc" },
    ]);
    expect(JSON.parse(call.body)).toMatchObject({ priority: 8 });
  });

  test("ntfy gets JSON at its root, with the topic of the address", () => {
    const settings = { url: "https://ntfy.example/backups", preset: "ntfy", token: "tk_1" } as const;
    const call = webhookCall(settings, single, options);
    expect([call.url.href, call.headers]).toEqual([
      "https://ntfy.example/",
      { authorization: "Bearer tk_1" },
    ]);
    expect(JSON.parse(call.body)).toMatchObject({ topic: "backups", priority: 5, tags: ["rotating_light"] });
  });

  test("a resolved incident is green and says so", () => {
    const over = {
      ...single,
      severity: "info" as const,
      title: "Resolved: Backup of web-1 (job nightly) failed",
      entries: single.entries.map((entry) => ({
        ...entry,
        change: "resolved" as const,
        title: `Resolved: ${entry.title}`,
      })),
    };
    expect(JSON.stringify(bodyOf("teams", over))).toContain('"color":"Good"');
    expect(at(bodyOf("slack", over), "text")).toBe("[pbs1] RESOLVED Backup of web-1 (job nightly) failed");
  });
});

test("a template of one's own is JSON whatever the values hold, and a value is not read again", () => {
  const template = '{"t":"{{title}}","{{code}}":["{{ text }}"],"n":{{count}},"m":{{message}}}';
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), (title, text) => {
      const message = { ...manyFailures(1, { text }), title: `${title}{{code}}"\n\\` };
      const body: unknown = JSON.parse(filledBody(template, message));
      expect(body).toEqual({ t: message.title, DATASTORE_OFFLINE: [text], n: 1, m: message });
    }),
  );
});

test("samples are of the instant that is asked for", () => {
  expect(sampleMessage("test", SAMPLE).at).toBe(AT);
});
