/** A page's heading, which also names the browser's tab. */

import { useEffect } from "react";
import type { ReactNode } from "react";
import styles from "./page-head.module.css";

export function PageHead({ title, aside }: { readonly title: string; readonly aside?: ReactNode }) {
  useDocumentTitle(title);
  return (
    <div className={styles["head"]}>
      <h1>{title}</h1>
      {aside !== undefined && <div className={styles["aside"]}>{aside}</div>}
    </div>
  );
}

/** For pages and panels that show their title otherwise. */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = `${title} · Ironcore Backup`;
    return () => {
      document.title = before;
    };
  }, [title]);
}
