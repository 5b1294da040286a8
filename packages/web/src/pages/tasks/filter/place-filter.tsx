/** Whose tasks, and where: user, project, datastore. What the caller may list is offered; anything may be typed. */

import { useState } from "react";
import { Autocomplete, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNeeds, useWhoami } from "../../../session/needs.tsx";
import { isAllowedSomewhere } from "../../../session/privilege.ts";
import { datastoresQuery } from "../../../session/query.ts";
import type { TaskAddress } from "../use-task-search.ts";
import { FilterPopover } from "./filter-popover.tsx";
import styles from "./filter.module.css";

const FIELDS = [
  ["user", "User"],
  ["project", "Project"],
  ["datastore", "Datastore"],
] as const;
type FieldName = (typeof FIELDS)[number][0];

export function PlaceFilter({ address }: { readonly address: TaskAddress }) {
  const { search } = address;
  const count = FIELDS.filter(([name]) => search[name] !== undefined).length;
  return (
    <FilterPopover word="User, project, datastore" chosen={count === 0 ? undefined : String(count)}>
      {(close) => <PlaceForm address={address} close={close} />}
    </FilterPopover>
  );
}

function PlaceForm({ address, close }: { readonly address: TaskAddress; readonly close: () => void }) {
  const { search, changeView } = address;
  const [typed, setTyped] = useState<Readonly<Record<FieldName, string>>>({
    user: search.user ?? "",
    project: search.project ?? "",
    datastore: search.datastore ?? "",
  });
  const offers = useOffers();
  return (
    <form
      className={styles["place"]}
      onSubmit={(event) => {
        event.preventDefault();
        changeView(typed);
        close();
      }}
    >
      {FIELDS.map(([name, label]) => (
        <Autocomplete
          key={name}
          size="xs"
          label={label}
          value={typed[name]}
          data={[...offers[name]]}
          limit={20}
          comboboxProps={{ withinPortal: false }}
          onChange={(value) => setTyped({ ...typed, [name]: value })}
        />
      ))}
      <Button type="submit">Apply</Button>
    </form>
  );
}

/** Names that the caller may see; a list that is refused offers nothing. */
function useOffers(): Readonly<Record<FieldName, readonly string[]>> {
  const { client } = useNeeds();
  const whoami = useWhoami();
  const may = (privilege: "user.read" | "project.read" | "datastore.read"): boolean =>
    whoami !== undefined && isAllowedSomewhere(whoami, privilege);
  const users = useQuery({
    queryKey: ["users"],
    queryFn: ({ signal }) => client.call("listUsers", { signal }),
    enabled: may("user.read"),
  });
  const projects = useQuery({
    queryKey: ["projects"],
    queryFn: ({ signal }) => client.call("listProjects", { signal }),
    enabled: may("project.read"),
  });
  const datastores = useQuery({ ...datastoresQuery(client), enabled: may("datastore.read") });
  return {
    user: users.data?.map(({ authId }) => authId) ?? [],
    project: [...new Set([...(projects.data?.map(({ name }) => name) ?? []), ...(whoami?.projects ?? [])])],
    datastore: datastores.data?.map(({ name }) => name) ?? [],
  };
}
