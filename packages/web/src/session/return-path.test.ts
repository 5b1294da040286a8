import { expect, test } from "vitest";
import { readReturnPath } from "./return-path.ts";

test.each(["/tasks", "/tasks/UPID%3Aa?state=failed&x=1#l3", "/"])("%s is gone back to", (path) => {
  expect(readReturnPath(path)).toBe(path);
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "https://evil.example",
  "tasks",
  "javascript:alert(1)",
  "",
  3,
  undefined,
  "/sign-in",
  "/sign-in?to=/x",
  `/${"x".repeat(9000)}`,
])("%s leads to the first page instead", (path) => {
  expect(readReturnPath(path)).toBe("/");
});
