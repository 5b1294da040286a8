import { expect, test } from "vitest";
import { EMPTY_TARGET, formOfTarget, isTargetComplete, targetCreation, targetUpdate } from "./target-form.ts";

const mail = {
  ...EMPTY_TARGET,
  name: "mail",
  host: "mail.example",
  port: "2525",
  from: "a@b.example",
  to: "c@d.example, e@f.example\ng@h.example",
  password: "secret",
  username: "me",
};

test("a new target says what its kind has and nothing else", () => {
  expect(targetCreation({ ...mail, url: "https://left.over" })).toEqual({
    name: "mail",
    kind: "smtp",
    host: "mail.example",
    port: 2525,
    from: "a@b.example",
    to: ["c@d.example", "e@f.example", "g@h.example"],
    username: "me",
    password: "secret",
  });
  const hook = {
    ...EMPTY_TARGET,
    name: "hook",
    kind: "webhook",
    url: "https://x",
    allowPrivate: true,
  } as const;
  expect(targetCreation(hook)).toEqual({
    name: "hook",
    kind: "webhook",
    url: "https://x",
    allowPrivate: true,
  });
});

test("a change takes away what was emptied, and leaves secrets that nobody typed", () => {
  const known = formOfTarget({
    name: "mail",
    kind: "smtp",
    enabled: true,
    host: "mail.example",
    from: "a@b.example",
    to: ["c@d.example"],
    username: "me",
    comment: "ours",
    secrets: ["password"],
    createdAt: 0,
    changedAt: 0,
    waitingCount: 0,
    deadCount: 0,
  });
  const update = targetUpdate({ ...known, username: "", comment: "" });
  expect(update).toMatchObject({ username: null, comment: null, host: "mail.example", enabled: true });
  expect(update).not.toHaveProperty("password");
  expect(targetUpdate({ ...known, password: "new" })).toMatchObject({ password: "new" });
});

test("headers are lines of names and values, and are left as they are when nothing was typed", () => {
  const hook = { ...EMPTY_TARGET, name: "hook", kind: "webhook", url: "https://x" } as const;
  const headers = "X-Key: a:b\n\nAuthorization: Bearer 1\n";
  expect(targetCreation({ ...hook, headers })).toMatchObject({
    headers: { "X-Key": "a:b", Authorization: "Bearer 1" },
  });
  expect(targetUpdate(hook)).not.toHaveProperty("headers");
});

test("it is complete when the kind has what it needs", () => {
  expect(isTargetComplete(mail, true)).toBe(true);
  expect(isTargetComplete({ ...mail, to: " , " }, true)).toBe(false);
  const hook = { ...EMPTY_TARGET, name: "hook", kind: "webhook" as const };
  expect(isTargetComplete(hook, true)).toBe(false);
  // Its address is known to the server, and not shown.
  expect(isTargetComplete(hook, false)).toBe(true);
});
