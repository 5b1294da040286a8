/** The words of downloads, without a schema. */

/** `file`: the one file as it is. `zip` knows no devices and keeps names as text; `tar.zst` keeps everything but sockets. */
export const DOWNLOAD_FORMATS = ["file", "zip", "tar.zst"] as const;
export type DownloadFormat = (typeof DOWNLOAD_FORMATS)[number];
