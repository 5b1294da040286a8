/** What of a scope was checked how long ago: one bar for each age, in words beside it, so that colour is not needed. */

import { formatSize } from "@ironcore-backup/base";
import type { VerifyCoverage } from "@ironcore-backup/protocol/calls";
import { countOf } from "../../../parts/stage-text.ts";
import { coverageShares, coverageVerdict } from "./coverage-shares.ts";
import styles from "./coverage-map.module.css";

export function CoverageMap({ coverage }: { readonly coverage: VerifyCoverage }) {
  const { totalBytes, chunkCount } = coverage;
  return (
    <div className={styles["map"]}>
      <p>{coverageVerdict(coverage)}</p>
      <table>
        <caption className="quiet">
          By the age of the last check, of {formatSize(totalBytes)} in {countOf(chunkCount, "chunk")}
        </caption>
        <tbody>
          {coverageShares(coverage).map(({ words, bytes, percent, tone }) => (
            <tr key={words}>
              <th scope="row">{words}</th>
              <td className={styles["barCell"]} aria-hidden="true">
                <div className={styles["bar"]} data-tone={tone} style={{ width: `${percent}%` }} />
              </td>
              <td className="number">{formatSize(bytes)}</td>
              <td className="number">{percent.toFixed(1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
