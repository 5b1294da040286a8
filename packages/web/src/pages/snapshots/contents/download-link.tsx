/** Links that fetch: one file as it is, a directory as zip or tar.zst. The browser saves them; the session's cookie speaks for it. */

import { ActionIcon, Button, Menu } from "@mantine/core";
import { SNAPSHOT_DOWNLOAD_PATH } from "@ironcore-backup/protocol/calls";
import type { DownloadFormat, SnapshotEntry } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import type { DirectoryPlace } from "../../../session/datastore-query.ts";
import { t } from "../../../texts/texts.ts";
import { joinPath } from "./entry-path.ts";
import styles from "./contents.module.css";

function addressOf(place: DirectoryPlace, path: string, format: DownloadFormat): string {
  const at = SNAPSHOT_DOWNLOAD_PATH.replace(":datastore", encodeURIComponent(place.datastore)).replace(
    ":snapshot",
    encodeURIComponent(place.snapshot),
  );
  return `${at}?${new URLSearchParams({ archive: place.archive, path, format }).toString()}`;
}

/** Only files have something to fetch here; a directory is fetched from inside it. */
export function FileDownload({
  place,
  entry,
}: {
  readonly place: DirectoryPlace;
  readonly entry: SnapshotEntry;
}) {
  if (entry.sizeBytes === undefined) return null;
  return (
    <ActionIcon
      component="a"
      href={addressOf(place, joinPath(place.directory, entry.name), "file")}
      download
      className={styles["fetch"]}
      variant="subtle"
      color="gray"
      aria-label={t("snapshots.contents.downloadOne", { name: entry.name })}
      title={t("snapshots.contents.download")}
    >
      <Icon name="download" size={14} />
    </ActionIcon>
  );
}

const FORMATS = [
  { format: "zip", rule: "snapshots.contents.zipRule" },
  { format: "tar.zst", rule: "snapshots.contents.tarRule" },
] as const;

export function DirectoryDownload({ place }: { readonly place: DirectoryPlace }) {
  return (
    <Menu position="bottom-end" withinPortal shadow="md">
      <Menu.Target>
        <Button variant="default" size="compact-sm" leftSection={<Icon name="download" size={14} />}>
          {t("snapshots.contents.download")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMATS.map(({ format, rule }) => (
          <Menu.Item
            key={format}
            component="a"
            href={addressOf(place, place.directory, format)}
            download
            title={t(rule)}
          >
            {t("snapshots.contents.downloadAs", { format })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
