/** The same from a shell. */

import type { Task } from "@ironcore-backup/protocol/calls";
import { CommandLine } from "../../../parts/empty-state.tsx";
import { taskCommands } from "./task-command.ts";
import styles from "./detail.module.css";

export function TaskCommands({ task }: { readonly task: Task }) {
  return (
    <ul className={styles["commands"]}>
      {taskCommands(task).map((command) => (
        <li key={command}>
          <CommandLine command={command} />
        </li>
      ))}
    </ul>
  );
}
