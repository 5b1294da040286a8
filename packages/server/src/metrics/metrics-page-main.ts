/** Writes the table of metrics into docs/operating/metrics.md: `node packages/server/src/metrics/metrics-page-main.ts`. */

import { readFileSync, writeFileSync } from "node:fs";
import { withMetricTable } from "./metrics-page.ts";

const PAGE = new URL("../../../../docs/operating/metrics.md", import.meta.url);
writeFileSync(PAGE, withMetricTable(readFileSync(PAGE, "utf8")));
