import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { commandWords } from "./command-words.ts";
import { commandOptionsOf } from "./command-options.ts";

test.each([
  ["pg_dump -Fc shop", ["pg_dump", "-Fc", "shop"]],
  ["  mysqldump   --where='a = 1'  shop ", ["mysqldump", "--where=a = 1", "shop"]],
  ['ssh db "pg_dump -Fc \\"my shop\\""', ["ssh", "db", 'pg_dump -Fc "my shop"']],
  ["a '' \"\" b", ["a", "", "", "b"]],
  ["a\\ b 'it'\\''s'", ["a b", "it's"]],
  [
    "sh -c 'pg_dump shop | gzip > /dev/stdout; echo $HOME'",
    ["sh", "-c", "pg_dump shop | gzip > /dev/stdout; echo $HOME"],
  ],
  ["grep -E 'x$' a$", ["grep", "-E", "x$", "a$"]],
])("%s", (text, words) => {
  expect(commandWords(text)).toEqual(words);
});

test.each([
  "pg_dump shop | gzip",
  "pg_dump shop > file",
  "a; b",
  "a && b",
  "echo $HOME",
  'echo "$HOME"',
  "echo `id`",
  "echo $(id)",
])("what only a shell can do is refused with the way to get one: %s", (text) => {
  expect(() => commandWords(text)).toThrow("sh -c");
});

test.each(["", "   ", "a 'b", 'a "b', "a \\"])("a text that cannot be taken apart is refused: %j", (text) => {
  expect(() => commandWords(text)).toThrow("the command");
});

test("whatever is taken is what a shell makes of it", () => {
  const piece = fc.constantFrom(
    "a",
    "b c",
    "'",
    '"',
    "\\",
    " ",
    "x=1",
    "''",
    '""',
    "\\'",
    '\\"',
    "-",
    ".",
    "%",
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const text = pieces.join("");
      let words: string[];
      try {
        words = commandWords(text);
      } catch {
        return;
      }
      const script = `printf '%s\\0' ${text}`;
      const said = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
      expect(said).toEqual(words);
    }),
    { numRuns: 60 },
  );
});

test("a source is a name and a command; secrets come from the caller's environment and not from what is typed", () => {
  const env = { PGPASSWORD: "correct horse" };
  const options = {
    command: ['db.dump=pg_dump -Fc "a=b"'],
    commandEnv: ["PGPASSWORD"],
    commandTimeout: 60,
    preCommand: "fsfreeze -f /srv",
  };
  expect(commandOptionsOf(env, options)).toEqual({
    commands: [{ archive: "db.dump", argv: ["pg_dump", "-Fc", "a=b"], environment: env, timeoutSeconds: 60 }],
    preCommand: { argv: ["fsfreeze", "-f", "/srv"], environment: env },
  });
  expect(() => commandOptionsOf({}, options)).toThrow("PGPASSWORD");
  expect(() => commandOptionsOf(env, { command: ["pg_dump shop"] })).toThrow("NAME=");
});
