/** Copies a text at one click, and says that it did. */

import { ActionIcon, CopyButton } from "@mantine/core";
import { Icon } from "../../look/icon.tsx";

export function CopySign({
  text,
  what,
  isSkipped = false,
}: {
  readonly text: string;
  readonly what: string;
  /** Passed over by Tab, where a hundred of them stand in a list and a key does the same. */
  readonly isSkipped?: boolean;
}) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          tabIndex={isSkipped ? -1 : 0}
          aria-label={copied ? "Copied" : `Copy ${what}`}
          title={copied ? "Copied" : `Copy ${what}`}
          onClick={(event) => {
            event.stopPropagation();
            copy();
          }}
        >
          <Icon name={copied ? "check" : "copy"} size={14} />
        </ActionIcon>
      )}
    </CopyButton>
  );
}
