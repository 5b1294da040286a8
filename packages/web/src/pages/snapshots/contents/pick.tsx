/** Picking files and directories to restore, in as many directories of an archive as one likes. */

import { useState } from "react";
import { Button, Checkbox } from "@mantine/core";
import type { SnapshotEntry } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { t } from "../../../texts/texts.ts";
import type { RestoreWish } from "../restore/restore-dialog.tsx";
import { PICKED_COUNT_MAX } from "../restore/restore-plan.ts";
import type { PickedEntry } from "../restore/restore-plan.ts";
import { joinPath } from "./entry-path.ts";
import styles from "./contents.module.css";

export interface Pick {
  readonly picked: readonly PickedEntry[];
  readonly toggle: (entry: PickedEntry) => void;
  readonly clear: () => void;
}

/** Of one archive; what was picked stays while one goes from directory to directory. */
export function usePick(): Pick {
  const [picked, setPicked] = useState<readonly PickedEntry[]>([]);
  return {
    picked,
    toggle: (entry) =>
      setPicked((before) => {
        const others = before.filter(({ path }) => path !== entry.path);
        return others.length === before.length ? [...before, entry] : others;
      }),
    clear: () => setPicked([]),
  };
}

export function PickBox({
  pick,
  directory,
  entry: { name, kind },
}: {
  readonly pick: Pick;
  readonly directory: string;
  readonly entry: SnapshotEntry;
}) {
  const path = joinPath(directory, name);
  const isDirectory = kind === "directory";
  const isPicked = pick.picked.some((one) => one.path === path);
  const above = pick.picked.find((one) => one.isDirectory && path.startsWith(`${one.path}/`));
  return (
    <Checkbox
      size="xs"
      className={styles["pick"]}
      aria-label={t("snapshots.pick.one", { name })}
      title={
        above === undefined
          ? t("snapshots.pick.one", { name })
          : t("snapshots.pick.above", { path: above.path })
      }
      checked={isPicked || above !== undefined}
      disabled={above !== undefined || (!isPicked && pick.picked.length >= PICKED_COUNT_MAX)}
      onChange={() => pick.toggle({ path, isDirectory })}
    />
  );
}

export function PickedActions({
  pick,
  archive,
  onRestore,
}: {
  readonly pick: Pick;
  readonly archive: string;
  readonly onRestore: (wish: RestoreWish) => void;
}) {
  const { picked } = pick;
  if (picked.length === 0) return null;
  return (
    <>
      <Button variant="subtle" size="compact-sm" onClick={pick.clear}>
        {t("snapshots.pick.clear")}
      </Button>
      <Button
        size="compact-sm"
        leftSection={<Icon name="restore" size={14} />}
        onClick={() => onRestore({ archive, picked })}
      >
        {t("snapshots.pick.restore", { count: picked.length })}
      </Button>
    </>
  );
}
