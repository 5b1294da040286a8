/** Who is signed in, how the page looks, the keys, and the way out. */

import { useState } from "react";
import { ActionIcon, Button, Popover, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import type { Whoami } from "@ironcore-backup/protocol/calls";
import { Icon } from "../look/icon.tsx";
import type { IconName } from "../look/icon.tsx";
import { useWhoami } from "../session/needs.tsx";
import { useSignOut } from "../session/sign-out.ts";
import { LANGUAGE_NAMES, LANGUAGES } from "../texts/languages.ts";
import type { Language } from "../texts/languages.ts";
import { chooseLanguage, currentLanguage, t } from "../texts/texts.ts";
import { useKeyList } from "./keys.tsx";
import styles from "./shell.module.css";

const THEMES = [
  { value: "light", word: "shell.menu.light", icon: "sun" },
  { value: "dark", word: "shell.menu.dark", icon: "moon" },
  { value: "auto", word: "shell.menu.auto", icon: "screen" },
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
          aria-label={t("shell.menu.title")}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="user" />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={t("shell.menu.title")}>
        <div className={styles["menu"]}>
          {whoami !== undefined && (
            <p>
              <strong>{whoami.authId}</strong>
              <span className="quiet">{rolesOf(whoami)}</span>
            </p>
          )}
          <ThemeChoice />
          <LanguageChoice />
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
            {t("shell.menu.keys")}
          </Button>
          <Button
            variant="subtle"
            color="gray"
            justify="start"
            leftSection={<Icon name="signOut" />}
            onClick={() => void signOut()}
          >
            {t("shell.menu.signOut")}
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
      aria-label={t("shell.menu.theme")}
      size="xs"
      fullWidth
      value={colorScheme}
      onChange={setColorScheme}
      data={THEMES.map(({ value, word, icon }) => ({
        value,
        label: (
          <span className={styles["theme"]}>
            <Icon name={icon} size={14} />
            {t(word)}
          </span>
        ),
      }))}
    />
  );
}

/** The page is loaded again: everything on it is drawn in one language. */
function LanguageChoice() {
  return (
    <SegmentedControl<Language>
      aria-label={t("shell.menu.language")}
      size="xs"
      fullWidth
      value={currentLanguage()}
      onChange={chooseLanguage}
      data={LANGUAGES.map((language) => ({
        value: language,
        label: <span lang={language}>{LANGUAGE_NAMES[language]}</span>,
      }))}
    />
  );
}

function rolesOf({ grants }: Whoami): string {
  if (grants.length === 0) return t("shell.menu.noRole");
  const roles = grants.map(({ role, scope }) =>
    scope.kind === "platform" ? role : t("shell.menu.roleOn", { role, kind: scope.kind, name: scope.name }),
  );
  return [...new Set(roles)].join(", ");
}
