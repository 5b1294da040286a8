/**
 * The one place that decides who may do what. Pure functions over grants: nothing is allowed until a grant covers it.
 *
 * A grant gives the privileges of its role on a scope. Scopes contain each other:
 *
 *   platform ⊃ project P ⊃ the tasks of P
 *   platform ⊃ datastore D ⊃ namespace D:a ⊃ namespace D:a/b ⊃ the tasks that work there
 *
 * A project contains no datastore: what lies in a datastore is opened by a grant on it or on a namespace, so a project's
 * members meet only where somebody let them. A token has what its own grants and those of its owner have in common,
 * worked out anew for each request. More grants never allow less.
 *
 * What somebody may not know of does not exist for them: it is refused with the words for what is not there.
 */

import type { Privilege, Scope } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import type { TaskPlace, TaskVisibility } from "../state/task-visibility.ts";

export interface Right {
  readonly role: string;
  readonly scope: Scope;
  readonly privileges: ReadonlySet<Privilege>;
}
export type Rights = readonly Right[];

export type Resource =
  | { readonly kind: "platform" }
  | { readonly kind: "project"; readonly project: string }
  | { readonly kind: "datastore"; readonly datastore: string }
  | { readonly kind: "namespace"; readonly datastore: string; readonly namespace: string }
  | { readonly kind: "task"; readonly task: TaskPlace & { readonly upid: string } };

/** Whose rights, as far as a refusal names them. */
export interface Holder {
  readonly authId: string;
  readonly rights: Rights;
}

export const PLATFORM: Resource = { kind: "platform" };

export function mayDo(rights: Rights, privilege: Privilege, resource: Resource): boolean {
  return rights.some((right) => right.privileges.has(privilege) && isCovered(right.scope, resource));
}

/** @throws FORBIDDEN for what the holder may know of, otherwise as for something that does not exist */
export function assertMay(holder: Holder, privilege: Privilege, resource: Resource): void {
  if (mayDo(holder.rights, privilege, resource)) return;
  if (resource.kind === "platform" || isKnown(holder.rights, resource))
    throw serverErrors.FORBIDDEN({ authId: holder.authId, privilege });
  throw notFound(resource);
}

/** Whether there is any place at all where the holder may do this. */
export function maySomewhere(rights: Rights, privilege: Privilege): boolean {
  return rights.some((right) => right.privileges.has(privilege));
}

/** Whether the holder may do this on the datastore or on any namespace in it. */
export function mayWithin(rights: Rights, privilege: Privilege, datastore: string): boolean {
  const whole = datastoreScope(datastore);
  return rights.some(
    ({ privileges, scope }) =>
      privileges.has(privilege) && (contains(scope, whole) || contains(whole, scope)),
  );
}

/** What a token may: what its grants and its owner's have in common, at the narrower of both scopes. */
export function commonRights(token: Rights, owner: Rights): Rights {
  return token.flatMap((own) =>
    owner.flatMap((above) => {
      const scope = narrower(own.scope, above.scope);
      const privileges = own.privileges.intersection(above.privileges);
      return scope === undefined || privileges.size === 0 ? [] : [{ role: own.role, scope, privileges }];
    }),
  );
}

/** Whether the holder has every one of these privileges on the whole scope: nobody gives what they do not have. */
export function hasAll(rights: Rights, privileges: Iterable<Privilege>, scope: Scope): boolean {
  return [...privileges].every((privilege) =>
    rights.some((right) => right.privileges.has(privilege) && contains(right.scope, scope)),
  );
}

/** Whether the holder may do everything that another may. */
export function hasAllOf(rights: Rights, others: Rights): boolean {
  return others.every((other) => hasAll(rights, other.privileges, other.scope));
}

