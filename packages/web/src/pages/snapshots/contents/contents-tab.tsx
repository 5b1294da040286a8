/** What is in the snapshot: its archives, and inside a tree of files every directory, down to the single file. */

import { formatSize } from "@ironcore-backup/base";
import type { Snapshot } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import type { IconName } from "../../../look/icon.tsx";
import { CommandLine, EmptyState } from "../../../parts/empty-state.tsx";
import { t } from "../../../texts/texts.ts";
import type { SnapshotAddress } from "../use-snapshot-address.ts";
import type { RestoreWish } from "../restore/restore-dialog.tsx";
import { DirectoryView } from "./directory-view.tsx";
import { listArchives } from "./archive-list.ts";
import type { ShownArchive } from "./archive-list.ts";
import styles from "./contents.module.css";

export interface ContentsProps {
  readonly datastore: string;
  readonly snapshot: Snapshot;
  readonly address: SnapshotAddress;
  readonly onRestore: (wish: RestoreWish) => void;
}

export function ContentsTab({ datastore, snapshot, address, onRestore }: ContentsProps) {
  const archives = listArchives(snapshot.files);
  const chosen =
    archives.find(({ name }) => name === address.search.archive) ??
    archives.find(({ kind, cryptMode }) => kind === "tree" && cryptMode !== "encrypt") ??
    archives[0];
  if (!snapshot.finished) {
    return (
      <EmptyState>
        {snapshot.running === true ? t("snapshots.contents.running") : t("snapshots.contents.brokeOff")}
      </EmptyState>
    );
  }
  if (chosen === undefined) return <EmptyState>{t("snapshots.contents.noArchive")}</EmptyState>;
  return (
    <>
      <ul className={styles["archives"]} aria-label={t("snapshots.contents.archives")}>
        {archives.map((archive) => (
          <li key={archive.name}>
            <button
              type="button"
              className={styles["archive"]}
              aria-pressed={archive.name === chosen.name}
              onClick={() => address.change({ archive: archive.name, dir: undefined })}
            >
              <Icon name={ARCHIVE_ICONS[archive.kind]} size={15} />
              <span className={styles["archiveName"]}>{archive.name}</span>
              {archive.cryptMode === "encrypt" && <Icon name="lock" size={12} />}
              <span className="quiet">{formatSize(archive.sizeBytes)}</span>
            </button>
          </li>
        ))}
      </ul>
      <Archive
        key={chosen.name}
        datastore={datastore}
        snapshot={snapshot}
        archive={chosen}
        address={address}
        onRestore={onRestore}
      />
    </>
  );
}

const ARCHIVE_ICONS: Readonly<Record<ShownArchive["kind"], IconName>> = {
  tree: "folder",
  image: "device",
  blob: "file",
};

function Archive({ archive, ...props }: ContentsProps & { readonly archive: ShownArchive }) {
  const { datastore, snapshot } = props;
  const name = `${datastore}:${snapshot.snapshot}`;
  if (archive.kind === "tree" && archive.cryptMode !== "encrypt") {
    return <DirectoryView {...props} archive={archive.name} />;
  }
  return (
    <div className={styles["closed"]}>
      <p>{whyClosed(archive)}</p>
      <CommandLine
        command={`ironcore-backup restore ${name} ${archive.name} --target /tmp/restore${
          archive.cryptMode === "encrypt" ? " --keyfile KEYFILE" : ""
        }`}
      />
    </div>
  );
}

function whyClosed({ kind, cryptMode }: ShownArchive): string {
  if (cryptMode === "encrypt") {
    return t("snapshots.contents.encrypted");
  }
  return kind === "image" ? t("snapshots.contents.image") : t("snapshots.contents.blob");
}
