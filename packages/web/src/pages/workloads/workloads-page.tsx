/** Everything that is protected or should be, the worst first; beside the list the one that is looked at. */

import { useState } from "react";
import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { Workload, WorkloadProtection } from "@ironcore-backup/protocol/calls";
import { Icon } from "../../look/icon.tsx";
import { EmptyState } from "../../parts/empty-state.tsx";
import { ErrorCard } from "../../parts/error-card.tsx";
import { Ago } from "../../parts/instant.tsx";
import { PageHead } from "../../parts/page-head.tsx";
import { ProtectionMark } from "../../parts/protection-mark.tsx";
import { useRowWalk } from "../../parts/row-walk.ts";
import { countOf } from "../../parts/stage-text.ts";
import { useMay, useNeeds, useWhoami } from "../../session/needs.tsx";
import { protectionQuery, workloadsQuery } from "../../session/plan-query.ts";
import { isAllowedSomewhere } from "../../session/privilege.ts";
import { WorkloadDialog } from "./workload-dialog.tsx";
import { sourceWords } from "./workload-form.ts";
import { fitsText, sortByProtection } from "./workload-order.ts";
import styles from "../../parts/list-and-panel.module.css";

export function WorkloadsPage() {
  const { client } = useNeeds();
  const { workload: open } = useParams({ strict: false });
  const { q = "" } = useSearch({ from: "/shell/workloads" });
  const { data, error, refetch } = useQuery(workloadsQuery(client));
  const { data: protection } = useQuery(protectionQuery(client));
  const whoami = useWhoami();
  // What is read there is read with the rights of the server's process.
  const mayName = useMay("host.use");
  const mayCreate = mayName && whoami !== undefined && isAllowedSomewhere(whoami, "job.manage");
  const [isCreating, setCreating] = useState(false);
  const walk = useRowWalk<HTMLUListElement>(open);
  const states = new Map(protection?.workloads.map((one) => [one.workload, one]));
  const shown = sortByProtection(data ?? [], states).filter((workload) => fitsText(workload, q));
  const isOpen = open !== undefined;
  return (
    <>
      <div className={styles["pageHead"]} data-open={isOpen}>
        <PageHead
          title="Workloads"
          aside={
            mayCreate && (
              <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
                New workload
              </Button>
            )
          }
        />
      </div>
      <div className={styles["page"]} data-open={isOpen}>
        <section className={styles["list"]} aria-label="Workloads">
          {error !== null && <ErrorCard error={error} onRetry={() => void refetch()} />}
          {data?.length === 0 && (
            <EmptyState command="ironcore-backup workload add web --path /srv/www --tag prod">
              Nothing is named yet that should be protected. Name a directory, a disk image, or a command
              whose output is kept:
            </EmptyState>
          )}
          {data !== undefined && data.length > 0 && (
            <Tools q={q} shownCount={shown.length} count={data.length} />
          )}
          <ul ref={walk.ref} onKeyDown={walk.onKeyDown}>
            {shown.map((workload) => (
              <li key={workload.name}>
                <Row
                  workload={workload}
                  protection={states.get(workload.name)}
                  isOpen={workload.name === open}
                />
              </li>
            ))}
          </ul>
        </section>
        <Outlet />
      </div>
      {isCreating && <WorkloadDialog onClose={() => setCreating(false)} />}
    </>
  );
}

interface ToolsProps {
  readonly q: string;
  readonly shownCount: number;
  readonly count: number;
}

function Tools({ q, shownCount, count }: ToolsProps) {
  const navigate = useNavigate();
  const take = (text: string): void =>
    void navigate({ to: ".", search: text === "" ? {} : { q: text }, replace: true });
  return (
    <div className={styles["tools"]}>
      <TextInput
        size="xs"
        aria-label="Filter workloads"
        placeholder="Name, tag, project or path"
        leftSection={<Icon name="search" size={14} />}
        value={q}
        onChange={(event) => take(event.currentTarget.value)}
      />
      <span className="quiet">
        {shownCount === count ? countOf(count, "workload") : `${shownCount} of ${countOf(count, "workload")}`}
      </span>
    </div>
  );
}

interface RowProps {
  readonly workload: Workload;
  readonly protection: WorkloadProtection | undefined;
  readonly isOpen: boolean;
}

function Row({ workload, protection, isOpen }: RowProps) {
  const { name, comment, tags = [], project, jobs } = workload;
  return (
    <Link
      to="/workloads/$workload"
      params={{ workload: name }}
      search={true}
      className={styles["row"]}
      data-walk={name}
      aria-current={isOpen ? "true" : undefined}
      replace={isOpen}
    >
      <span className={styles["cell"]}>
        <span className={styles["nameLine"]}>
          <strong>{name}</strong>
          {protection !== undefined && <ProtectionMark state={protection.state} />}
        </span>
        <span className="quiet">{comment ?? [project, ...tags].filter(Boolean).join(" · ")}</span>
      </span>
      <span className={styles["cell"]}>
        <span title={sourceWords(workload)}>{sourceWords(workload)}</span>
        <span className="quiet">{protection?.weakestLink?.message}</span>
      </span>
      <span className={styles["cell"]}>
        <span>
          {protection?.lastBackupAt === undefined ? "No backup yet" : <Ago at={protection.lastBackupAt} />}
        </span>
        <span className="quiet">{protection?.lastBackupAt !== undefined && "last backup"}</span>
      </span>
      <span className={styles["cell"]}>
        <span>{jobs.length === 0 ? "no job" : jobs.join(", ")}</span>
        <span className="quiet">{jobs.length > 0 && (jobs.length === 1 ? "its job" : "its jobs")}</span>
      </span>
    </Link>
  );
}