export function taskVisibilityOf(rights: Rights): TaskVisibility {
  const scopes = rights.filter((right) => right.privileges.has("task.read")).map((right) => right.scope);
  const namesOf = (kind: Scope["kind"]): ReadonlySet<string> =>
    new Set(scopes.filter((scope) => scope.kind === kind).map((scope) => scope.name));
  return {
    everything: scopes.some((scope) => scope.kind === "platform"),
    projects: namesOf("project"),
    datastores: namesOf("datastore"),
    namespaces: namesOf("namespace"),
    // Nobody sees a task for having started it: who left a project sees its tasks no more.
    authIds: new Set(),
  };
}

/** Names of datastores on which the holder has the privilege as a whole. */
export function datastoresWith(rights: Rights, privilege: Privilege): "all" | ReadonlySet<string> {
  const scopes = rights.filter((right) => right.privileges.has(privilege)).map((right) => right.scope);
  if (scopes.some((scope) => scope.kind === "platform")) return "all";
  return new Set(scopes.filter((scope) => scope.kind === "datastore").map((scope) => scope.name));
}

export function contains(outer: Scope, inner: Scope): boolean {
  if (outer.kind === "platform") return true;
  if (outer.kind === inner.kind && outer.name === inner.name) return true;
  if (inner.kind !== "namespace") return false;
  if (outer.kind === "datastore") return inner.name.startsWith(`${outer.name}:`);
  return outer.kind === "namespace" && inner.name.startsWith(`${outer.name}/`);
}

export function scopeOf(resource: Exclude<Resource, { readonly kind: "task" }>): Scope {
  switch (resource.kind) {
    case "platform":
      return { kind: "platform", name: "" };
    case "project":
      return { kind: "project", name: resource.project };
    case "datastore":
      return { kind: "datastore", name: resource.datastore };
    case "namespace":
      return namespaceScope(resource.datastore, resource.namespace);
  }
}

/** @param scope  as it was stored or parsed: a namespace is `DATASTORE:NAMESPACE` */
export function resourceOf({ kind, name }: Scope): Resource {
  switch (kind) {
    case "platform":
      return PLATFORM;
    case "project":
      return { kind, project: name };
    case "datastore":
      return { kind, datastore: name };
    case "namespace": {
      const [datastore = "", ...rest] = name.split(":");
      return { kind, datastore, namespace: rest.join(":") };
    }
  }
}

/** The root namespace is the datastore: every other lies below it. */
function namespaceScope(datastore: string, namespace: string): Scope {
  if (namespace === "") return { kind: "datastore", name: datastore };
  return { kind: "namespace", name: `${datastore}:${namespace}` };
}

/** A task is where its project is, and also where it works. */
function isCovered(scope: Scope, resource: Resource): boolean {
  if (resource.kind !== "task") return contains(scope, scopeOf(resource));
  const { project, datastore, namespace } = resource.task;
  if (project !== undefined && contains(scope, { kind: "project", name: project })) return true;
  return contains(scope, namespaceScope(datastore, namespace));
}

function narrower(a: Scope, b: Scope): Scope | undefined {
  if (contains(a, b)) return b;
  return contains(b, a) ? a : undefined;
}

/** Whether refusing with "forbidden" tells the holder nothing that they may not know. */
function isKnown(rights: Rights, resource: Exclude<Resource, { readonly kind: "platform" }>): boolean {
  if (resource.kind === "task") return mayDo(rights, "task.read", resource);
  // Whoever has anything in a datastore knows that it is there.
  const known = resource.kind === "namespace" ? datastoreScope(resource.datastore) : scopeOf(resource);
  return rights.some(({ scope }) => contains(scope, known) || contains(known, scope));
}

function datastoreScope(name: string): Scope {
  return { kind: "datastore", name };
}

/** The same words as when there is nothing of that name. */
function notFound(resource: Exclude<Resource, { readonly kind: "platform" }>): Error {
  switch (resource.kind) {
    case "project":
      return serverErrors.PROJECT_NOT_FOUND({ project: resource.project });
    case "datastore":
    case "namespace":
      return serverErrors.DATASTORE_NOT_FOUND({ datastore: resource.datastore });
    case "task":
      return serverErrors.TASK_NOT_FOUND({ upid: resource.task.upid });
  }
}
