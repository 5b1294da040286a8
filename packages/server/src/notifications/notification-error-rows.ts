/** What can be wrong with targets, groups, rules and wishes about notices. */

import { errorEntry } from "@ironcore-backup/base";

export const notificationErrorRows = {
  SEALED_UNREADABLE: errorEntry(
    "never",
    (c: { place: string }) => `The secret of ${c.place} cannot be opened with this data directory's key`,
    "Restore secrets.key of the data directory, or set the secret again.",
  ),
  TARGET_NOT_FOUND: errorEntry(
    "never",
    (c: { target: string }) => `There is no notification target ${c.target}`,
    "`ironcore-backup notification target list` shows the targets there are.",
  ),
  NOTIFICATION_GROUP_NOT_FOUND: errorEntry(
    "never",
    (c: { group: string }) => `There is no notification group ${c.group}`,
    "`ironcore-backup notification group list` shows the groups there are.",
  ),
  RULE_NOT_FOUND: errorEntry(
    "never",
    (c: { rule: string }) => `There is no notification rule ${c.rule}`,
    "`ironcore-backup notification rule list` shows the rules there are.",
  ),
  NOTIFICATION_NAME_TAKEN: errorEntry(
    "never",
    (c: { kind: string; name: string }) => `There is a notification ${c.kind} ${c.name} already`,
    "Choose another name, or change the one that is there.",
  ),
  NOTIFICATION_IN_USE: errorEntry(
    "never",
    (c: { kind: string; name: string; users: string }) =>
      `The notification ${c.kind} ${c.name} is named by: ${c.users}`,
    "Take it out there first.",
  ),
  NOTIFICATION_LIMIT_REACHED: errorEntry(
    "never",
    (c: { kind: string; countMax: number }) => `There are ${c.countMax} notification ${c.kind}s already`,
    "Remove some that are not needed any more.",
  ),
  NOTIFICATION_FOREIGN: errorEntry(
    "never",
    (c: { kind: string; name: string }) =>
      `The notification ${c.kind} ${c.name} belongs to another project or to the platform`,
    "Name one of the same project.",
  ),
  TARGET_TAKES_NO_MESSAGES: errorEntry(
    "never",
    (c: { target: string; kind: string }) =>
      `The target ${c.target} is of kind ${c.kind} and takes no messages`,
    "Groups name targets of kind smtp or webhook; the others work by themselves.",
  ),
  NOTICE_NOT_FOUND: errorEntry(
    "never",
    (c: { notice: number }) => `There is no notice ${c.notice} in the inbox`,
    "`ironcore-backup notification inbox` shows what there is.",
  ),
  NOTICE_NOT_OPEN: errorEntry(
    "never",
    (c: { notice: number; state: string }) => `The notice ${c.notice} is no open incident: ${c.state}`,
    "Only an incident that is open can be acknowledged or resolved.",
  ),
  DELIVERY_NOT_FOUND: errorEntry(
    "never",
    (c: { delivery: number }) => `There is no delivery ${c.delivery}`,
    "`ironcore-backup notification delivery list` shows what was sent.",
  ),
  DELIVERY_NOT_DEAD: errorEntry(
    "never",
    (c: { delivery: number; state: string }) => `The delivery ${c.delivery} is ${c.state}`,
    "Only what was given up can be sent again.",
  ),
  NOTIFICATION_CURSOR_UNKNOWN: errorEntry(
    "never",
    (_c: Record<never, never>) => "The cursor is none that this list gave",
    "Start the list from its beginning.",
  ),
};
