import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { defaultParseSearch, defaultStringifySearch } from "@tanstack/react-router";
import { TASK_STATES, TASK_TYPES } from "@ironcore-backup/protocol/calls";
import { filterQuery, parseTaskSearch, toggleWord, viewKey, viewOf } from "./task-search.ts";
import { RANGE_PRESETS } from "./time-range.ts";

const words = (list: readonly string[]) =>
  fc.subarray([...list], { minLength: 1 }).map((chosen) => chosen.join(","));
const second = fc.integer({ min: 0, max: 4_000_000_000 }).map((s) => new Date(s * 1000).toISOString());
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom("123", "true", "null", "1e3", "a&b=c", "ü €"),
);

/** Anything that an address may say, right and wrong. */
const raw = fc.record(
  {
    type: fc.oneof(words(TASK_TYPES), text),
    state: fc.oneof(words(TASK_STATES), text),
    range: fc.oneof(fc.constantFrom(...RANGE_PRESETS), text),
    since: fc.oneof(second, text),
    until: second,
    user: text,
    project: text,
    datastore: text,
    job: text,
    workload: text,
    text,
    parent: text,
    sort: fc.oneof(fc.constantFrom("queued", "ended", "duration", "bytes"), text),
    order: fc.constantFrom("ascending", "descending"),
    cursor: text,
    page: fc.oneof(fc.integer(), text),
    show: fc.oneof(fc.constantFrom("log", "overview"), text),
    full: fc.oneof(fc.boolean(), text),
    line: fc.oneof(fc.integer(), fc.double()),
    level: fc.oneof(fc.constantFrom("error", "debug", "info"), text),
    stage: text,
    find: text,
    only: fc.boolean(),
    stranger: text,
  },
  { requiredKeys: [] },
);

describe("the Task Browser's address", () => {
  test("what was read from one address makes an address that reads the same", () => {
    fc.assert(
      fc.property(raw, (given) => {
        const search = parseTaskSearch(given);
        expect(parseTaskSearch(defaultParseSearch(defaultStringifySearch(search)))).toEqual(search);
        expect(search).not.toHaveProperty("stranger");
      }),
    );
  });

  test("words come in one order, whichever they were chosen in, so that one view has one address", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...TASK_STATES], { minLength: 1, maxLength: 5 }), (chosen) => {
        const toggled = chosen.reduce<string | undefined>(
          (list, state) => toggleWord(TASK_STATES, list, state),
          undefined,
        );
        const inOrder = TASK_STATES.filter((state) => chosen.includes(state)).join(",");
        expect(toggled).toBe(inOrder);
        expect(viewKey({ state: chosen.join(",") })).toBe(viewKey({ state: inOrder }));
      }),
    );
  });

  test("any value is read without harm", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("type", "page", "since", "line", "full"), fc.anything()),
        (given) => {
          const search = parseTaskSearch(given);
          expect(parseTaskSearch({ ...search })).toEqual(search);
        },
      ),
    );
  });

  test("where one is in a view is no part of it", () => {
    const search = parseTaskSearch({ state: "failed", cursor: "x", page: 3, line: 7, full: true });
    expect(viewOf(search)).toEqual({ state: "failed" });
    expect(viewKey(search)).toBe(viewKey({ state: "failed" }));
  });

  test("a page without its cursor, and a preset beside fixed instants, are dropped", () => {
    expect(parseTaskSearch({ page: 3 })).toEqual({});
    expect(parseTaskSearch({ range: "24h", since: "2026-01-02T03:04:05.678Z" })).toEqual({
      since: "2026-01-02T03:04:05Z",
    });
  });
});

describe("what the server is asked", () => {
  test("a preset begins at a whole minute, so that the pages of one look ask the same", () => {
    const at = Date.parse("2026-11-23T06:12:34.567Z");
    expect(filterQuery({ range: "24h", state: "failed" }, at)).toEqual({
      state: "failed",
      since: Date.parse("2026-11-22T06:12:00Z"),
    });
  });

  test("the last second of a fixed range is in it to its end", () => {
    expect(filterQuery({ until: "2026-11-23T06:00:00Z", sort: "ended" }, 0)).toEqual({
      until: Date.parse("2026-11-23T06:00:00.999Z"),
    });
  });
});
