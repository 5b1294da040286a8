/** A titled part of the overview. */

import { useId } from "react";
import type { ReactNode } from "react";
import styles from "./detail.module.css";

export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={styles["part"]}>
      <h3 id={id}>{title}</h3>
      {children}
    </section>
  );
}
