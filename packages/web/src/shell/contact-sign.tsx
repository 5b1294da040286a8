/** Whether what is shown is live. Once lost, it says since when; everything else then is what was known last. */

import { useLive } from "../session/needs.tsx";
import { Ago } from "../parts/instant.tsx";
import styles from "./shell.module.css";

export function ContactSign() {
  const contact = useLive((state) => state.contact);
  const title = {
    connecting: "The stream of events is being opened",
    live: "Connected to the stream of events: what is shown is what is",
    lost: "The server is out of reach; the values shown are the last known ones",
  }[contact.state];
  return (
    <span className={styles["contact"]} data-contact={contact.state} role="status" title={title}>
      {contact.state === "connecting" && "Connecting"}
      {contact.state === "live" && "Live"}
      {contact.state === "lost" && (
        <span>
          Reconnecting, lost <Ago at={contact.since} />
        </span>
      )}
    </span>
  );
}
