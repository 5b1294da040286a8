/** How a task's overview and its log share the room: one above the other, side by side, or one of them alone. */

import type { ReactNode } from "react";
import { useMediaQuery } from "@mantine/hooks";
import type { PanelPart } from "../task-search.ts";
import type { TaskAddress } from "../use-task-search.ts";
import styles from "./detail.module.css";

/** Below it there is room for one of them. */
const NARROW = "(max-width: 620px)";

export interface PanelParts {
  readonly shown: PanelPart | "both";
  readonly isNarrow: boolean;
  readonly isFull: boolean;
  readonly show: (part: PanelPart | "both") => void;
  readonly toggleLog: () => void;
  readonly toggleFull: () => void;
}

export function usePanelParts({ search, change }: TaskAddress): PanelParts {
  const isNarrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const shown = search.show ?? (isNarrow ? "overview" : "both");
  const show = (part: PanelPart | "both"): void => change({ show: part === "both" ? undefined : part });
  return {
    shown,
    isNarrow,
    isFull: search.full === true,
    show,
    toggleLog: () => show(shown === "log" ? (isNarrow ? "overview" : "both") : "log"),
    toggleFull: () => change({ full: search.full === true ? undefined : true }),
  };
}

export function PanelLayout({
  parts,
  overview,
  log,
}: {
  readonly parts: PanelParts;
  readonly overview: ReactNode;
  readonly log: ReactNode;
}) {
  return (
    <div className={styles["layout"]} data-shown={parts.shown}>
      {parts.shown !== "log" && overview}
      {parts.shown !== "overview" && log}
    </div>
  );
}
