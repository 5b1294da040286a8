import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Check } from "typebox/value";
import { messageJsonSchema } from "./message-schema.ts";
import { sampleMessage } from "./sample-message.ts";
import { manyFailures, SAMPLE } from "./senders.testing.ts";

const PAGE = new URL("../../../../docs/api/notification-message.schema.json", import.meta.url);
const written = JSON.parse(readFileSync(PAGE, "utf8")) as object;

test("docs/api/notification-message.schema.json is this one; after a change run `node packages/server/src/openapi-main.ts`", () =>
  expect(written).toEqual(messageJsonSchema()));

test("what is sent fits it, and so does a message of tomorrow; what is none does not", () => {
  const single = sampleMessage("single", SAMPLE);
  for (const message of [single, sampleMessage("test", SAMPLE), manyFailures(300)])
    expect(Check(written, message)).toBe(true);
  const [entry] = single.entries;
  const entries = [{ ...entry, event: "moon.full", phase: 1 }];
  expect(Check(written, { ...single, colour: "red", entries })).toBe(true);
  expect(Check(written, { ...single, version: 2 })).toBe(false);
  expect(Check(written, { ...single, severity: "fatal" })).toBe(false);
  const { title: _title, ...untitled } = single;
  expect(Check(written, untitled)).toBe(false);
});
