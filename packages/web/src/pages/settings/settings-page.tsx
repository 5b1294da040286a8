/** The server itself: how it is known to others, how its services are, what version it is. */

import type { ReactNode } from "react";
import { ActionIcon, CopyButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Status } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Elapsed, When } from "../../parts/instant.tsx";
import { Mark } from "../../parts/mark.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { Panel } from "../../parts/panel.tsx";
import { useNeeds } from "../../session/needs.tsx";
import { statusQuery } from "../../session/query.ts";
import styles from "./settings.module.css";

export function SettingsPage() {
  const { client } = useNeeds();
  const { data: status, error, refetch } = useQuery(statusQuery(client));
  return (
    <>
      <PageHead title="Settings" />
      {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
      {status !== undefined && (
        <div className={styles["page"]}>
          <Certificate fingerprint={status.fingerprint} />
          <Services services={status.services} />
          <About status={status} />
        </div>
      )}
    </>
  );
}

/** Clients that pin it must be told; so it can be copied. */
function Certificate({ fingerprint }: { readonly fingerprint: string }) {
  return (
    <Panel title="Certificate">
      <p>
        Clients trust this server by the SHA-256 fingerprint of its certificate. It changes only when the
        certificate does.
      </p>
      <div className={styles["fingerprint"]}>
        <code tabIndex={0} role="group" aria-label="Fingerprint">
          {fingerprint}
        </code>
        <CopyButton value={fingerprint}>
          {({ copied, copy }) => (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={copied ? "Copied" : "Copy the fingerprint"}
              onClick={copy}
            >
              <Icon name={copied ? "check" : "copy"} />
            </ActionIcon>
          )}
        </CopyButton>
      </div>
    </Panel>
  );
}

type Service = Status["services"][number];

function Services({ services }: { readonly services: readonly Service[] }) {
  return (
    <Panel title="Services">
      <ul className={styles["services"]} aria-label="Services">
        {services.map((service) => (
          <li key={service.name}>
            <strong>{service.name}</strong>
            <ServiceMark state={service.state} />
            <span className="quiet">{service.detail}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function ServiceMark({ state }: { readonly state: Service["state"] }) {
  switch (state) {
    case "running":
      return <Mark tone="ok" icon="ok" word="running" rule="It does its work" />;
    case "failed":
      return <Mark tone="failed" icon="failed" word="failed" rule="It cannot do its work" />;
    case "stopped":
      return (
        <Mark
          tone="queued"
          icon="pause"
          word="stopped"
          rule="It is not needed, or not part of this version"
        />
      );
  }
}

function About({ status }: { readonly status: Status }) {
  const { node, version, startedAt, datastoreCount, slotCount } = status;
  return (
    <Panel title="About">
      <dl className={styles["facts"]}>
        <Fact name="Node">{node}</Fact>
        <Fact name="Version">{version}</Fact>
        <Fact name="Running since">
          <When at={startedAt} /> (<Elapsed from={startedAt} />)
        </Fact>
        <Fact name="Datastores">{datastoreCount}</Fact>
        <Fact name="Slots for tasks">{slotCount}</Fact>
        <Fact name="API">
          <a href="/api/v1/docs">Description of every call</a>
        </Fact>
      </dl>
    </Panel>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
