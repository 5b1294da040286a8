/** Who is signed in, how the page looks, the keys, and the way out. */

import { useState } from "react";
import { ActionIcon, Button, Popover, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import type { Whoami } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import { useWhoami } from "../session/needs.tsx";
import { useSignOut } from "../session/sign-out.ts";
import { useKeyList } from "./keys.tsx";
import styles from "./shell.module.css";

const THEMES = [
  { value: "light", word: "Light", icon: "sun" },
  { value: "dark", word: "Dark", icon: "moon" },
  { value: "auto", word: "System", icon: "screen" },
] as const satisfies readonly { value: MantineColorScheme; word: string; icon: IconName }[];

export function UserMenu() {
  const [isOpen, setOpen] = useState(false);
  const whoami = useWhoami();
  const showKeys = useKeyList();
  const signOut = useSignOut();
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width={264}
      shadow="md"
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <ActionIcon
          variant="default"
          size={30}
          aria-label="Account, theme and keys"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="user" />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Account, theme and keys">
        <div className={styles["menu"]}>
          {whoami !== undefined && (
            <p>
              <strong>{whoami.authId}</strong>
              <span className="quiet">{rolesOf(whoami)}</span>
            </p>
          )}
          <ThemeChoice />
          <Button
            variant="subtle"
            color="gray"
            justify="start"
            leftSection={<Icon name="keyboard" />}
            onClick={() => {
              setOpen(false);
              showKeys();
            }}
          >
            Keys
          </Button>
          <Button
            variant="subtle"
            color="gray"
            justify="start"
            leftSection={<Icon name="signOut" />}
            onClick={() => void signOut()}
          >
            Sign out
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function ThemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl<MantineColorScheme>
      aria-label="Theme"
      size="xs"
      fullWidth
      value={colorScheme}
      onChange={setColorScheme}
      data={THEMES.map(({ value, word, icon }) => ({
        value,
        label: (
          <span className={styles["theme"]}>
            <Icon name={icon} size={14} />
            {word}
          </span>
        ),
      }))}
    />
  );
}

function rolesOf({ grants }: Whoami): string {
  if (grants.length === 0) return "No role yet: ask an administrator for a grant";
  const roles = grants.map(({ role, scope }) =>
    scope.kind === "platform" ? role : `${role} on ${scope.kind} ${scope.name}`,
  );
  return [...new Set(roles)].join(", ");
}
