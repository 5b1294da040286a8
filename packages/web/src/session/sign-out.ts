/** Ends the session here and on the server. */

import { notifications } from "@mantine/notifications";
import { toCodedError } from "@ironcore-backup/base";
import { useNeeds } from "./needs.tsx";

/** The page is signed out even when the server cannot be told; its own session then ends with its time, which is said. */
export function useSignOut(): () => Promise<void> {
  const { client, leave } = useNeeds();
  return async () => {
    try {
      await client.call("logout", {});
    } catch (thrown) {
      notifications.show({
        color: "red",
        title: "Signed out on this page only",
        message: `The server could not be told: ${toCodedError(thrown).message}. The session there ends with its time.`,
        autoClose: false,
      });
    }
    leave("signed-out");
  };
}
