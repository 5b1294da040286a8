/** Programs that a backup runs on the server's machine. No shell is in between: words reach the program as they are. */

import { Type } from "typebox";
import { NameSchema, strictObject } from "./shapes.ts";

const WORD_LENGTH_MAX = 4096;
const WORD_COUNT_MAX = 64;
const VARIABLE_COUNT_MAX = 64;
const TIMEOUT_SECONDS_MAX = 7 * 24 * 60 * 60;

/** The program, by its full path or one found in the server's PATH, and its words. */
const argv = Type.Array(Type.String({ maxLength: WORD_LENGTH_MAX, pattern: "^[^\\u0000]*$" }), {
  minItems: 1,
  maxItems: WORD_COUNT_MAX,
});
const commandFields = {
  argv,
  /** Added to the server's own environment. Values are never logged, and are blotted out of what the command says. */
  environment: Type.Optional(
    Type.Record(
      Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }),
      Type.String({ maxLength: WORD_LENGTH_MAX, pattern: "^[^\\u0000]*$" }),
      { maxProperties: VARIABLE_COUNT_MAX, additionalProperties: false },
    ),
  ),
};
const timeout = (maximum: number) => Type.Optional(Type.Integer({ minimum: 1, maximum }));

/** Its standard output becomes the archive `ARCHIVE.didx`; a restore makes a file of that name of it. */
export const CommandSourceSchema = strictObject({
  archive: NameSchema,
  ...commandFields,
  /** When it is over, the command is ended and the backup fails. Absent: as long as it takes. */
  timeoutSeconds: timeout(TIMEOUT_SECONDS_MAX),
});

/** Runs before or after a backup; what it prints stands in the task's log. */
export const HookCommandSchema = strictObject({
  ...commandFields,
  /** 300 when it is left out. */
  timeoutSeconds: timeout(60 * 60),
});

/** The same as a workload keeps them: without an environment, since what is secret is not kept in the clear. */
export const KeptCommandSourceSchema = strictObject({
  archive: NameSchema,
  argv,
  timeoutSeconds: timeout(TIMEOUT_SECONDS_MAX),
});
export const KeptHookCommandSchema = strictObject({ argv, timeoutSeconds: timeout(60 * 60) });

/** How long a command before or after a backup may take when nothing is said. */
export const HOOK_TIMEOUT_SECONDS_DEFAULT = 300;
