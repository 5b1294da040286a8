/** A short form in a dialog: fields, what it does, one button that does it. */

import type { FormEvent, ReactNode } from "react";
import { Button, Modal } from "@mantine/core";
import { t } from "../texts/texts.ts";
import styles from "./form-dialog.module.css";

export interface FormDialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onSubmit: () => void;
  /** What the button does, in a word or two. */
  readonly submit: string;
  readonly isBusy: boolean;
  readonly isReady?: boolean;
  /** Takes something away that does not come back. */
  readonly isDangerous?: boolean;
  readonly size?: "md" | "xl";
  readonly children: ReactNode;
}

export function FormDialog({
  title,
  isOpen,
  onClose,
  onSubmit,
  submit,
  isBusy,
  isReady = true,
  isDangerous = false,
  size = "md",
  children,
}: FormDialogProps) {
  const take = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady && !isBusy) onSubmit();
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title={title} size={size}>
      <form className={styles["form"]} onSubmit={take}>
        {children}
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button
            type="submit"
            loading={isBusy}
            disabled={!isReady}
            {...(isDangerous ? { color: "red" } : {})}
          >
            {submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
