/** What stands where nothing is: one sentence, and the next step with its line for the shell. */

import type { ReactNode } from "react";
import { ActionIcon, CopyButton } from "@mantine/core";
import { Icon } from "../look/icon.tsx";
import { t } from "../texts/texts.ts";
import styles from "./empty.module.css";

export function EmptyState({
  children,
  command,
}: {
  readonly children: ReactNode;
  readonly command?: string;
}) {
  return (
    <div className={styles["empty"]}>
      <p>{children}</p>
      {command !== undefined && <CommandLine command={command} />}
    </div>
  );
}

/** A line for the shell that can be copied. */
export function CommandLine({ command }: { readonly command: string }) {
  return (
    <span className={styles["line"]}>
      <code tabIndex={0} role="group" aria-label={t("parts.command.line")}>
        {command}
      </code>
      <CopyButton value={command}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            color="gray"
            onClick={copy}
            aria-label={t(copied ? "parts.command.copied" : "parts.command.copy")}
          >
            <Icon name={copied ? "check" : "copy"} />
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
