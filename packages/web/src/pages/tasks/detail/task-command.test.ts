import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import fc from "fast-check";
import { quoteForShell, taskCommands } from "./task-command.ts";

test("a real shell reads any quoted word as it is", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "'", "\\", "x3a", "!", "$", " ", "@", '"', "`") }), {
        minLength: 5,
      }),
      (words) => {
        const line = words.map((word) => `printf '%s\\n' ${quoteForShell(word)}`).join("\n");
        expect(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" })).toBe(`${words.join("\n")}\n`);
      },
    ),
    { numRuns: 20 },
  );
});

test("a task that runs is followed and can be cancelled, one that failed is read and repeated once", () => {
  const upid = String.raw`UPID:a:0:0:0:0:backup:main\x3ahost:admin@ibs:`;
  expect(taskCommands({ upid, state: "running" })).toContain(`ironcore-backup task log '${upid}' --follow`);
  expect(taskCommands({ upid, state: "running" }).join()).toContain("cancel");
  expect(taskCommands({ upid, state: "failed" })).toContain(`ironcore-backup task retry '${upid}'`);
  expect(taskCommands({ upid, state: "failed", retriedBy: "UPID:b" }).join()).not.toContain("retry");
});
