/** Free text, asked when the typing pauses. */

import { useEffect, useRef, useState } from "react";
import { TextInput } from "@mantine/core";
import { Icon } from "../../../look/icon.tsx";
import { SEARCH_FIELD } from "../../../shell/search-field.ts";
import type { TaskAddress } from "../use-task-search.ts";
import styles from "./filter.module.css";

const PAUSE_MS = 300;
const TEXT_LENGTH_MAX = 256;

export function TextFilter({ address: { search, changeView } }: { readonly address: TaskAddress }) {
  const inAddress = search.text ?? "";
  const [typed, setTyped] = useState(inAddress);
  const asked = useRef(inAddress);
  const ask = (text: string): void => {
    asked.current = text.trim();
    changeView({ text: text.trim() });
  };
  useEffect(() => {
    // Changed from elsewhere: a saved view, a chip, the way back.
    if (inAddress === asked.current) return;
    asked.current = inAddress;
    setTyped(inAddress);
  }, [inAddress]);
  const newest = useRef(ask);
  newest.current = ask;
  useEffect(() => {
    if (typed.trim() === asked.current) return undefined;
    const timer = setTimeout(() => newest.current(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <TextInput
      {...SEARCH_FIELD}
      className={styles["text"] ?? ""}
      size="xs"
      type="search"
      aria-label="Search in UPID, source, target and status"
      placeholder="Search UPID, source, target, status"
      leftSection={<Icon name="search" size={14} />}
      value={typed}
      maxLength={TEXT_LENGTH_MAX}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") ask(typed);
        if (event.key !== "Escape") return;
        // It leaves the field and closes nothing else.
        event.preventDefault();
        event.currentTarget.blur();
      }}
    />
  );
}
