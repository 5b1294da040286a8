/** Where notifications go: each target with how it is doing, and a test whose answer stands beside it. */

import { useState } from "react";
import { Button, CopyButton, Modal } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { NotificationTarget, TargetTest } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago } from "../../parts/instant.tsx";
import { Mark } from "../../parts/mark.tsx";
import { useNotificationChange } from "../../parts/notification-change.ts";
import { tellFailed } from "../../parts/tell.ts";
import { targetsQuery } from "../../session/inbox-query.ts";
import { useMay, useNeeds, useWhoami } from "../../session/needs.tsx";
import { isAllowedSomewhere } from "../../session/privilege.ts";
import { KIND_WORDS, TargetDialog } from "./target-dialog.tsx";
import { RowActions } from "./row-actions.tsx";
import table from "../../parts/wide-table.module.css";
import styles from "./notifications.module.css";

export function TargetsPart() {
  const { client } = useNeeds();
  const { data, error, refetch } = useQuery(targetsQuery(client));
  const whoami = useWhoami();
  const mayMake = whoami !== undefined && isAllowedSomewhere(whoami, "notification.manage");
  const [edited, setEdited] = useState<NotificationTarget | "new" | undefined>();
  const [secret, setSecret] = useState<string | undefined>();
  return (
    <section aria-label="Targets">
      <div className={styles["tableHead"]}>
        <p className="quiet">
          Mail servers, webhooks, heartbeats and metric servers. Groups name those that get messages.
        </p>
        {mayMake && (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setEdited("new")}>
            New target
          </Button>
        )}
      </div>
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && (
        <EmptyState command="ironcore-backup notification target create chat --kind webhook --preset slack --url-file ./hook-url">
          Nothing leaves this server yet. Make a target, test it, and name it in a group:
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <div className={table["wide"]} tabIndex={0} role="group" aria-label="Table of targets">
          <table className={table["table"]}>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col">Where to</th>
                <th scope="col">State</th>
                <th scope="col">Messages</th>
                <th scope="col">
                  <span className="hidden-visually">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((target) => (
                <Row key={target.name} target={target} onEdit={() => setEdited(target)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {edited !== undefined && (
        <TargetDialog
          {...(edited === "new" ? {} : { target: edited })}
          onClose={() => setEdited(undefined)}
          onMade={({ signingSecret }) => {
            setEdited(undefined);
            setSecret(signingSecret);
          }}
        />
      )}
      {secret !== undefined && <SecretDialog secret={secret} onClose={() => setSecret(undefined)} />}
    </section>
  );
}

function SecretDialog({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="The signing secret, shown once">
      <p>The receiver verifies the signature of each message with it. It is not shown again.</p>
      <pre className={styles["source"]}>{secret}</pre>
      <div className={styles["buttons"]}>
        <CopyButton value={secret}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}
        </CopyButton>
      </div>
    </Modal>
  );
}

function Row({ target, onEdit }: { readonly target: NotificationTarget; readonly onEdit: () => void }) {
  const { client } = useNeeds();
  const { name, kind, to = [], host, urlShown, project, comment } = target;
  const may = useMay("notification.manage", { project });
  const params = { target: name };
  const test = useMutation({
    mutationFn: () => client.call("testTarget", { params }),
    onError: (thrown) => tellFailed("The target was not tested", thrown),
  });
  const remove = useNotificationChange({
    run: () => client.call("removeTarget", { params }),
    failed: "The target was not removed",
  });
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        <small className="quiet">{[KIND_WORDS[kind], project, comment].filter(Boolean).join(" · ")}</small>
      </td>
      <td>
        <span>{kind === "smtp" ? to.join(", ") : urlShown}</span>
        {kind === "smtp" && <small className="quiet">by {host}</small>}
      </td>
      <td className={styles["answer"]}>
        <Health target={target} />
        {test.data !== undefined && <Answer test={test.data} />}
      </td>
      <td>
        <Counts target={target} />
      </td>
      <td>
        {may && (
          <RowActions
            name={name}
            note="What waits for it goes with it, and its history of deliveries."
            onEdit={onEdit}
            onRemove={() => remove.mutate()}
          >
            <Button
              size="compact-xs"
              variant="default"
              loading={test.isPending}
              aria-label={`Test ${name}`}
              onClick={() => test.mutate()}
            >
              Test
            </Button>
          </RowActions>
        )}
      </td>
    </tr>
  );
}

function Counts({ target: { name, waitingCount, deadCount } }: { readonly target: NotificationTarget }) {
  if (waitingCount + deadCount === 0) return <span className="quiet">nothing waits</span>;
  return (
    <>
      {waitingCount > 0 && (
        <Link to="/notifications/deliveries" search={{ target: name, state: "waiting" }}>
          {waitingCount} waiting
        </Link>
      )}{" "}
      {deadCount > 0 && (
        <Link to="/notifications/deliveries" search={{ target: name, state: "dead" }}>
          {deadCount} given up
        </Link>
      )}
    </>
  );
}

function Health({ target }: { readonly target: NotificationTarget }) {
  const { enabled, failingSince, lastFailure, lastDeliveredAt } = target;
  if (!enabled)
    return <Mark tone="queued" icon="pause" word="disabled" rule="Gets nothing until it is enabled" />;
  if (failingSince !== undefined)
    return (
      <>
        <Mark tone="failed" icon="failed" word="failing" rule="It takes nothing; it is tried again" />
        <small>
          since <Ago at={failingSince} />: {lastFailure}
        </small>
      </>
    );
  if (lastDeliveredAt === undefined)
    return (
      <Mark tone="queued" icon="queued" word="nothing sent yet" rule="Press Test to see whether it works" />
    );
  return (
    <>
      <Mark tone="ok" icon="ok" word="works" rule="It took what it was sent last" />
      <small className="quiet">
        <Ago at={lastDeliveredAt} />
      </small>
    </>
  );
}

const ANSWER_WORDS: Readonly<Record<TargetTest["outcome"], string>> = {
  delivered: "Test delivered",
  refused: "Test refused",
  unreachable: "Test: not reached",
};

function Answer({ test: { outcome, response, durationMs } }: { readonly test: TargetTest }) {
  return (
    <small role="status">
      <Icon name={outcome === "delivered" ? "ok" : "failed"} size={12} /> {ANSWER_WORDS[outcome]} after{" "}
      {durationMs} ms: {response}
    </small>
  );
}
