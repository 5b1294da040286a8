/** The views by name, the mark that what is shown is none of them, and the link to it. */

import { useEffect, useState, useSyncExternalStore } from "react";
import { ActionIcon, Button, CopyButton, TextInput } from "@mantine/core";
import { toCodedError } from "@ironcore-backup/base";
import { Icon } from "../../../look/icon.tsx";
import { tellDone, tellFailed } from "../../../parts/tell.ts";
import { viewKey, viewOf } from "../task-search.ts";
import type { TaskAddress } from "../use-task-search.ts";
import { FilterPopover } from "./filter-popover.tsx";
import { BUILT_IN_VIEWS, createSavedViews, findView, VIEW_NAME_LENGTH_MAX } from "./saved-view.ts";
import type { SavedView } from "./saved-view.ts";
import styles from "./filter.module.css";

const savedViews = createSavedViews(localStorage);

export function ViewMenu({ address }: { readonly address: TaskAddress }) {
  const own = useSyncExternalStore(savedViews.subscribe, savedViews.list);
  const here = findView(own, address.search);
  // What the changes began from, as long as the page is open.
  const [base, setBase] = useState(here?.name);
  useEffect(() => {
    if (here !== undefined) setBase(here.name);
  }, [here]);
  return (
    <div className={styles["views"]}>
      <FilterPopover word="View" chosen={here?.name ?? base ?? "unsaved"} isQuiet>
        {(close) => (
          <ViewList
            own={own}
            address={address}
            suggestedName={own.some(({ name }) => name === base) ? base : ""}
            close={close}
          />
        )}
      </FilterPopover>
      {here === undefined && base !== undefined && (
        <span className={styles["unsaved"]} title="What is shown is not what is saved under this name">
          changed
        </span>
      )}
      <CopyLink />
    </div>
  );
}

function ViewList({
  own,
  address,
  suggestedName = "",
  close,
}: {
  readonly own: readonly SavedView[];
  readonly address: TaskAddress;
  readonly suggestedName: string | undefined;
  readonly close: () => void;
}) {
  const key = viewKey(address.search);
  const show = ({ view }: SavedView): void => {
    address.showView(view);
    close();
  };
  return (
    <div className={styles["viewList"]}>
      <ul aria-label="Views of the house">
        {BUILT_IN_VIEWS.map((saved) => (
          <ViewLine key={saved.name} saved={saved} isHere={viewKey(saved.view) === key} onShow={show} />
        ))}
      </ul>
      {own.length > 0 && (
        <ul aria-label="Your views">
          {own.map((saved) => (
            <ViewLine
              key={saved.name}
              saved={saved}
              isHere={viewKey(saved.view) === key}
              onShow={show}
              onRemove={() => keep("The view was not removed", () => savedViews.remove(saved.name))}
            />
          ))}
        </ul>
      )}
      <SaveForm address={address} suggestedName={suggestedName} close={close} />
    </div>
  );
}

function ViewLine({
  saved,
  isHere,
  onShow,
  onRemove,
}: {
  readonly saved: SavedView;
  readonly isHere: boolean;
  readonly onShow: (saved: SavedView) => void;
  readonly onRemove?: () => void;
}) {
  return (
    <li className={styles["viewLine"]}>
      <button type="button" aria-current={isHere} onClick={() => onShow(saved)}>
        {saved.name}
        {isHere && <Icon name="check" size={13} />}
      </button>
      {onRemove !== undefined && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Remove the view ${saved.name}`}
          onClick={onRemove}
        >
          <Icon name="close" size={12} />
        </ActionIcon>
      )}
    </li>
  );
}

function SaveForm({
  address,
  suggestedName,
  close,
}: {
  readonly address: TaskAddress;
  readonly suggestedName: string;
  readonly close: () => void;
}) {
  const [name, setName] = useState(suggestedName);
  return (
    <form
      className={styles["save"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === "") return;
        const saved = keep("The view was not saved", () =>
          savedViews.save({ name, view: viewOf(address.search) }),
        );
        if (!saved) return;
        tellDone(`The view ${name.trim()} is kept in this browser`);
        close();
      }}
    >
      <TextInput
        size="xs"
        label="Save what is shown as"
        value={name}
        maxLength={VIEW_NAME_LENGTH_MAX}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <Button type="submit" disabled={name.trim() === ""}>
        Save
      </Button>
    </form>
  );
}

/** @returns whether it went well; otherwise the person knows */
function keep(what: string, change: () => void): boolean {
  try {
    change();
    return true;
  } catch (thrown) {
    tellFailed(what, toCodedError(thrown));
    return false;
  }
}

function CopyLink() {
  return (
    <CopyButton value={location.href}>
      {({ copied }) => (
        <ActionIcon
          variant="default"
          size={30}
          aria-label={copied ? "Link copied" : "Copy the link to this view"}
          title={copied ? "Link copied" : "Copy the link to this view"}
          // The address at the click, not the one of the last drawing.
          onClick={() =>
            void navigator.clipboard.writeText(location.href).then(() => tellDone("Link copied"))
          }
        >
          <Icon name={copied ? "check" : "link"} size={14} />
        </ActionIcon>
      )}
    </CopyButton>
  );
}
