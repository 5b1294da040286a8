/** `node tools/src/web-build-main.ts`: builds the dashboard where that is needed. Part of `npm start`. */

import { CHECKOUT } from "./repository.ts";
import { buildWeb } from "./web-build.ts";

try {
  const startedMs = performance.now();
  const { outcome } = buildWeb(CHECKOUT);
  if (outcome === "built") {
    console.error(`Built the dashboard in ${((performance.now() - startedMs) / 1000).toFixed(1)} s.`);
  }
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : String(thrown));
  process.exitCode = 1;
}
