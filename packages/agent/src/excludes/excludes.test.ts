import { expect, test } from "vitest";
import { Exclusion } from "./exclusion.ts";
import { createPatternSet } from "./pattern-set.ts";
import { byteStringOf } from "../byte-string.ts";

test("leaves out what git would leave out", () => {
  const set = createPatternSet(["*.log", "!keep.log", "/build", "cache/", "a/**/z"]);
  expect(set.ask("x/y.log", false)).toBe("excluded");
  expect(set.ask("x/keep.log", false)).toBe("kept");
  expect(set.ask("build", true)).toBe("excluded");
  expect(set.ask("x/build", true)).toBe("no-match");
  expect(set.ask("cache", false)).toBe("no-match");
  expect(set.ask("x/cache", true)).toBe("excluded");
  expect(set.ask("a/b/c/z", false)).toBe("excluded");
  expect(set.ask("A.LOG", false)).toBe("no-match");
});

test("matches names byte by byte, whether they are UTF-8 or not", () => {
  const set = createPatternSet(["caf\u00e9", "data-??", "*.bin"]);
  expect(set.ask(byteStringOf("caf\u00e9"), false)).toBe("excluded");
  expect(set.ask("caf\xe9", false)).toBe("no-match");
  expect(set.ask("data-\xff\xfe", false)).toBe("excluded");
  expect(set.ask("\x80\xff.bin", false)).toBe("excluded");
});

test("gives the same answers after its memory was dropped", () => {
  const set = createPatternSet(["*.o", "!main.o", "deep/**"]);
  for (let index = 0; index < 10_000; index++) {
    expect(set.ask(`f${index}.o`, false)).toBe("excluded");
    expect(set.ask(`f${index}.c`, false)).toBe("no-match");
  }
  expect(set.ask("main.o", false)).toBe("kept");
});

test("refuses a pattern that cannot be meant, naming it", () => {
  expect(() => createPatternSet([" "])).toThrow('The pattern " " cannot be used');
  expect(() => createPatternSet(["a\0b"])).toThrow("NUL");
});

test("lets the nearest exclude file speak first, and the plan before all of them", () => {
  const exclusion = new Exclusion(createPatternSet(["secret"]));
  const leaveRoot = exclusion.enter("", "*.tmp\n/only-here\n# a comment\n!secret\n", () => undefined);
  const leaveSub = exclusion.enter("sub", "!important.tmp\r\nlocal/\r\n", () => undefined);
  expect(exclusion.excludes("sub/x.tmp", false)).toBe(true);
  expect(exclusion.excludes("sub/important.tmp", false)).toBe(false);
  expect(exclusion.excludes("sub/local", true)).toBe(true);
  expect(exclusion.excludes("sub/only-here", false)).toBe(false);
  expect(exclusion.excludes("only-here", false)).toBe(true);
  expect(exclusion.excludes("sub/secret", false)).toBe(true);
  leaveSub();
  expect(exclusion.excludes("sub/important.tmp", false)).toBe(true);
  expect(exclusion.excludes("local", true)).toBe(false);
  leaveRoot();
  expect(exclusion.excludes("x.tmp", false)).toBe(false);
});

test("skips a line that cannot be a pattern and tells of it", () => {
  const invalid: string[] = [];
  const exclusion = new Exclusion(undefined);
  exclusion.enter("", "good\nba\0d\n", (line) => invalid.push(line));
  expect(invalid).toEqual(["ba\0d"]);
  expect(exclusion.excludes("good", false)).toBe(true);
});
