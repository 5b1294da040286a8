/** What can be allowed, and which role allows it. The only place that joins the two. */

export const PRIVILEGES = [
  "status.read",
  "datastore.read",
  "datastore.change",
  "snapshot.read",
  "snapshot.forget",
  "task.read",
  "task.start",
  "task.cancel",
  "session.own",
] as const;
export type Privilege = (typeof PRIVILEGES)[number];

export type Role = "administrator";

const ROLE_PRIVILEGES: Readonly<Record<Role, ReadonlySet<Privilege>>> = {
  administrator: new Set(PRIVILEGES),
};

export function mayDo(role: Role, privilege: Privilege): boolean {
  return ROLE_PRIVILEGES[role].has(privilege);
}
