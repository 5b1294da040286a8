/**
 * What every route of the API answers to everybody, asked about things of the project `mine`, its datastore, and the
 * platform. Compared with a real server by `route-access.test.ts`; a route that is missing here fails it.
 *
 * `outsiders` are nobody, an expired token, a revoked token, and the session of a disabled user. `foreign` administers
 * another project. `cookie` is an administrator's browser session without its CSRF token.
 */

/** Short for what is refused. */
const OUTCOMES: Readonly<Record<string, string>> = {
  "401": "401 UNAUTHENTICATED",
  "403": "403 FORBIDDEN",
  csrf: "403 CSRF_TOKEN_WRONG",
  "no-store": "404 DATASTORE_NOT_FOUND",
  "no-snap": "404 SNAPSHOT_MISSING",
  "no-group": "404 GROUP_MISSING",
  "no-task": "404 TASK_NOT_FOUND",
  "no-user": "404 USER_NOT_FOUND",
  "no-token": "404 TOKEN_NOT_FOUND",
  "no-proj": "404 PROJECT_NOT_FOUND",
  "no-grant": "404 GRANT_NOT_FOUND",
  "no-work": "404 WORKLOAD_NOT_FOUND",
  "no-job": "404 JOB_NOT_FOUND",
  "no-target": "404 TARGET_NOT_FOUND",
  "no-list": "404 NOTIFICATION_GROUP_NOT_FOUND",
  "no-rule": "404 RULE_NOT_FOUND",
  "no-notice": "404 NOTICE_NOT_FOUND",
  "no-sent": "404 DELIVERY_NOT_FOUND",
  "not-dead": "409 DELIVERY_NOT_DEAD",
};

