/**
 * The state store's history, oldest first. A step that shipped never changes; a new one is added below it, and one that
 * takes something away keeps the older server's start from understanding it wrongly: it refuses (STATE_TOO_NEW).
 */

import type { Migration } from "kysely/migration";
import { createAccessTables } from "./migrations/access-tables.ts";
import { addDamageIndex } from "./migrations/damage-index.ts";
import { createDoorTables } from "./migrations/door-tables.ts";
import { createFirstTables } from "./migrations/first-tables.ts";
import { createJobTables } from "./migrations/job-tables.ts";
import { createMeasureTables } from "./migrations/measure-tables.ts";
import { addQueueColumns } from "./migrations/queue-columns.ts";
import { addQueueOrder } from "./migrations/queue-order.ts";
import { addTaskHistory } from "./migrations/task-history.ts";
import type { TellProgress } from "./migrations/task-history.ts";
import { createNotificationTables } from "./migrations/notification-tables.ts";
import { createRetentionTables } from "./migrations/retention-tables.ts";
import { createWorkerTables } from "./migrations/worker-tables.ts";

/** @param tell  hears how far a long step is */
export const migrationsTelling = (tell: TellProgress): Readonly<Record<string, Migration>> => ({
  "0001-first-tables": { up: createFirstTables },
  "0002-queue-columns": { up: addQueueColumns },
  "0003-queue-order": { up: addQueueOrder },
  "0004-access-tables": { up: createAccessTables },
  "0005-task-history": { up: (database) => addTaskHistory(database, tell) },
  "0006-door-tables": { up: createDoorTables },
  "0007-worker-tables": { up: createWorkerTables },
  "0012-retention-tables": { up: createRetentionTables },
  "0016-measure-tables": { up: createMeasureTables },
  "0020-job-tables": { up: createJobTables },
  "0021-notification-tables": { up: createNotificationTables },
  "0026-damage-index": { up: addDamageIndex },
});
