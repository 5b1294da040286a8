import { defineConfig } from "vitest/config";

// Unit, property, golden and contract tests: no servers, no browsers.
export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.{ts,tsx}", "tools/src/**/*.test.ts", "benchmarks/src/**/*.test.ts"],
    setupFiles: ["./tools/src/test-seed.ts"],
    reporters: ["default", "./tools/src/count-reporter.ts"],
    testTimeout: 60_000,
    pool: "forks",
  },
});
