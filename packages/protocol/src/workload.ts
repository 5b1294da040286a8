/** What is protected: a named source in a project, which jobs back up. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { KeptCommandSourceSchema, KeptHookCommandSchema } from "./command.ts";
import { WORKLOAD_KINDS } from "./job-words.ts";
import {
  AbsolutePathSchema,
  CommentSchema,
  InstantSchema,
  NameSchema,
  PatternSchema,
  strictObject,
  words,
} from "./shapes.ts";

const TAG_COUNT_MAX = 32;
/** Letters of a tag: it stands in filters, separated by commas. */
export const TagSchema = Type.String({ minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_.:/-]+$" });
/** Also the backup-id of its groups. */
export const WorkloadNameSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
});

const workloadFields = {
  comment: Type.Optional(CommentSchema),
  tags: Type.Optional(Type.Array(TagSchema, { maxItems: TAG_COUNT_MAX })),
  kind: words(WORKLOAD_KINDS),
  /** The type of its groups: `host` for files and commands, `vm` for images when it is left out. */
  backupType: Type.Optional(words(["host", "vm", "ct"])),
  /** The id of its groups; the workload's name when it is left out. */
  backupId: Type.Optional(NameSchema),
  /** Of `command`: programs whose output is kept. A password comes from where the program looks for it itself. */
  commands: Type.Optional(Type.Array(KeptCommandSourceSchema, { minItems: 1, maxItems: 100 })),
  /** Runs before anything is read; its failure fails the backup. */
  preCommand: Type.Optional(KeptHookCommandSchema),
  /** Runs afterwards, also after a failure; its failure is a warning. */
  postCommand: Type.Optional(KeptHookCommandSchema),
  /** Of `files` directories, of `image` disk images and block devices. */
  paths: Type.Optional(Type.Array(AbsolutePathSchema, { minItems: 1, maxItems: 100 })),
  excludes: Type.Optional(Type.Array(PatternSchema, { maxItems: 1000 })),
  /** Members of `paths` whose absence is a warning and not a failure. */
  optionalPaths: Type.Optional(Type.Array(AbsolutePathSchema, { maxItems: 100 })),
  oneFileSystem: Type.Optional(Type.Boolean()),
  /** A key file on the machine that is backed up; turns on encryption. */
  keyFile: Type.Optional(AbsolutePathSchema),
};

export const WorkloadSchema = strictObject(
  {
    name: WorkloadNameSchema,
    /** Absent for what belongs to the platform. */
    project: Type.Optional(Type.String()),
    ...workloadFields,
    createdAt: InstantSchema,
    changedAt: InstantSchema,
    /** Jobs that back it up now. */
    jobs: Type.Array(Type.String()),
  },
  "Workload",
);
export type Workload = Static<typeof WorkloadSchema>;

export const WorkloadCreateSchema = strictObject(
  { name: WorkloadNameSchema, project: Type.Optional(NameSchema), ...workloadFields },
  "WorkloadCreate",
);
export type WorkloadCreate = Static<typeof WorkloadCreateSchema>;

const { kind: _kind, ...changeableFields } = workloadFields;
const nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** What is given replaces what was; `null` takes it away. A workload stays of its kind and in its project. */
export const WorkloadUpdateSchema = strictObject(
  {
    comment: nullable(CommentSchema),
    tags: changeableFields.tags,
    commands: changeableFields.commands,
    preCommand: nullable(KeptHookCommandSchema),
    postCommand: nullable(KeptHookCommandSchema),
    paths: changeableFields.paths,
    excludes: changeableFields.excludes,
    optionalPaths: changeableFields.optionalPaths,
    oneFileSystem: changeableFields.oneFileSystem,
    keyFile: nullable(AbsolutePathSchema),
  },
  "WorkloadUpdate",
);
export type WorkloadUpdate = Static<typeof WorkloadUpdateSchema>;

export const WorkloadListSchema = Type.Array(WorkloadSchema);

/** Whether its parts can be reached now, one answer for each. */
export const WorkloadCheckSchema = strictObject(
  {
    checkedAt: InstantSchema,
    isReachable: Type.Boolean(),
    parts: Type.Array(
      strictObject({
        /** A path, a command's program, a key file. */
        subject: Type.String(),
        isReachable: Type.Boolean(),
        /** What is there, or what is wrong and what to do. */
        message: Type.String(),
      }),
    ),
  },
  "WorkloadCheck",
);
export type WorkloadCheck = Static<typeof WorkloadCheckSchema>;
