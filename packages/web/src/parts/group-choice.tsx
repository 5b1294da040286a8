/** Which notification group hears of something. Nothing where there is no group to choose, or none that may be seen. */

import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { groupsQuery } from "../session/inbox-query.ts";
import { useNeeds, useWhoami } from "../session/needs.tsx";
import { isAllowedSomewhere } from "../session/privilege.ts";
import { t } from "../texts/texts.ts";

interface ChoiceProps {
  /** `""`: none. */
  readonly value: string;
  readonly onChange: (group: string) => void;
  /** Whose it must be, beside the platform's own. */
  readonly project: string;
  readonly description: string;
}

export function GroupChoice({ value, onChange, project, description }: ChoiceProps) {
  const { client } = useNeeds();
  const whoami = useWhoami();
  const maySee = whoami !== undefined && isAllowedSomewhere(whoami, "notification.read");
  const { data: groups = [] } = useQuery({ ...groupsQuery(client), enabled: maySee });
  const names = groups
    .filter((group) => group.project === undefined || group.project === project)
    .map(({ name }) => name);
  if (names.length === 0 && value === "") return null;
  return (
    <Select
      label={t("parts.group.label")}
      description={description}
      placeholder={t("parts.group.placeholder")}
      clearable
      clearButtonProps={{ "aria-label": t("parts.group.clear") }}
      value={value === "" ? null : value}
      data={names.includes(value) || value === "" ? names : [value, ...names]}
      onChange={(group) => onChange(group ?? "")}
    />
  );
}
