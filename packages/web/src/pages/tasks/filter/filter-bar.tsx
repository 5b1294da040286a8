/** Everything that narrows the list, in one bar. */

import type { TaskAddress } from "../use-task-search.ts";
import { FilterChips } from "./filter-chips.tsx";
import { PlaceFilter } from "./place-filter.tsx";
import { StateCounts } from "./state-counts.tsx";
import { TextFilter } from "./text-filter.tsx";
import { TimeFilter } from "./time-filter.tsx";
import { TypeFilter } from "./type-filter.tsx";
import styles from "./filter.module.css";

export function FilterBar({ address }: { readonly address: TaskAddress }) {
  return (
    <div className={styles["bar"]} role="search" aria-label="Filter tasks">
      <div className={styles["line"]}>
        <TextFilter address={address} />
        <TimeFilter address={address} />
        <TypeFilter address={address} />
        <PlaceFilter address={address} />
      </div>
      <div className={styles["line"]}>
        <StateCounts address={address} />
        <FilterChips address={address} />
      </div>
    </div>
  );
}
