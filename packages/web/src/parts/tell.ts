/** Word to the person about what they did: short when it went well, with the whole error and staying when it did not. */

import { notifications } from "@mantine/notifications";
import { toCodedError } from "@ironcore-backup/base";

const DONE_SHOWN_MS = 5000;

export function tellDone(message: string): void {
  notifications.show({ message, autoClose: DONE_SHOWN_MS, withBorder: true });
}

export function tellFailed(what: string, thrown: unknown): void {
  const { code, message, remedy } = toCodedError(thrown);
  notifications.show({
    title: what,
    message: `${message}. ${remedy} (${code})`,
    color: "red",
    autoClose: false,
    withBorder: true,
  });
}
