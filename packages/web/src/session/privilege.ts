/**
 * What the page offers to whom. The server decides, at every request; this only keeps buttons off the page that it would
 * refuse.
 */

import type { Privilege, Scope, Whoami } from "@ironcore-backup/protocol/calls";

/** Where something lies; nothing named: the platform. */
export interface Place {
  readonly project?: string | undefined;
  readonly datastore?: string | undefined;
  readonly namespace?: string | undefined;
}

export function isAllowed(
  whoami: Pick<Whoami, "grants" | "platformPrivileges">,
  privilege: Privilege,
  place: Place = {},
): boolean {
  return (
    whoami.platformPrivileges.includes(privilege) ||
    whoami.grants.some((grant) => grant.privileges.includes(privilege) && covers(grant.scope, place))
  );
}

/** True when it is allowed anywhere at all, so that a list of such things is worth showing. */
export function isAllowedSomewhere(whoami: Pick<Whoami, "grants">, privilege: Privilege): boolean {
  return whoami.grants.some((grant) => grant.privileges.includes(privilege));
}

function covers(scope: Scope, place: Place): boolean {
  switch (scope.kind) {
    case "platform":
      return true;
    case "project":
      return place.project !== undefined && scope.name === place.project;
    case "datastore":
      return place.datastore !== undefined && scope.name === place.datastore;
    case "namespace":
      return (
        place.datastore !== undefined && coversNamespace(scope.name, place.datastore, place.namespace ?? "")
      );
  }
}

/** A namespace's grant holds in the namespaces inside it too. */
function coversNamespace(name: string, datastore: string, namespace: string): boolean {
  const granted = name.slice(datastore.length + 1);
  if (!name.startsWith(`${datastore}:`)) return false;
  return granted === "" || namespace === granted || namespace.startsWith(`${granted}/`);
}
