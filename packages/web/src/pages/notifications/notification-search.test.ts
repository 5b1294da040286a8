import { expect, test } from "vitest";
import { inboxQueryOf, parseDeliverySearch, parseInboxSearch } from "./notification-search.ts";

test("an address keeps what is known of it and drops the rest", () => {
  expect(parseInboxSearch({ notice: 12, which: "open", severity: "error", q: "web", x: 1 })).toEqual({
    notice: 12,
    which: "open",
    severity: "error",
    q: "web",
  });
  expect(parseInboxSearch({ notice: "12" })).toEqual({ notice: 12 });
  expect(parseInboxSearch({ notice: "-1", which: "all", severity: "info", q: "" })).toEqual({});
  expect(parseDeliverySearch({ target: "mail", state: "dead" })).toEqual({ target: "mail", state: "dead" });
  expect(parseDeliverySearch({ target: 1, state: "lost" })).toEqual({});
});

test("it becomes the question to the server", () => {
  expect(inboxQueryOf({ which: "unread", severity: "warning", q: "a", notice: 3 })).toEqual({
    unread: true,
    severityMin: "warning",
    text: "a",
  });
  expect(inboxQueryOf({ which: "open" })).toEqual({ state: "open" });
});
