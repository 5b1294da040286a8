/** How a person names a namespace or a group: `[DATASTORE:]NAME`, the datastore in front or by `--datastore`. */

import { parseDatastoreName, parseGroupRef, parseNamespace } from "@ironcore-backup/base";
import { cliErrors } from "./errors.ts";

interface PlaceName {
  readonly datastore: string;
  readonly name: string;
}

/** @throws USAGE_INVALID, NAME_INVALID */
export function parseNamespaceName(text: string, datastoreOption: string | undefined): PlaceName {
  const place = parsePlace(text, datastoreOption);
  if (parseNamespace(place.name) === "")
    throw cliErrors.USAGE_INVALID({ detail: "the root namespace is the datastore itself" });
  return place;
}

/** @throws USAGE_INVALID, NAME_INVALID */
export function parseGroupName(text: string, datastoreOption: string | undefined): PlaceName {
  const place = parsePlace(text, datastoreOption);
  parseGroupRef(place.name);
  return place;
}

function parsePlace(text: string, datastoreOption: string | undefined): PlaceName {
  const match = /^([^/:]+):(.*)$/s.exec(text);
  const datastore = match?.[1] ?? datastoreOption;
  if (datastore === undefined)
    throw cliErrors.USAGE_INVALID({
      detail: `"${text}" names no datastore: write DATASTORE:${text}, or give --datastore`,
    });
  if (match !== null && datastoreOption !== undefined && datastoreOption !== datastore)
    throw cliErrors.USAGE_INVALID({
      detail: `"${text}" and --datastore ${datastoreOption} name two datastores`,
    });
  parseDatastoreName(datastore);
  return { datastore, name: match?.[2] ?? text };
}
