/** What can be done with a target, a group or a rule in its row: edit, and remove when it was asked once more. */

import type { ReactNode } from "react";
import { Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import styles from "./notifications.module.css";

interface ActionsProps {
  readonly name: string;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
  /** What goes with it, or stays. */
  readonly note: string;
  readonly children?: ReactNode;
}

export function RowActions({ name, onEdit, onRemove, note, children }: ActionsProps) {
  const askRemove = (): void => {
    modals.openConfirmModal({
      title: `Remove ${name}?`,
      children: note,
      labels: { confirm: "Remove", cancel: "Cancel" },
      confirmProps: { color: "red" },
      onConfirm: onRemove,
    });
  };
  return (
    <div className={styles["buttons"]}>
      {children}
      <Button size="compact-xs" variant="default" aria-label={`Edit ${name}`} onClick={onEdit}>
        Edit
      </Button>
      <Button size="compact-xs" variant="default" aria-label={`Remove ${name}`} onClick={askRemove}>
        Remove
      </Button>
    </div>
  );
}
