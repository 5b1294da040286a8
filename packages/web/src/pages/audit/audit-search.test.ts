import { expect, test } from "vitest";
import { parseAuditSearch } from "./audit-search.ts";

test("an address keeps what is known of it and drops the rest", () => {
  expect(parseAuditSearch({ user: "eve@ibs", action: "login.failed", q: "10.0", page: 3 })).toEqual({
    user: "eve@ibs",
    action: "login.failed",
    q: "10.0",
  });
  expect(parseAuditSearch({ user: 7, action: "", q: null })).toEqual({});
});
