/** How full the disk below a datastore is, as a bar and, where there is room, in words. */

import { formatSize } from "@ironcore-backup/base";
import type { Datastore } from "@ironcore-backup/protocol/calls";
import styles from "./datastores.module.css";

export function DiskShare({
  datastore: { name, totalBytes, usedBytes, freeBytes, isSpaceLow = false },
}: {
  readonly datastore: Datastore;
}) {
  if (totalBytes === undefined || usedBytes === undefined || totalBytes === 0) return null;
  const share = Math.min(1, usedBytes / totalBytes);
  return (
    <span className={styles["disk"]}>
      <span
        className={styles["track"]}
        data-low={isSpaceLow}
        role="meter"
        aria-label={`Disk of ${name}, used`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span className={styles["diskWords"]}>
        <span>
          {formatSize(usedBytes)} of {formatSize(totalBytes)}
        </span>
        {freeBytes !== undefined && (
          <span className={isSpaceLow ? (styles["concern"] ?? "") : ""}>
            {formatSize(freeBytes)} free{isSpaceLow && ", that is low"}
          </span>
        )}
      </span>
    </span>
  );
}
