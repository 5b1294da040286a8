/** The six windows of a retention as small fields. An empty one keeps nothing. */

import { NumberInput } from "@mantine/core";
import { KEEP_RULES } from "@ironcore-backup/protocol/calls";
import type { Retention } from "@ironcore-backup/protocol/calls";
import { t } from "../texts/texts.ts";
import { KEEP_FIELDS, ruleWord } from "./retention-text.ts";
import styles from "./retention-fields.module.css";

/** As the server takes it. */
const KEEP_COUNT_MAX = 100_000;

const MEANINGS = {
  "keep-last": "parts.keep.last",
  "keep-hourly": "parts.keep.hourly",
  "keep-daily": "parts.keep.daily",
  "keep-weekly": "parts.keep.weekly",
  "keep-monthly": "parts.keep.monthly",
  "keep-yearly": "parts.keep.yearly",
} as const;

export function RetentionFields({
  retention,
  onChange,
}: {
  readonly retention: Retention;
  readonly onChange: (retention: Retention) => void;
}) {
  return (
    <div className={styles["fields"]}>
      {KEEP_RULES.map((rule) => (
        <NumberInput
          key={rule}
          size="xs"
          label={ruleWord(rule)}
          title={t(MEANINGS[rule])}
          placeholder="–"
          min={0}
          max={KEEP_COUNT_MAX}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="strict"
          value={retention[KEEP_FIELDS[rule]] ?? ""}
          onChange={(value) => onChange(withKeep(retention, KEEP_FIELDS[rule], value))}
        />
      ))}
    </div>
  );
}

function withKeep(
  retention: Retention,
  field: (typeof KEEP_FIELDS)[keyof typeof KEEP_FIELDS],
  value: string | number,
): Retention {
  const { [field]: _before, ...rest } = retention;
  return typeof value === "number" && value > 0 ? { ...rest, [field]: value } : rest;
}
