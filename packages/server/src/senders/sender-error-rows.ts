/** What can be wrong with the settings of a target, and with the way to it. */

import { errorEntry } from "@ironcore-backup/base";

export const senderErrorRows = {
  TARGET_FIELD_MISSING: errorEntry(
    "never",
    (c: { what: string; fields: string }) => `${c.what} needs ${c.fields}`,
    "Give the field that is named. docs/notifications.md has the fields of each kind.",
  ),
  TARGET_FIELD_FOREIGN: errorEntry(
    "never",
    (c: { what: string; field: string }) => `${c.what} has no field ${c.field}`,
    "Leave the field out. docs/notifications.md has the fields of each kind.",
  ),
  TARGET_FIELD_INVALID: errorEntry(
    "never",
    (c: { field: string; rule: string }) => `The target's ${c.field} is not valid: ${c.rule}`,
    "Correct the field that is named.",
  ),
  TARGET_LOGIN_UNPROTECTED: errorEntry(
    "never",
    (_c: Record<never, never>) => "A name and a password are not sent over a connection without encryption",
    "Set security to starttls or tls, or leave username and password out.",
  ),
  TEMPLATE_NAME_UNKNOWN: errorEntry(
    "never",
    (c: { field: string; name: string; names: string }) =>
      `The template ${c.field} names {{${c.name}}}, which there is not; there are: ${c.names}`,
    "Use one of the names that there are.",
  ),
  TEMPLATE_NOT_JSON: errorEntry(
    "never",
    (c: { field: string; detail: string }) =>
      `The template ${c.field} is not JSON when its names are filled in: ${c.detail}`,
    'Put each name between quotes, as in "{{title}}". Only {{message}} and {{count}} stand without.',
  ),
  TARGET_ADDRESS_PRIVATE: errorEntry(
    "never",
    (c: { host: string; address: string }) =>
      `${c.host} is ${c.address}: an address of this machine or of a private network`,
    "Name a public address. Who manages the platform's targets may set allowPrivate for a target.",
  ),
  TARGET_HOST_UNKNOWN: errorEntry(
    "later",
    (c: { host: string; detail: string }) => `The name ${c.host} leads to no address: ${c.detail}`,
    "Check the name, and that this machine can reach its name server.",
  ),
};
