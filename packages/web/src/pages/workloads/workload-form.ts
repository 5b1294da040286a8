/** What the form of a workload holds as text, and the request that it comes to. */

import { quoteCommandWords, readCommandWords } from "@ironcore-backup/base";
import type { Workload, WorkloadCreate, WorkloadKind, WorkloadUpdate } from "@ironcore-backup/protocol/calls";

export interface WorkloadForm {
  readonly name: string;
  readonly kind: WorkloadKind;
  readonly project: string;
  readonly comment: string;
  /** Separated by commas. */
  readonly tags: string;
  /** One in a line, like the next two. */
  readonly paths: string;
  readonly optionalPaths: string;
  readonly excludes: string;
  readonly oneFileSystem: boolean;
  /** `NAME=COMMAND`, one in a line. */
  readonly commands: string;
  readonly preCommand: string;
  readonly postCommand: string;
  readonly keyFile: string;
}

export const EMPTY_WORKLOAD: WorkloadForm = {
  name: "",
  kind: "files",
  project: "",
  comment: "",
  tags: "",
  paths: "",
  optionalPaths: "",
  excludes: "",
  oneFileSystem: false,
  commands: "",
  preCommand: "",
  postCommand: "",
  keyFile: "",
};

export function formOfWorkload(workload: Workload): WorkloadForm {
  const { commands = [], preCommand, postCommand, paths = [], optionalPaths = [] } = workload;
  return {
    name: workload.name,
    kind: workload.kind,
    project: workload.project ?? "",
    comment: workload.comment ?? "",
    tags: (workload.tags ?? []).join(", "),
    paths: paths.filter((path) => !optionalPaths.includes(path)).join("\n"),
    optionalPaths: optionalPaths.join("\n"),
    excludes: (workload.excludes ?? []).join("\n"),
    oneFileSystem: workload.oneFileSystem === true,
    commands: commands.map(({ archive, argv }) => `${archive}=${quoteCommandWords(argv)}`).join("\n"),
    preCommand: preCommand === undefined ? "" : quoteCommandWords(preCommand.argv),
    postCommand: postCommand === undefined ? "" : quoteCommandWords(postCommand.argv),
    keyFile: workload.keyFile ?? "",
  };
}

export type Troubles<Form> = { readonly [Field in keyof Form]?: string };

