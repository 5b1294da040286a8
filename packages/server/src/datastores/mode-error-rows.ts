/** What operators have set on a datastore, and what must not happen then. */

import { errorEntry } from "@ironcore-backup/base";

export const modeErrorRows = {
  DATASTORE_IN_MAINTENANCE: errorEntry(
    "later",
    (c: { datastore: string; by: string }) => `The datastore ${c.datastore} is in maintenance${c.by}`,
    "Wait until the maintenance is over. An administrator ends it with `ironcore-backup datastore update NAME --mode normal`.",
  ),
  DATASTORE_READ_ONLY: errorEntry(
    "later",
    (c: { datastore: string; by: string }) =>
      `The datastore ${c.datastore} is read-only${c.by}: nothing is written into it`,
    "Use another datastore, or let an administrator end it with `ironcore-backup datastore update NAME --mode normal`.",
  ),
  DATASTORE_STORE_KNOWN: errorEntry(
    "never",
    (c: { path: string; datastore: string; known: string }) =>
      `The store in ${c.path} is the one of the datastore ${c.datastore} in ${c.known}, or a copy of it`,
    "Use the datastore that is there. If this is a copy that is to live by itself, remove its file .store-identity first.",
  ),
};
