/**
 * The one error class of the house, and the tables it is made from.
 *
 * Each package has an `errors.ts` with one table. A row names a code that never changes, says what happened
 * and what the operator can do next. `docs/errors.md` is generated from these tables.
 */

/** Whether the same call can succeed later: never, after repair or waiting, or at once. */
export type Retry = "never" | "later" | "now";

/** Ids, names and sizes that explain an error. Never secrets. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>;

/** One row of an error table. `Context` is what the message needs. */
export interface ErrorEntry<Context extends ErrorContext> {
  readonly message: (context: Context) => string;
  readonly remedy: string;
  readonly retry: Retry;
}

/** An error as it travels and is stored. */
export interface ErrorShape {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly retry: Retry;
  readonly context: ErrorContext;
}

export class CodedError extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly retry: Retry;
  readonly context: ErrorContext;

  constructor(shape: ErrorShape, cause?: unknown) {
    super(shape.message, cause === undefined ? undefined : { cause });
    this.name = "CodedError";
    this.code = shape.code;
    this.remedy = shape.remedy;
    this.retry = shape.retry;
    this.context = shape.context;
  }

  toJSON(): ErrorShape {
    return {
      code: this.code,
      message: this.message,
      remedy: this.remedy,
      retry: this.retry,
      context: this.context,
    };
  }
}

// The table's rows differ in what their message needs; `never` is the only parameter type that all of them accept.
type AnyEntry = ErrorEntry<never>;

type ErrorFactories<Table extends Record<string, AnyEntry>> = {
  readonly [Code in keyof Table]: (
    context: Parameters<Table[Code]["message"]>[0],
    cause?: unknown,
  ) => CodedError;
};

/**
 * Turns a table of rows into factories: `throw formatErrors.BLOB_TRUNCATED({ sizeBytes: 3 })`.
 * The factories keep the table in `errorTableOf` for the generated documentation.
 */
export function defineErrors<Table extends Record<string, AnyEntry>>(table: Table): ErrorFactories<Table> {
  const factories: Record<string, (context: ErrorContext, cause?: unknown) => CodedError> = {};
  for (const [code, entry] of Object.entries(table)) {
    // Each factory is typed by its own row in the return type, so the row's message fits the context it gets.
    const row = entry as unknown as ErrorEntry<ErrorContext>;
    factories[code] = (context, cause) =>
      new CodedError(
        { code, message: row.message(context), remedy: row.remedy, retry: row.retry, context },
        cause,
      );
  }
  return factories as unknown as ErrorFactories<Table>;
}

/** Row helper that lets the compiler infer the context of one message. */
export function errorEntry<Context extends ErrorContext>(
  retry: Retry,
  message: (context: Context) => string,
  remedy: string,
): ErrorEntry<Context> {
  return { message, remedy, retry };
}

export const baseErrors = defineErrors({
  INTERNAL_ERROR: errorEntry(
    "never",
    (c: { detail: string }) => `Internal error: ${c.detail}`,
    "This is a defect of Ironcore Backup. Keep the task log and report it.",
  ),
  INVARIANT_BROKEN: errorEntry(
    "never",
    (c: { invariant: string }) => `Internal invariant broken: ${c.invariant}`,
    "This is a defect of Ironcore Backup. Nothing finished is lost. Keep the task log and report it.",
  ),
  CANCELLED: errorEntry(
    "now",
    (_c: Record<never, never>) => "Cancelled by an operator",
    "Start it again when wanted.",
  ),
  NAME_INVALID: errorEntry(
    "never",
    (c: { kind: string; text: string; rule: string }) => `"${c.text}" is not a valid ${c.kind}: ${c.rule}`,
    "Correct the name and try again.",
  ),
  SCHEDULE_INVALID: errorEntry(
    "never",
    (c: { expression: string; position: number; reason: string; hint: string }) =>
      `The schedule "${c.expression}" is not understood at character ${c.position}: ${c.reason}; ${c.hint}`,
    "Correct the schedule at the place named; docs/calendar.md shows what can be written.",
  ),
  TIME_ZONE_UNKNOWN: errorEntry(
    "never",
    (c: { timeZone: string }) => `There is no time zone "${c.timeZone}"`,
    "Write it as the IANA names it, like Europe/Vienna, America/New_York or UTC.",
  ),
});

/** Makes any thrown thing a coded error; what has no code becomes `INTERNAL_ERROR` with its message. */
export function toCodedError(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  if (isErrorShape(thrown)) return new CodedError(thrown);
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return baseErrors.INTERNAL_ERROR({ detail }, thrown);
}

/** True for an error that crossed a thread, a process or the network and lost its class. */
export function isErrorShape(value: unknown): value is ErrorShape {
  if (typeof value !== "object" || value === null) return false;
  const shape = value as Partial<ErrorShape>;
  return (
    typeof shape.code === "string" &&
    typeof shape.message === "string" &&
    typeof shape.remedy === "string" &&
    (shape.retry === "never" || shape.retry === "later" || shape.retry === "now")
  );
}

/** True when `thrown` says that the caller's own signal ended the work. */
export function isCancelled(thrown: unknown): boolean {
  return thrown instanceof CodedError && thrown.code === "CANCELLED";
}

/** Throws `CANCELLED` when the signal has fired. Call at the head of loops. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw baseErrors.CANCELLED({});
}

/** States what must be true. A failure is a mistake of ours: it ends the task loudly and names the invariant. */
export function assertInvariant(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw baseErrors.INVARIANT_BROKEN({ invariant });
}
