import { expect, test } from "vitest";
import { notReachable, reachStageOf } from "./reach-table.ts";

const DNS = [
  'pg_dump: error: could not translate host name "db.invalid" to address: Name or service not known',
  "mysqldump: Got error: 2005: Unknown MySQL server host 'db.invalid' (-2) when trying to connect",
  "mariadb-dump: Got error: 2005: \"Unknown server host 'db.invalid' (-2)\" when trying to connect",
  "ssh: Could not resolve hostname db.invalid: Name or service not known",
  "curl: (6) Could not resolve host: db.invalid",
  'psql: error: could not translate host name "x" to address: Temporary failure in name resolution',
];
const CONNECTION = [
  'pg_dump: error: connection to server at "127.0.0.1", port 1 failed: Connection refused',
  'psql: error: connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed: No such file or directory',
  'pg_dump: error: connection to server at "10.0.0.1", port 5432 failed: timeout expired',
  "mysqldump: Got error: 2003: Can't connect to MySQL server on '127.0.0.1:1' (111) when trying to connect",
  "mysqldump: Got error: 2002: \"Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)\" when trying to connect",
  "ssh: connect to host 127.0.0.1 port 1: Connection refused",
  "ssh: connect to host 10.0.0.1 port 22: Connection timed out",
  "kex_exchange_identification: Connection closed by remote host",
  "curl: (7) Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server",
  "curl: (28) Connection timed out after 5001 milliseconds",
];
const AUTHENTICATION = [
  'pg_dump: error: connection to server at "127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "shop"',
  'psql: error: connection to server on socket "/run/x" failed: FATAL:  Peer authentication failed for user "shop"',
  'psql: error: connection to server at "127.0.0.1", port 5432 failed: fe_sendauth: no password supplied',
  'psql: error: connection to server at "10.0.0.1", port 5432 failed: FATAL:  no pg_hba.conf entry for host "10.0.0.2"',
  'psql: error: connection to server on socket "/run/x" failed: FATAL:  role "shop" does not exist',
  "mysqldump: Got error: 1045: \"Access denied for user 'shop'@'localhost' (using password: YES)\" when trying to connect",
  "backup@db: Permission denied (publickey,password).",
  "Host key verification failed.",
  "curl: (22) The requested URL returned error: 401",
  "curl: (67) Access denied: 530",
];
const NEITHER = [
  'pg_dump: error: connection to server on socket "/run/x" failed: FATAL:  database "shop" does not exist',
  "pg_dump: error: query failed: ERROR:  permission denied for table orders",
  "mysqldump: Got error: 1049: \"Unknown database 'shop'\" when selecting the database",
  "cat: /srv/x: Permission denied",
  "curl: (22) The requested URL returned error: 404",
  "tar: /srv/host key: Cannot stat: No such file or directory",
  "gzip: stdout: No space left on device",
];

test.each(DNS)("an unknown name: %s", (line) => {
  expect(reachStageOf(["starting", line])).toEqual({ stage: "dns", line });
});

test.each(CONNECTION)("nobody answers: %s", (line) => {
  expect(reachStageOf([line, "lost"])).toEqual({ stage: "connection", line });
});

test.each(AUTHENTICATION)("nobody is let in: %s", (line) => {
  expect(reachStageOf([line])).toEqual({ stage: "authentication", line });
});

test.each(NEITHER)("a failure of the work itself: %s", (line) => {
  expect(reachStageOf([line])).toBeUndefined();
});

test("each stage has a remedy of its own, and a refused user is not tried again by itself", () => {
  const context = { path: "pg_dump", reason: "x", archive: "db.dump" };
  const errors = (["dns", "connection", "authentication"] as const).map((stage) =>
    notReachable(context, stage),
  );
  expect(new Set(errors.map((error) => error.remedy)).size).toBe(3);
  expect(errors.map((error) => [error.code, error.context["stage"], error.retry])).toEqual([
    ["SOURCE_NOT_REACHABLE", "dns", "later"],
    ["SOURCE_NOT_REACHABLE", "connection", "later"],
    ["SOURCE_NOT_REACHABLE", "authentication", "never"],
  ]);
});
