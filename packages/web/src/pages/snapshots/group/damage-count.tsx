/** How many snapshots of a place are damaged; nothing where none is. */

import { Icon } from "../../../look/icon.tsx";
import { t } from "../../../texts/texts.ts";
import styles from "./group.module.css";

export function DamageCount({ count }: { readonly count: number | undefined }) {
  if (count === undefined || count === 0) return null;
  return (
    <span className={styles["damaged"]} title={t("snapshots.damage.countRule", { count })}>
      <Icon name="failed" size={13} />
      {t("snapshots.damage.count", { count })}
    </span>
  );
}
