/** A button that opens a small form of filters beside it. */

import { useState } from "react";
import type { ReactNode } from "react";
import { Button, Popover } from "@mantine/core";
import { Icon } from "../../../look/icon.tsx";
import styles from "./filter.module.css";

export interface FilterPopoverProps {
  readonly word: string;
  /** What of it is in force. */
  readonly chosen?: string | undefined;
  /** Something is always in force; it is no filter. */
  readonly isQuiet?: boolean;
  readonly children: (close: () => void) => ReactNode;
}

export function FilterPopover({ word, chosen, isQuiet = false, children }: FilterPopoverProps) {
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-start"
      shadow="md"
      trapFocus
      returnFocus
      withRoles={false}
    >
      <Popover.Target>
        <Button
          variant="default"
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          data-chosen={chosen !== undefined && !isQuiet}
          className={styles["opener"]}
          rightSection={<Icon name="chevronDown" size={12} />}
          onClick={() => setOpen(!isOpen)}
        >
          {chosen === undefined ? word : `${word}: ${chosen}`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={word} className={styles["dropdown"]}>
        {children(close)}
      </Popover.Dropdown>
    </Popover>
  );
}
