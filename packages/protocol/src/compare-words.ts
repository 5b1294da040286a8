/** The words of comparing snapshots, without a schema. */

export const CHANGE_WORDS = ["added", "removed", "changed"] as const;
export type ChangeWord = (typeof CHANGE_WORDS)[number];

/** `target`: of a link or device; `attributes`: extended ones, access lists and flags; `kind`: it is something else now. */
export const CHANGE_PARTS = ["content", "mode", "owner", "time", "target", "attributes", "kind"] as const;
export type ChangePart = (typeof CHANGE_PARTS)[number];
