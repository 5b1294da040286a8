/** One backup tool in the race: ours, and Debian's restic and borg. All do the same steps on their own repository. */

import type { Cost } from "./measure.ts";

export interface Contestant {
  readonly name: string;
  /** What is started, for the head of the report. */
  readonly version: string;
  /** Makes an empty repository below `folder`. Not measured. */
  open(folder: string): Promise<void>;
  backup(sourcePath: string): Promise<Cost>;
  /** Brings the newest backup of `sourcePath` back below `targetPath`, an empty folder. */
  restore(sourcePath: string, targetPath: string): Promise<Cost>;
  /** Where `restore` put the tree: two of three repeat the source's own path below the target. */
  restoredPath(sourcePath: string, targetPath: string): string;
  /** Reads and checks everything stored. */
  verify(): Promise<Cost>;
  /** Keeps the newest backup only and frees the room of the others; undefined where there is no such command yet. */
  prune(): Promise<Cost | undefined>;
  /** What the repository takes on disk. */
  repositoryPath(): string;
  close(): Promise<void>;
}
