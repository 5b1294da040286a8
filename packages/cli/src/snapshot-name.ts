/** How a person names a snapshot: `[D:][NS/]type/id/time` or `…/latest`, the datastore in front or by `--datastore`. */

import { parseDatastoreName, parseGroupRef, parseSnapshotRef } from "@ironcore-backup/base";
import { cliErrors } from "./errors.ts";

export interface NamedSnapshot {
  readonly datastore: string;
  /** `[NS/]type/id/time` or `[NS/]type/id/latest`. */
  readonly snapshot: string;
}

const LATEST = "/latest";

/** @throws USAGE_INVALID, NAME_INVALID */
export function parseSnapshotName(text: string, datastoreOption: string | undefined): NamedSnapshot {
  // A time has colons too, but never before the first slash.
  const match = /^([^/:]+):(.*)$/s.exec(text);
  const datastore = match?.[1] ?? datastoreOption;
  const snapshot = match?.[2] ?? text;
  if (datastore === undefined) {
    throw cliErrors.USAGE_INVALID({
      detail: `"${text}" names no datastore: write DATASTORE:${text}, or give --datastore`,
    });
  }
  if (match !== null && datastoreOption !== undefined && datastoreOption !== datastore) {
    throw cliErrors.USAGE_INVALID({
      detail: `"${text}" and --datastore ${datastoreOption} name two datastores`,
    });
  }
  parseDatastoreName(datastore);
  if (snapshot.endsWith(LATEST)) parseGroupRef(snapshot.slice(0, -LATEST.length));
  else parseSnapshotRef(snapshot);
  return { datastore, snapshot };
}
