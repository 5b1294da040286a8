/** Where the list is, each step above it a link, and what can be done with all of it. */

import type { ReactNode } from "react";
import { Link } from "@tanstack/react-router";
import type { GroupRef } from "@ironcore-backup/base";
import styles from "./group.module.css";

export interface ListHeadProps {
  readonly datastore: string;
  readonly namespace: string;
  readonly group?: GroupRef;
  /** How much there is. */
  readonly words: string;
  /** What is wrong with it. */
  readonly sign?: ReactNode;
  readonly actions?: ReactNode;
}

export function ListHead({ datastore, namespace, group, words, sign, actions }: ListHeadProps) {
  const parts = namespace === "" ? [] : namespace.split("/");
  const above = [
    { name: datastore, namespace: undefined },
    ...parts.map((name, at) => ({ name, namespace: parts.slice(0, at + 1).join("/") })),
  ];
  const steps = group === undefined ? above.slice(0, -1) : above;
  const here = group === undefined ? (above.at(-1)?.name ?? "") : `${group.type}/${group.id}`;
  return (
    <header className={styles["head"]}>
      <h2 className={styles["path"]}>
        {steps.map((step) => (
          <span key={step.namespace ?? ""}>
            <Link
              to="/snapshots/$datastore"
              params={{ datastore }}
              search={step.namespace === undefined ? {} : { namespace: step.namespace }}
            >
              {step.name}
            </Link>
            <span className="quiet"> › </span>
          </span>
        ))}
        <span className={styles["here"]}>{here}</span>
      </h2>
      <span className={styles["words"]}>{words}</span>
      {sign}
      <span className={styles["actions"]}>{actions}</span>
    </header>
  );
}
