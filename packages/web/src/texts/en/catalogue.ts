/** The original: every text of the dashboard, by page. `_one` and `_other` are the forms that go with a `count`. */

import { access } from "./access.ts";
import { audit } from "./audit.ts";
import { calendar } from "./calendar.ts";
import { common } from "./everyday-words.ts";
import { dashboard } from "./dashboard.ts";
import { datastores } from "./datastores.ts";
import { jobs } from "./jobs.ts";
import { notifications } from "./notifications.ts";
import { parts } from "./parts.ts";
import { pruneSimulator } from "./prune-simulator.ts";
import { settings } from "./settings.ts";
import { shell } from "./shell.ts";
import { signIn } from "./sign-in.ts";
import { snapshots } from "./snapshots.ts";
import { statistics } from "./statistics.ts";
import { taskDetail } from "./task-detail.ts";
import { taskLog } from "./task-log.ts";
import { tasks } from "./tasks.ts";
import { workers } from "./workers.ts";
import { workloads } from "./workloads.ts";

export const en = {
  common,
  shell,
  parts,
  access,
  audit,
  calendar,
  dashboard,
  datastores,
  jobs,
  notifications,
  pruneSimulator,
  settings,
  signIn,
  snapshots,
  statistics,
  tasks,
  taskDetail,
  taskLog,
  workers,
  workloads,
} as const;
