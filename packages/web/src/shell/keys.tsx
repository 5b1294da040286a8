/**
 * The keyboard: every key is listed in one table that `?` shows. A key of two letters is typed one after the other, `g t`.
 * While somebody types into a field, keys belong to the field.
 */

import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Kbd, Modal } from "@mantine/core";
import { t } from "../texts/texts.ts";
import styles from "./keys.module.css";

/** So long after `g` its second letter is waited for. */
const SEQUENCE_MS_MAX = 1500;

export interface KeyBinding {
  /** As `KeyboardEvent.key` names them, a sequence with a blank between: `g t`, `/`, `Escape`. */
  readonly keys: string;
  /** What it does, for the list. */
  readonly does: string;
  readonly run: () => void;
}

interface KeyTable {
  readonly add: (binding: KeyBinding) => () => void;
  readonly list: () => readonly KeyBinding[];
  readonly showList: () => void;
}

const KeysContext = createContext<KeyTable | undefined>(undefined);

/** Binds keys while the component is on the page. `bindings` may be new ones at every drawing. */
export function useKeys(bindings: readonly KeyBinding[]): void {
  const table = useContext(KeysContext);
  const newest = useRef(bindings);
  newest.current = bindings;
  const names = bindings.map(({ keys, does }) => `${keys}\n${does}`).join("\n");
  useEffect(() => {
    const added = newest.current.map(({ keys, does }) =>
      table?.add({
        keys,
        does,
        run: () => newest.current.find((binding) => binding.keys === keys)?.run(),
      }),
    );
    return () => added.forEach((remove) => remove?.());
  }, [table, names]);
}

/** Shows the list of keys, for a menu. */
export function useKeyList(): () => void {
  return useContext(KeysContext)?.showList ?? (() => undefined);
}

export function KeysProvider({ children }: { readonly children: ReactNode }) {
  const [isShown, setShown] = useState(false);
  const table = useMemo(() => createKeyTable(() => setShown(true)), []);
  useEffect(() => listenForKeys(table), [table]);
  return (
    <KeysContext value={table}>
      {children}
      <Modal opened={isShown} onClose={() => setShown(false)} title={t("shell.keys.title")} size="sm">
        <KeyList bindings={isShown ? table.list() : []} />
      </Modal>
    </KeysContext>
  );
}

function KeyList({ bindings }: { readonly bindings: readonly KeyBinding[] }) {
  return (
    <dl className={styles["list"]}>
      {bindings.map(({ keys, does }) => (
        <div key={keys} className={styles["row"]}>
          <dt>
            {keys.split(" ").map((key) => (
              <Kbd key={key} size="xs">
                {key}
              </Kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  );
}

function createKeyTable(showList: () => void): KeyTable {
  const bindings: KeyBinding[] = [{ keys: "?", does: t("shell.keys.showList"), run: showList }];
  return {
    add(binding) {
      bindings.push(binding);
      return () => void bindings.splice(bindings.indexOf(binding), 1);
    },
    list: () => bindings,
    showList,
  };
}

function listenForKeys(table: KeyTable): () => void {
  let before: { readonly key: string; readonly atMs: number } | undefined;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const { key, timeStamp: atMs } = event;
    const sequence =
      before !== undefined && atMs - before.atMs < SEQUENCE_MS_MAX ? `${before.key} ${key}` : key;
    // What was bound last lies on top: a panel's Escape goes before its page's.
    const find = (keys: string) => table.list().findLast((binding) => binding.keys === keys);
    const binding = find(sequence) ?? find(key);
    before = binding === undefined ? { key, atMs } : undefined;
    if (binding === undefined) return;
    event.preventDefault();
    binding.run();
  };
  window.addEventListener("keydown", onKeyDown);
  return () => window.removeEventListener("keydown", onKeyDown);
}

function isTyping({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // An open dialog or menu keeps the keyboard to itself.
  if (target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null) return true;
  return key !== "Escape" && (target.isContentEditable || target.matches("input, textarea, select"));
}
