/** Of lists that go through a whole datastore: which of its namespaces a caller may see. */

import type { Privilege } from "@ironcore-backup/protocol";
import type { Access, Caller } from "../access/access.ts";

interface NamespaceSight {
  has(namespace: string): boolean;
  /** @throws FORBIDDEN */
  assert(namespace: string): void;
}

/** @throws FORBIDDEN, DATASTORE_NOT_FOUND to whom the privilege was granted nowhere in the datastore */
export function sightOf(
  access: Access,
  caller: Caller,
  { privilege, datastore }: { readonly privilege: Privilege; readonly datastore: string },
): NamespaceSight {
  access.assertMayWithin(caller, privilege, datastore);
  const known = new Map<string, boolean>();
  return {
    has: (namespace) => {
      const may =
        known.get(namespace) ?? access.may(caller, privilege, { kind: "namespace", datastore, namespace });
      known.set(namespace, may);
      return may;
    },
    assert: (namespace) => access.assertMay(caller, privilege, { kind: "namespace", datastore, namespace }),
  };
}
