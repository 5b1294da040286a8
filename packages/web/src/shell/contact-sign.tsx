/** Whether what is shown is live. Once lost, it says since when; everything else then is what was known last. */

import { useLive } from "../session/needs.tsx";
import { Ago } from "../parts/instant.tsx";
import { Rich } from "../parts/rich.tsx";
import { t } from "../texts/texts.ts";
import styles from "./shell.module.css";

export function ContactSign() {
  const contact = useLive((state) => state.contact);
  const title = t(`shell.contact.${contact.state}Title`);
  return (
    <span className={styles["contact"]} data-contact={contact.state} role="status" title={title}>
      {contact.state === "connecting" && t("shell.contact.connecting")}
      {contact.state === "live" && t("shell.contact.live")}
      {contact.state === "lost" && (
        <span>
          <Rich text="shell.contact.lost" elements={{ when: <Ago at={contact.since} /> }} />
        </span>
      )}
    </span>
  );
}