// prettier-ignore
const TABLE = `
                                                           outsiders  foreign   reader    member    projAdmin auditor   operator  admin     cookie
GET /ping                                                  200        200       200       200       200       200       200       200       200
GET /health                                                200        200       200       200       200       200       200       200       200
GET /ready                                                 200        200       200       200       200       200       200       200       200
GET /openapi.json                                          200        200       200       200       200       200       200       200       200
GET /docs                                                  200        200       200       200       200       200       200       200       200
GET /status                                                401        403       403       403       403       200       200       200       200

POST /login                                                200        200       200       200       200       200       200       200       200
POST /logout                                               401        204       204       204       204       204       204       204       csrf
GET /whoami                                                401        200       200       200       200       200       200       200       200

GET /datastores                                            401        200       200       200       200       200       200       200       200
POST /datastores                                           401        403       403       403       403       403       403       201       csrf
GET /datastores/{datastore}                                401        no-store  200       200       200       200       200       200       200
PATCH /datastores/{datastore}                              401        403       403       403       403       403       403       200       csrf
DELETE /datastores/{datastore}                             401        403       403       403       403       403       403       204       csrf
POST /datastores/{datastore}/probe                         401        403       403       403       403       403       403       200       csrf
GET /datastores/{datastore}/measures                       401        no-store  200       200       200       200       200       200       200
GET /datastores/{datastore}/snapshots                      401        no-store  200       200       200       200       200       200       200
GET /datastores/{datastore}/snapshots/{snapshot}           401        no-store  no-snap   no-snap   no-snap   no-snap   no-snap   no-snap   no-snap
DELETE /datastores/{datastore}/snapshots/{snapshot}        401        no-store  403       403       no-snap   403       403       no-snap   csrf
GET /datastores/{datastore}/snapshots/{snapshot}/entries   401        no-store  no-snap   no-snap   no-snap   no-snap   no-snap   no-snap   no-snap
GET /datastores/{datastore}/snapshots/{snapshot}/changes   401        no-store  no-group  no-group  no-group  no-group  no-group  no-group  no-group
GET /datastores/{datastore}/snapshots/{snapshot}/download  401        no-store  403       no-snap   no-snap   403       no-snap   no-snap   no-snap
GET /datastores/{datastore}/chunk-uses                     401        no-store  200       200       200       200       200       200       200
GET /datastores/{datastore}/snapshots/{snapshot}/chunk-files 401      no-store  no-snap   no-snap   no-snap   no-snap   no-snap   no-snap   no-snap
PATCH /datastores/{datastore}/snapshots/{snapshot}         401        no-store  403       no-snap   no-snap   403       no-snap   no-snap   csrf
GET /datastores/{datastore}/namespaces                     401        no-store  200       200       200       200       200       200       200
POST /datastores/{datastore}/namespaces                    401        no-store  403       403       201       403       403       201       csrf
PATCH /datastores/{datastore}/namespaces/{namespace}       401        no-store  403       403       200       403       403       200       csrf
DELETE /datastores/{datastore}/namespaces/{namespace}      401        no-store  403       403       204       403       403       204       csrf
GET /datastores/{datastore}/groups                         401        no-store  200       200       200       200       200       200       200
PATCH /datastores/{datastore}/groups/{group}               401        no-store  403       no-group  no-group  403       no-group  no-group  csrf
GET /datastores/{datastore}/groups/{group}/space           401        no-store  no-group  no-group  no-group  no-group  no-group  no-group  no-group
POST /datastores/{datastore}/groups/{group}/owner          401        no-store  403       403       no-group  403       403       no-group  csrf
DELETE /datastores/{datastore}/groups/{group}              401        no-store  403       403       no-group  403       403       no-group  csrf
POST /prune-plans                                          401        no-store  200       200       200       200       200       200       csrf
POST /prune-simulations                                    401        200       200       200       200       200       200       200       csrf
POST /prunes                                               401        no-store  403       403       202       403       202       202       csrf
POST /garbage-collections                                  401        403       403       403       403       403       202       202       csrf

POST /backups                                              401        403       403       403       403       403       202       202       csrf
POST /restores                                             401        403       403       403       403       403       202       202       csrf
POST /verifications                                        401        no-store  403       202       202       403       202       202       csrf
POST /drills                                               401        no-store  403       202       202       403       202       202       csrf
GET /tasks                                                 401        200       200       200       200       200       200       200       200
GET /statistics                                            401        200       200       200       200       200       200       200       200
GET /task-counts                                           401        200       200       200       200       200       200       200       200
GET /tasks/{upid}                                          401        no-task   200       200       200       200       200       200       200
GET /tasks/{upid}/log                                      401        no-task   200       200       200       200       200       200       200
GET /tasks/{upid}/log.txt                                  401        no-task   200       200       200       200       200       200       200
POST /tasks/{upid}/cancel                                  401        no-task   403       202       202       403       202       202       csrf
PATCH /tasks/{upid}                                        401        no-task   403       200       200       403       200       200       csrf
POST /tasks/{upid}/retry                                   401        no-task   403       202       202       403       202       202       csrf
GET /events                                                401        200       200       200       200       200       200       200       200

GET /workloads                                             401        200       200       200       200       200       200       200       200
POST /workloads                                            401        403       403       403       403       403       201       201       csrf
GET /workloads/{workload}                                  401        no-work   200       200       200       200       200       200       200
PATCH /workloads/{workload}                                401        403       403       403       403       403       200       200       csrf
DELETE /workloads/{workload}                               401        no-work   403       403       204       403       204       204       csrf
POST /workloads/{workload}/check                           401        no-work   403       200       200       403       200       200       csrf
POST /workloads/{workload}/backups                         401        no-store  403       202       202       403       202       202       csrf
GET /jobs                                                  401        200       200       200       200       200       200       200       200
POST /jobs                                                 401        no-proj   403       403       201       403       201       201       csrf
GET /jobs/{job}                                            401        no-job    200       200       200       200       200       200       200
PATCH /jobs/{job}                                          401        no-job    403       403       200       403       200       200       csrf
DELETE /jobs/{job}                                         401        no-job    403       403       204       403       204       204       csrf
POST /jobs/{job}/run                                       401        no-job    403       202       202       403       202       202       csrf
GET /runs                                                  401        200       200       200       200       200       200       200       200
GET /calendar                                              401        200       200       200       200       200       200       200       200
GET /protection                                            401        200       200       200       200       200       200       200       200
POST /schedule-previews                                    401        200       200       200       200       200       200       200       csrf

GET /inbox                                                 401        200       200       200       200       200       200       200       200
GET /inbox-counts                                          401        200       200       200       200       200       200       200       200
POST /inbox-marks                                          401        200       200       200       200       200       200       200       csrf
GET /inbox/{notice}                                        401        no-notice 200       200       200       200       200       200       200
POST /inbox/{notice}/acknowledge                           401        no-notice 403       200       200       403       200       200       csrf
POST /inbox/{notice}/resolve                               401        no-notice 403       200       200       403       200       200       csrf
GET /notification-targets                                  401        200       403       200       200       200       200       200       200
POST /notification-targets                                 401        no-proj   403       403       201       403       201       201       csrf
GET /notification-targets/{target}                         401        no-target 403       200       200       200       200       200       200
PATCH /notification-targets/{target}                       401        no-target 403       403       200       403       200       200       csrf
DELETE /notification-targets/{target}                      401        no-target 403       403       204       403       204       204       csrf
POST /notification-targets/{target}/test                   401        no-target 403       403       200       403       200       200       csrf
POST /notification-target-previews                         401        200       200       200       200       200       200       200       csrf
GET /notification-groups                                   401        200       403       200       200       200       200       200       200
POST /notification-groups                                  401        no-proj   403       403       201       403       201       201       csrf
GET /notification-groups/{group}                           401        no-list   403       200       200       200       200       200       200
PATCH /notification-groups/{group}                         401        no-list   403       403       200       403       200       200       csrf
DELETE /notification-groups/{group}                        401        no-list   403       403       204       403       204       204       csrf
GET /notification-rules                                    401        200       403       200       200       200       200       200       200
POST /notification-rules                                   401        no-proj   403       403       201       403       201       201       csrf
GET /notification-rules/{rule}                             401        no-rule   403       200       200       200       200       200       200
PATCH /notification-rules/{rule}                           401        no-rule   403       403       200       403       200       200       csrf
DELETE /notification-rules/{rule}                          401        no-rule   403       403       204       403       204       204       csrf
POST /notification-rule-previews                           401        no-proj   403       403       200       403       200       200       csrf
GET /notification-deliveries                               401        200       403       200       200       200       200       200       200
GET /notification-deliveries/{delivery}                    401        no-sent   403       200       200       200       200       200       200
POST /notification-deliveries/{delivery}/resend            401        no-sent   403       403       not-dead  403       not-dead  not-dead  csrf

GET /workers                                               401        403       403       403       403       200       200       200       200
POST /workers/{worker}/drain                               401        403       403       403       403       403       200       200       csrf
POST /workers/{worker}/resume                              401        403       403       403       403       403       200       200       csrf
GET /scheduler                                             401        403       403       403       403       200       200       200       200
POST /scheduler/pause                                      401        403       403       403       403       403       200       200       csrf
POST /scheduler/resume                                     401        403       403       403       403       403       200       200       csrf

GET /users                                                 401        403       403       403       403       200       200       200       200
POST /users                                                401        403       403       403       403       403       403       201       csrf
GET /users/{user}                                          401        no-user   no-user   no-user   no-user   200       200       200       200
PATCH /users/{user}                                        401        no-user   no-user   no-user   no-user   403       403       200       csrf
DELETE /users/{user}                                       401        403       403       403       403       403       403       204       csrf
GET /tokens                                                401        200       200       200       200       200       200       200       200
POST /tokens                                               401        no-user   no-user   no-user   no-user   403       403       201       csrf
DELETE /tokens/{token}                                     401        no-token  no-token  no-token  no-token  403       403       204       csrf
GET /projects                                              401        200       200       200       200       200       200       200       200
POST /projects                                             401        403       403       403       403       403       403       201       csrf
GET /projects/{project}                                    401        no-proj   200       200       200       200       200       200       200
PATCH /projects/{project}                                  401        no-proj   403       403       200       403       403       200       csrf
DELETE /projects/{project}                                 401        403       403       403       403       403       403       204       csrf
GET /roles                                                 401        200       403       403       200       200       200       200       200
POST /roles                                                401        403       403       403       403       403       403       201       csrf
PATCH /roles/{role}                                        401        403       403       403       403       403       403       200       csrf
DELETE /roles/{role}                                       401        403       403       403       403       403       403       204       csrf
GET /grants                                                401        200       200       200       200       200       200       200       200
POST /grants                                               401        no-proj   403       403       201       403       403       201       csrf
DELETE /grants/{grant}                                     401        no-grant  no-grant  no-grant  204       403       403       204       csrf
GET /audit                                                 401        403       403       403       403       200       200       200       200
`;

const COLUMNS = [
  "outsiders",
  "foreign-member",
  "project-reader",
  "project-member",
  "project-admin",
  "platform-auditor",
  "platform-operator",
  "platform-administrator",
  "cookie-without-csrf",
] as const;
type Column = (typeof COLUMNS)[number];

/** `GET /tasks` → who → `200`, or `404 TASK_NOT_FOUND`. */
export const routeAccessTable: ReadonlyMap<string, Readonly<Record<Column, string>>> = new Map(
  TABLE.trim().split("\n").slice(1).flatMap(readRow),
);

function readRow(line: string): [string, Readonly<Record<Column, string>>][] {
  const [method, path, ...outcomes] = line.trim().split(/ +/);
  if (path === undefined) return [];
  if (outcomes.length !== COLUMNS.length) throw new Error(`a row of ${COLUMNS.length} outcomes: ${line}`);
  const entries = COLUMNS.map((column, at) => {
    const short = outcomes[at] ?? "";
    return [column, OUTCOMES[short] ?? short] as const;
  });
  return [[`${method} ${path}`, Object.fromEntries(entries) as Readonly<Record<Column, string>>]]; // One for each column.
}
