/**
 * Templates of operators: text in which `{{name}}` stands for what a message says. There is nothing but names: no conditions,
 * no loops, no code. A value is put in as it is and never read again, so what a title holds cannot name anything.
 */

import type { NotificationMessage } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { stateOfMessage } from "./message-words.ts";

export const TEMPLATE_NAMES = [
  "title",
  "state",
  "severity",
  "kind",
  "installation",
  "group",
  "count",
  "url",
  // Of the first entry:
  "event",
  "change",
  "text",
  "remedy",
  "code",
  "project",
  "datastore",
  "job",
  "workload",
] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];
export type TemplateValues = Readonly<Record<TemplateName, string>>;

const PLACE = /\{\{([^{}]*)\}\}/g;

/** What is absent is empty. */
export function templateValues(message: NotificationMessage): TemplateValues {
  const [first] = message.entries;
  const { title, severity, kind, installation, group = "", entryCount, url = "" } = message;
  return {
    title,
    state: stateOfMessage(message).word,
    severity,
    kind,
    installation,
    group,
    count: String(entryCount),
    url,
    event: first?.event ?? "",
    change: first?.change ?? "",
    text: first?.text ?? "",
    remedy: first?.remedy ?? "",
    code: first?.code ?? "",
    project: first?.project ?? "",
    datastore: first?.datastore ?? "",
    job: first?.job ?? "",
    workload: first?.workload ?? "",
  };
}

/**
 * @param options.field  named in the error
 * @param options.also  names that only this template has
 * @throws TEMPLATE_NAME_UNKNOWN
 */
export function checkTemplate(
  template: string,
  options: { readonly field: string; readonly also?: readonly string[] },
): void {
  const names: readonly string[] = [...TEMPLATE_NAMES, ...(options.also ?? [])];
  for (const [, inside = ""] of template.matchAll(PLACE)) {
    const name = inside.trim();
    if (!names.includes(name))
      throw serverErrors.TEMPLATE_NAME_UNKNOWN({
        field: options.field,
        name: name.slice(0, 40),
        names: names.join(", "),
      });
  }
}

/** A name without a value stays as it stands. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(PLACE, (whole, inside: string) => {
    const name = inside.trim();
    return Object.hasOwn(values, name) ? (values[name] ?? "") : whole;
  });
}
