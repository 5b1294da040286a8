/** Looking for a text in a log: what is typed becomes the address after a pause; Enter walks the hits. */

import { useEffect, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { ActionIcon, Switch, TextInput } from "@mantine/core";
import { Icon } from "../../../look/icon.tsx";
import { countOf } from "../../../parts/stage-text.ts";
import type { TaskAddress } from "../use-task-search.ts";
import type { LogSearchState } from "./use-log-search.ts";
import styles from "./log.module.css";

const PAUSE_MS = 300;
const TEXT_LENGTH_MAX = 256;

interface LogFinderProps {
  readonly address: TaskAddress;
  readonly finder: LogSearchState;
}

export function LogFinder({ address, finder }: LogFinderProps) {
  const { search, change } = address;
  const typing = useTyping(search.find ?? "", (find) => change({ find }));
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.currentTarget.blur();
    }
    if (event.key !== "Enter") return;
    // What was typed just now is asked for first; the next Enter walks.
    if (typing.isAsked()) finder.step(event.shiftKey ? "previous" : "next");
    else typing.ask();
  };
  return (
    <div className={styles["finder"]} role="search" aria-label="Search the log">
      <TextInput
        size="xs"
        type="search"
        aria-label="Search the log"
        placeholder="Search the log"
        leftSection={<Icon name="search" size={13} />}
        value={typing.text}
        maxLength={TEXT_LENGTH_MAX}
        onChange={({ currentTarget }) => typing.set(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {search.find !== undefined && <Hits address={address} finder={finder} />}
    </div>
  );
}

interface Typing {
  readonly text: string;
  readonly set: (text: string) => void;
  /** Whether what is typed is what was asked for last. */
  readonly isAsked: () => boolean;
  readonly ask: () => void;
}

function useTyping(inAddress: string, onAsk: (text: string) => void): Typing {
  const [text, set] = useState(inAddress);
  const asked = useRef(inAddress);
  useEffect(() => {
    if (inAddress === asked.current) return;
    asked.current = inAddress;
    set(inAddress);
  }, [inAddress]);
  const ask = (): void => {
    if (text.trim() === asked.current) return;
    asked.current = text.trim();
    onAsk(text.trim());
  };
  const newest = useRef(ask);
  newest.current = ask;
  useEffect(() => {
    const timer = setTimeout(() => newest.current(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return { text, set, isAsked: () => text.trim() === asked.current, ask };
}

function Hits({ address: { search, change }, finder }: LogFinderProps) {
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Hit before"
        onClick={() => finder.step("previous")}
      >
        <Icon name="chevronUp" size={13} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label="Next hit" onClick={() => finder.step("next")}>
        <Icon name="chevronDown" size={13} />
      </ActionIcon>
      <span className={styles["hits"]} role="status">
        {finder.count === undefined ? "counting …" : countOf(finder.count, "hit")}
        {finder.word !== "" && ` · ${finder.word}`}
      </span>
      <Switch
        size="xs"
        label="Only hits"
        checked={search.only === true}
        onChange={({ currentTarget }) =>
          change({ only: currentTarget.checked ? true : undefined, line: undefined })
        }
      />
    </>
  );
}
