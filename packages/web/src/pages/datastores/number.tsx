/** One number with its name above and what it rests on below. */

import styles from "./datastores.module.css";

export function Number({
  name,
  value,
  under,
  isConcern = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly under?: string | undefined;
  readonly isConcern?: boolean;
}) {
  return (
    <div className={styles["number"]}>
      <dt>{name}</dt>
      <dd className={isConcern ? (styles["concern"] ?? "") : ""}>
        {value}
        {under !== undefined && <small>{under}</small>}
      </dd>
    </div>
  );
}
