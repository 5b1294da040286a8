/** A titled part of a page. */

import { useId } from "react";
import type { ReactNode } from "react";
import styles from "./panel.module.css";

export interface PanelProps {
  readonly title: string;
  /** At the end of the title's line. */
  readonly aside?: ReactNode;
  /** Without a margin inside, for lists and tables that draw to the edge. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

export function Panel({ title, aside, flush = false, children }: PanelProps) {
  const titleId = useId();
  return (
    <section className={styles["panel"]} aria-labelledby={titleId}>
      <div className={styles["head"]}>
        <h2 id={titleId} className={styles["title"]}>
          {title}
        </h2>
        {aside !== undefined && <div className={styles["aside"]}>{aside}</div>}
      </div>
      <div className={styles["body"]} data-flush={flush}>
        {children}
      </div>
    </section>
  );
}
