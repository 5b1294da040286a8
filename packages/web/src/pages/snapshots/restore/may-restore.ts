/** Whether somebody may have a snapshot restored: it gives its contents away, and writes on the server's own machine. */

import { useMay } from "../../../session/needs.tsx";

export function useMayRestore(datastore: string, namespace: string): boolean {
  const mayRead = useMay("snapshot.restore", { datastore, namespace });
  const mayWrite = useMay("host.use");
  return mayRead && mayWrite;
}
