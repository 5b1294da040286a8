/** One line: its number as a link, its time, its level in word and colour, what it says, and on demand its fields. */

import type { MouseEvent } from "react";
import type { LogLevel, TaskLogLine } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import type { IconName } from "../../../look/icon.tsx";
import { formatAbsoluteWithZone } from "../../../parts/instant-text.ts";
import { formatSince, formatTimeOfDay, splitHits } from "./log-text.ts";
import styles from "./log.module.css";

export interface LogLineProps {
  readonly line: TaskLogLine;
  readonly isRelative: boolean;
  readonly from: number;
  readonly sought: string | undefined;
  readonly isMarked: boolean;
  readonly isOpen: boolean;
  readonly onMark: (line: number) => void;
  readonly onToggle: (line: number) => void;
}

const LEVEL_ICONS: Readonly<Partial<Record<LogLevel, IconName>>> = { warning: "warning", error: "failed" };

export function LogLine({
  line,
  isRelative,
  from,
  sought,
  isMarked,
  isOpen,
  onMark,
  onToggle,
}: LogLineProps) {
  const { number, at, level, stage, code, message, fields } = line;
  const icon = LEVEL_ICONS[level];
  const mark = (event: MouseEvent): void => {
    // With a key held down the link opens elsewhere, as links do.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onMark(number);
  };
  return (
    <div className={styles["line"]} data-level={level} data-marked={isMarked} data-line={number}>
      <div className={styles["row"]}>
        <a
          className={styles["number"]}
          href={addressOfLine(number)}
          data-control="number"
          aria-label={`Line ${number}`}
          aria-current={isMarked}
          onClick={mark}
        >
          {number}
        </a>
        <time
          dateTime={new Date(at).toISOString()}
          title={formatAbsoluteWithZone(at)}
          className={styles["time"]}
        >
          {isRelative ? formatSince(at, from) : formatTimeOfDay(at)}
        </time>
        <span className={styles["level"]}>
          {icon !== undefined && <Icon name={icon} size={12} />}
          {level}
        </span>
        <span className={styles["message"]}>
          <Hits text={message} sought={sought} />
          {(level === "warning" || level === "error") && <FirstField line={line} sought={sought} />}
        </span>
        <button
          type="button"
          className={styles["expand"]}
          data-control="expand"
          aria-expanded={isOpen}
          aria-label={`Fields of line ${number}`}
          onClick={() => onToggle(number)}
        >
          <Icon name={isOpen ? "chevronDown" : "chevronRight"} size={12} />
        </button>
      </div>
      {isOpen && (
        <dl className={styles["fields"]}>
          <Field name="code" value={code} sought={sought} />
          {stage !== undefined && <Field name="stage" value={stage} sought={undefined} />}
          <Field name="time" value={formatAbsoluteWithZone(at)} sought={undefined} />
          {Object.entries(fields).map(([name, value]) => (
            <Field key={name} name={name} value={String(value)} sought={sought} />
          ))}
        </dl>
      )}
    </div>
  );
}

/** A warning without the path that it is about helps nobody. */
function FirstField({
  line: { fields, message },
  sought,
}: {
  readonly line: TaskLogLine;
  readonly sought: string | undefined;
}) {
  const path = fields["path"];
  if (typeof path !== "string" || message.includes(path)) return null;
  return (
    <span className={styles["aside"]}>
      {" "}
      <Hits text={path} sought={sought} />
    </span>
  );
}

function Field({
  name,
  value,
  sought,
}: {
  readonly name: string;
  readonly value: string;
  readonly sought: string | undefined;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Hits text={value} sought={sought} />
      </dd>
    </div>
  );
}

function Hits({ text, sought }: { readonly text: string; readonly sought: string | undefined }) {
  if (sought === undefined) return text;
  return splitHits(text, sought).map((part, at) =>
    // The parts of one text have no other name than their place.
    part.isHit ? <mark key={at}>{part.text}</mark> : <span key={at}>{part.text}</span>,
  );
}

function addressOfLine(number: number): string {
  const search = new URLSearchParams(location.search);
  search.set("line", String(number));
  return `${location.pathname}?${search.toString()}`;
}
