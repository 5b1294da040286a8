/** Ends the session here and on the server. */

import { notifications } from "@mantine/notifications";
import { toCodedError } from "@ironcore-backup/base";
import { t } from "../texts/texts.ts";
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
        title: t("parts.signOut.onlyHere"),
        message: t("parts.signOut.serverNotTold", { message: toCodedError(thrown).message }),
        autoClose: false,
      });
    }
    leave("signed-out");
  };
}
