/** What of a log is shown and how: search, level, stage, follow, look, download. */

import { ActionIcon, Menu, NativeSelect, Switch } from "@mantine/core";
import { LOG_LEVELS, TASK_LOG_TEXT_PATH } from "@ironcore-backup/protocol/calls";
import type { LogLevel, Task } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../../look/icon.tsx";
import { formatCount } from "../../../parts/stage-text.ts";
import type { TaskAddress } from "../use-task-search.ts";
import { CopyTicket } from "./copy-ticket.tsx";
import { LogFinder } from "./log-finder.tsx";
import type { LogLook } from "./log-look.ts";
import type { Log } from "./use-log.ts";
import type { LogSearchState } from "./use-log-search.ts";
import styles from "./log.module.css";

export interface LogToolbarProps {
  readonly task: Task;
  readonly address: TaskAddress;
  readonly log: Log | undefined;
  readonly finder: LogSearchState;
  readonly look: LogLook;
  readonly onLook: (change: Partial<LogLook>) => void;
  /** Absent when nothing more will come. */
  readonly follow: { readonly isOn: boolean; readonly set: (on: boolean) => void } | undefined;
}

export function LogToolbar(props: LogToolbarProps) {
  const { task, address, log, finder, follow } = props;
  const { level, stage } = address.search;
  const levelCounts = log?.view.window.levelCounts;
  return (
    <div className={styles["toolbar"]} role="toolbar" aria-label="Log">
      <LogFinder address={address} finder={finder} />
      <NativeSelect
        size="xs"
        aria-label="Level"
        value={level ?? "debug"}
        onChange={({ currentTarget }) =>
          address.change({ level: LEVELS.find((one) => one === currentTarget.value), line: undefined })
        }
        data={LOG_LEVELS.map((one) => ({ value: one, label: levelLabel(one, levelCounts) }))}
      />
      {task.stages.length > 0 && (
        <NativeSelect
          size="xs"
          aria-label="Stage"
          className={styles["stageSelect"] ?? ""}
          value={stage ?? ""}
          onChange={({ currentTarget }) =>
            address.change({
              stage: currentTarget.value === "" ? undefined : currentTarget.value,
              line: undefined,
            })
          }
          data={[
            { value: "", label: "All stages" },
            ...[...new Set(task.stages.map(({ name }) => name))].map((name) => ({
              value: name,
              label: name,
            })),
          ]}
        />
      )}
      <span className={styles["spring"]} />
      {follow !== undefined && (
        <Switch
          size="xs"
          label="Follow"
          checked={follow.isOn}
          onChange={({ currentTarget }) => follow.set(currentTarget.checked)}
        />
      )}
      <LookMenu {...props} />
    </div>
  );
}

const LEVELS = LOG_LEVELS.filter((level) => level !== "debug");

/** `warning and worse (12)` */
function levelLabel(level: LogLevel, counts: Readonly<Record<LogLevel, number>> | undefined): string {
  const word = level === "debug" ? "All levels" : level === "error" ? "errors" : `${level} and worse`;
  if (counts === undefined || level === "debug") return word;
  const worse = LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)).reduce((sum, one) => sum + counts[one], 0);
  return `${word} (${formatCount(worse)})`;
}

function LookMenu({ task, look, onLook, address }: LogToolbarProps) {
  const { level } = address.search;
  const path = TASK_LOG_TEXT_PATH.replace(":upid", encodeURIComponent(task.upid));
  return (
    <>
      <ActionIcon
        component="a"
        href={path + (level === undefined ? "" : `?level=${level}`)}
        download
        variant="default"
        size={30}
        aria-label={level === undefined ? "Download the log" : `Download the log, ${level} and worse`}
        title="Download the log as text"
      >
        <Icon name="download" size={14} />
      </ActionIcon>
      <CopyTicket task={task} />
      <Menu position="bottom-end" shadow="md" closeOnItemClick={false}>
        <Menu.Target>
          <ActionIcon
            variant="default"
            size={30}
            aria-label="How lines are shown"
            title="How lines are shown"
          >
            <Icon name="filter" size={14} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Toggle word="Wrap long lines" isOn={look.wraps} onToggle={() => onLook({ wraps: !look.wraps })} />
          <Toggle
            word="Times since the start"
            isOn={look.isRelative}
            onToggle={() => onLook({ isRelative: !look.isRelative })}
          />
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Toggle({
  word,
  isOn,
  onToggle,
}: {
  readonly word: string;
  readonly isOn: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <Menu.Item
      role="menuitemcheckbox"
      aria-checked={isOn}
      rightSection={isOn ? <Icon name="check" size={13} /> : null}
      onClick={onToggle}
    >
      {word}
    </Menu.Item>
  );
}
