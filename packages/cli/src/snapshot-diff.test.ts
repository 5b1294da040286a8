import { expect, test } from "vitest";
import { run } from "./command-run.testing.ts";
import { nameIn } from "./commands/snapshot-download-command.ts";

const NEWEST = "acme/host/web/2026-11-02T02:00:00Z";
const files = [
  { name: "etc.mpxar.didx", sizeBytes: 1, cryptMode: "none" },
  { name: "etc.ppxar.didx", sizeBytes: 1, cryptMode: "none" },
];
const getSnapshot = () => ({ snapshot: { snapshot: NEWEST, files }, verifications: [] });

test("a comparison is asked page by page, of one settled snapshot, and told line by line with its sum", async () => {
  const about = { before: "acme/host/web/2026-11-01T02:00:00Z", after: NEWEST, archive: "etc" };
  const { out, calls } = await run(
    ["snapshot", "diff", "main:acme/host/web/latest", "2026-11-01T02:00:00Z"],
    {
      answers: {
        getSnapshot,
        compareSnapshots: ({ query }) =>
          // The test gives what the route takes.
          (query as { cursor?: string }).cursor === undefined
            ? {
                ...about,
                changes: [{ path: "/a\u001b[2J", change: "added", kind: "file", sizeAfter: 2048 }],
                nextCursor: "c1",
              }
            : {
                ...about,
                changes: [
                  {
                    path: "/b",
                    change: "changed",
                    kind: "file",
                    sizeBefore: 4096,
                    sizeAfter: 1024,
                    parts: ["content", "time"],
                  },
                  { path: "/c", change: "removed", kind: "directory" },
                ],
              },
      },
    },
  );
  expect(calls.slice(1).map(({ input }) => input)).toEqual(
    [{}, { cursor: "c1" }].map((more) => ({
      params: { datastore: "main", snapshot: NEWEST },
      query: { archive: "etc", since: "acme/host/web/2026-11-01T02:00:00Z", limit: 5000, ...more },
    })),
  );
  const lines = out.split("\n");
  expect(lines[0]).toBe(`etc: ${about.before} → ${NEWEST}`);
  expect(lines[1]).toMatch(/^\+ +2\.00 KiB {2}\/a/);
  expect(out).not.toContain("\u001b[2J");
  expect(lines[2]).toMatch(/^~ +-3\.00 KiB {2}\/b {2}\(content, time\)$/);
  expect(lines[3]).toMatch(/^- +\/c\/$/);
  expect(lines[4]).toBe("1 path added, 1 removed, 1 changed");
});

test.each([
  [undefined, "download"],
  [`attachment; filename="a"; filename*=UTF-8''gr%C3%BC%C3%9Fe.zip`, "grüße.zip"],
  [`attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd`, "passwd"],
  [`attachment; filename*=UTF-8''..`, "download"],
])("a name that the server gives stays in its directory: %s", (header, name) => {
  expect(nameIn(header)).toBe(name);
});