/** What the server would refuse, field by field. */
export function troublesOf(form: WorkloadForm): Troubles<WorkloadForm> {
  const { kind, name, paths, optionalPaths, commands, tags, preCommand, postCommand, keyFile } = form;
  const troubles: { [Field in keyof WorkloadForm]?: string | undefined } = {
    name: name === "" || NAME.test(name) ? undefined : "Letters, digits, dots, dashes and underscores",
    tags: listOf(tags, /[,\s]+/).some((tag) => !TAG.test(tag)) ? "Letters, digits and _ . : / -" : undefined,
    ...(kind === "command"
      ? { commands: troubleOfCommands(commands) }
      : { paths: troubleOfPaths(paths), optionalPaths: troubleOfPaths(optionalPaths) }),
    preCommand: troubleOfCommand(preCommand),
    postCommand: troubleOfCommand(postCommand),
    keyFile: keyFile === "" || keyFile.startsWith("/") ? undefined : "An absolute path, from / on",
  };
  // Only what is wrong is in it.
  return Object.fromEntries(Object.entries(troubles).filter(([, trouble]) => trouble !== undefined));
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const TAG = /^[A-Za-z0-9_.:/-]+$/;
const SOURCE = /^([A-Za-z0-9_][A-Za-z0-9._-]*)=(.*)$/s;

function troubleOfPaths(text: string): string | undefined {
  const stranger = listOf(text).find((path) => !path.startsWith("/"));
  return stranger === undefined ? undefined : `${stranger}: an absolute path begins with /`;
}

function troubleOfCommands(text: string): string | undefined {
  for (const line of listOf(text)) {
    const [, , command] = SOURCE.exec(line) ?? [];
    if (command === undefined) return "Each line is NAME=COMMAND, like db.dump=pg_dump -Fc shop";
    const { trouble } = readCommandWords(command);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function troubleOfCommand(text: string): string | undefined {
  return text.trim() === "" ? undefined : readCommandWords(text).trouble;
}

/** Whether there is anything to back up. */
export function isComplete({ kind, name, paths, optionalPaths, commands }: WorkloadForm): boolean {
  const sources = kind === "command" ? commands : `${paths}${optionalPaths}`;
  return name !== "" && sources.trim() !== "";
}

export function createRequest(form: WorkloadForm): WorkloadCreate {
  const { preCommand, postCommand, comment, keyFile, ...rest } = sourcesOf(form);
  return {
    name: form.name,
    kind: form.kind,
    ...rest,
    ...(form.project === "" ? {} : { project: form.project }),
    ...(comment === null ? {} : { comment }),
    ...(preCommand === null ? {} : { preCommand }),
    ...(postCommand === null ? {} : { postCommand }),
    ...(keyFile === null ? {} : { keyFile }),
  };
}

/** Timeouts that were set otherwise stay where the command stays. */
export function updateRequest(form: WorkloadForm, before: Workload): WorkloadUpdate {
  const wish = sourcesOf(form);
  const { preCommand, postCommand, commands, ...rest } = wish;
  return {
    ...rest,
    preCommand: withTimeout(preCommand, before.preCommand),
    postCommand: withTimeout(postCommand, before.postCommand),
    ...(commands === undefined
      ? {}
      : {
          commands: commands.map((command) => {
            const known = before.commands?.find(({ archive }) => archive === command.archive);
            return known?.timeoutSeconds === undefined
              ? command
              : { ...command, timeoutSeconds: known.timeoutSeconds };
          }),
        }),
  };
}

interface Command extends Hook {
  readonly archive: string;
}

/** What both requests have; `null` is nothing for a new one, and takes away what is there. */
interface Sources {
  readonly tags: string[];
  readonly comment: string | null;
  readonly keyFile: string | null;
  readonly preCommand: Hook | null;
  readonly postCommand: Hook | null;
  readonly commands?: Command[];
  readonly paths?: string[];
  readonly optionalPaths?: string[];
  readonly excludes?: string[];
  readonly oneFileSystem?: boolean;
}

interface Hook {
  readonly argv: string[];
  readonly timeoutSeconds?: number;
}

function withTimeout(wish: Hook | null, before: Hook | undefined): Hook | null {
  if (wish === null || before?.timeoutSeconds === undefined) return wish;
  return { ...wish, timeoutSeconds: before.timeoutSeconds };
}

function sourcesOf(form: WorkloadForm): Sources {
  const { kind, tags, comment, keyFile } = form;
  const optionalPaths = listOf(form.optionalPaths);
  return {
    tags: listOf(tags, /[,\s]+/),
    comment: comment.trim() === "" ? null : comment.trim(),
    keyFile: keyFile.trim() === "" ? null : keyFile.trim(),
    preCommand: hookOf(form.preCommand),
    postCommand: hookOf(form.postCommand),
    ...(kind === "command"
      ? { commands: listOf(form.commands).flatMap(commandOf) }
      : { paths: [...listOf(form.paths), ...optionalPaths], optionalPaths }),
    ...(kind === "files" ? { excludes: listOf(form.excludes), oneFileSystem: form.oneFileSystem } : {}),
  };
}

function hookOf(text: string): Hook | null {
  const { words } = readCommandWords(text);
  return words === undefined ? null : { argv: [...words] };
}

function commandOf(line: string): Command[] {
  const [, archive, command = ""] = SOURCE.exec(line) ?? [];
  const { words } = readCommandWords(command);
  return archive === undefined || words === undefined ? [] : [{ archive, argv: [...words] }];
}

function listOf(text: string, separator: RegExp = /\n/): string[] {
  return text
    .split(separator)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What is backed up, in a line. */
export function sourceWords({ kind, paths = [], commands = [] }: Workload): string {
  return kind === "command" ? commands.map(({ archive }) => archive).join(", ") : paths.join(", ");
}
