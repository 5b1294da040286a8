import { defineConfig } from "vitest/config";

// The whole system from outside: real server, real disk, real processes that get killed.
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    setupFiles: ["./tools/src/test-seed.ts"],
    reporters: ["default", "./tools/src/count-reporter.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    pool: "forks",
  },
});
