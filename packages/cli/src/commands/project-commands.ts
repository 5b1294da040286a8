/** `project create | list | show | update | remove`. */

import type { Command } from "commander";
import type { Project } from "@ironcore-backup/protocol/calls";
import { callAndPrint } from "../call-and-print.ts";
import type { CommandContext } from "../command-context.ts";
import { cliErrors } from "../errors.ts";
import { createCommand, createGroup } from "../global-options.ts";
import type { Options } from "../global-options.ts";
import { plural, printable, showInstant } from "../display/look.ts";
import type { Look } from "../display/look.ts";
import { renderTable } from "../display/table.ts";

interface ProjectOptions {
  readonly comment?: string;
  readonly tasks?: string;
}

const TASKS_OPTION = [
  "--tasks <N>",
  "at most this many of its tasks run at once; `none` for no limit",
] as const;

export function projectCommands(context: CommandContext): Command {
  const create = createCommand("create", "create a project", ["project create shop --comment 'the web shop'"])
    .argument("<NAME>")
    .option("--comment <TEXT>", "note for people")
    .option(...TASKS_OPTION)
    .action(async (name: string, options: Options<ProjectOptions>) => {
      const taskCountMax = parseTaskLimit(options.tasks);
      const body = {
        name,
        ...(options.comment === undefined ? {} : { comment: options.comment }),
        ...(taskCountMax === undefined || taskCountMax === null ? {} : { runningTaskCountMax: taskCountMax }),
      };
      await callAndPrint(context, options, "createProject", { body }, (project) => [
        `Project ${project.name} is created`,
        `  Next: ironcore-backup grant add USER@REALM project-member --project ${project.name}`,
      ]);
    });
  const list = createCommand("list", "list the projects").action((options: Options<object>) =>
    callAndPrint(context, options, "listProjects", {}, (projects) => renderProjects(context.look, projects)),
  );
  const show = createCommand("show", "show one project with its members")
    .argument("<NAME>")
    .action((project: string, options: Options<object>) =>
      callAndPrint(context, options, "getProject", { params: { project } }, describeProject),
    );
  const update = createCommand("update", "change a project")
    .argument("<NAME>")
    .option("--comment <TEXT>", "note for people; empty to take it away")
    .option(...TASKS_OPTION)
    .action(async (project: string, options: Options<ProjectOptions>) => {
      const body = taskLimitUpdate(options);
      await callAndPrint(context, options, "updateProject", { params: { project }, body }, describeProject);
    });
  const remove = createCommand("remove", "remove a project and its grants; its tasks stay in the history")
    .argument("<NAME>")
    .action((project: string, options: Options<object>) =>
      callAndPrint(
        context,
        options,
        "removeProject",
        { params: { project } },
        () => `Project ${project} is removed`,
      ),
    );
  return createGroup("project", "whose tasks and backups they are", [create, list, show, update, remove]);
}

/** What `--comment` and `--tasks` change of a project or a datastore. @throws USAGE_INVALID */
export function taskLimitUpdate(options: ProjectOptions): {
  readonly comment?: string | null;
  readonly runningTaskCountMax?: number | null;
} {
  const { comment } = options;
  const runningTaskCountMax = parseTaskLimit(options.tasks);
  if (comment === undefined && runningTaskCountMax === undefined)
    throw cliErrors.USAGE_INVALID({ detail: "update needs something to change: --comment or --tasks" });
  return {
    ...(comment === undefined ? {} : { comment: comment === "" ? null : comment }),
    ...(runningTaskCountMax === undefined ? {} : { runningTaskCountMax }),
  };
}

/** `null` for no limit, undefined when nothing was said. @throws USAGE_INVALID */
function parseTaskLimit(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === "none") return null;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw cliErrors.USAGE_INVALID({ detail: "--tasks is a whole number from 1 to 1000, or none" });
}

const limitText = ({ runningTaskCountMax }: Project): string =>
  runningTaskCountMax === undefined ? "" : `at most ${plural(runningTaskCountMax, "task")} at once`;

function renderProjects(look: Look, projects: readonly Project[]): string {
  if (projects.length === 0) return "No project. Make one: ironcore-backup project create NAME";
  const rows = projects.map((project) => [
    project.name,
    plural(project.members.length, "member"),
    limitText(project),
    printable(project.comment ?? ""),
  ]);
  return renderTable(look, ["Project", "Members", "Limit", "Comment"], rows);
}

function describeProject(project: Project): string[] {
  const limit = limitText(project);
  return [
    project.name,
    ...(project.comment === undefined ? [] : [`  Comment  ${printable(project.comment)}`]),
    `  Since    ${showInstant(project.createdAt)}`,
    ...(limit === "" ? [] : [`  Limit    ${limit}`]),
    ...project.members.map(({ authId, role }) => `  Member   ${authId} (${role})`),
  ];
}
