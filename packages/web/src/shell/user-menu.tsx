/** Who is signed in, how the page looks, the keys, and the way out. */

import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import type { Whoami } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import { useWhoami } from "../session/needs.tsx";
import { useSignOut } from "../session/sign-out.ts";
import { useKeyList } from "./keys.tsx";
import styles from "./shell.module.css";

const THEMES = [
  { scheme: "light", word: "Light", icon: "sun" },
  { scheme: "dark", word: "Dark", icon: "moon" },
  { scheme: "auto", word: "As the system", icon: "screen" },
] as const satisfies readonly { scheme: MantineColorScheme; word: string; icon: IconName }[];

export function UserMenu() {
  const whoami = useWhoami();
  const showKeys = useKeyList();
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={240} shadow="md">
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label="Account, theme and keys">
          <Icon name="user" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {whoami !== undefined && (
          <div className={styles["who"]}>
            <strong>{whoami.authId}</strong>
            <span className="quiet">{rolesOf(whoami)}</span>
          </div>
        )}
        <Menu.Divider />
        {THEMES.map(({ scheme, word, icon }) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            leftSection={<Icon name={icon} />}
            rightSection={colorScheme === scheme ? <Icon name="check" /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {word}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="keyboard" />} onClick={showKeys}>
          Keys
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="signOut" />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function rolesOf({ grants }: Whoami): string {
  if (grants.length === 0) return "No role yet: ask an administrator for a grant";
  const roles = grants.map(({ role, scope }) =>
    scope.kind === "platform" ? role : `${role} on ${scope.kind} ${scope.name}`,
  );
  return [...new Set(roles)].join(", ");
}
