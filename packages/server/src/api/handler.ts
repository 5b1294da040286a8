/** The shape of a handler: it gets a checked request of a known caller and returns what the route's schema says. */

import type { Static, TSchema } from "typebox";
import type { RouteName, routes } from "@ironcore-backup/protocol";
import type { Access, Caller } from "../access/access.ts";
import type { Datastores } from "../datastores/datastores.ts";
import type { Downloads } from "../datastores/downloads.ts";
import type { Places } from "../datastores/places.ts";
import type { Retentions } from "../datastores/retentions.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Workloads } from "../jobs/workloads.ts";
import type { Notifications } from "../notifications/notifications.ts";
import type { EventStream } from "../tasks/event-stream.ts";
import type { RunStatisticsRoom } from "../tasks/run-statistics.ts";
import type { TaskHistory } from "../tasks/task-history.ts";
import type { Tasks } from "../tasks/tasks.ts";
import type { Scheduler } from "../workers/scheduler.ts";
import type { Workers } from "../workers/workers.ts";
import type { HealthWatch } from "./health.ts";
import type { RequestParts } from "./request-check.ts";

/** What handlers reach. */
export interface ApiNeeds {
  readonly access: Access;
  readonly tasks: Tasks;
  readonly history: TaskHistory;
  readonly datastores: Datastores;
  readonly places: Places;
  readonly retentions: Retentions;
  readonly downloads: Downloads;
  readonly statistics: RunStatisticsRoom;
  readonly events: EventStream;
  readonly workers: Workers;
  readonly workloads: Workloads;
  readonly jobs: Jobs;
  readonly notifications: Notifications;
  readonly scheduler: Scheduler;
  readonly health: HealthWatch;
  readonly serverFacts: {
    readonly version: string;
    /** Host name; what a backup without an id is called. */
    readonly node: string;
    readonly startedAt: number;
    readonly fingerprint: string;
    /** Where drills restore to. */
    readonly scratchPath: string;
  };
}

type StaticOf<Row, Part extends string> = Row extends { readonly [P in Part]: infer Schema extends TSchema }
  ? Static<Schema>
  : undefined;

interface Request<Row> {
  /** Of an open route only when the request proves one. */
  readonly caller: Row extends { readonly authenticated: false } ? Caller | undefined : Caller;
  readonly params: StaticOf<Row, "params">;
  readonly query: StaticOf<Row, "query">;
  readonly body: StaticOf<Row, "body">;
  /** Where the request came from. */
  readonly address: string;
  /** As in the answer's `x-request-id` and in every log line about it. */
  readonly requestId: string;
  /** Of the answer, for what is not in its body: a session's cookie. */
  readonly setHeader: SetHeader;
  /** For the audit log's entry of this request, what only the handler knows. Never a secret. */
  readonly noteForAudit: NoteForAudit;
}

type NoteForAudit = (values: Readonly<Record<string, string | number | boolean>>) => void;
type SetHeader = (name: "set-cookie" | "clear-site-data", value: string) => void;

type Handler<Row extends { readonly response: TSchema }> = (
  needs: ApiNeeds,
  request: Request<Row>,
) => Promise<Static<Row["response"]>>;

/** Every route has one; a route without does not compile. */
export type Handlers = { readonly [Name in RouteName]: Handler<(typeof routes)[Name]> };

/** The handlers of some routes, each checked against its row of the table. */
export type SomeHandlers<Names extends RouteName> = Pick<Handlers, Names>;

/** Any of them, where all rows are treated alike. */
export type AnyHandler = (
  needs: ApiNeeds,
  request: RequestParts & {
    readonly caller: Caller | undefined;
    readonly address: string;
    readonly requestId: string;
    readonly setHeader: SetHeader;
    readonly noteForAudit: NoteForAudit;
  },
) => Promise<unknown>;
