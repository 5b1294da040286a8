/** A definition with what was asked changed: what is given replaces what was, `null` takes it away. */
export function withChanges<Definition extends object>(
  definition: Definition,
  changes: { readonly [Field in keyof Definition]?: Definition[Field] | null },
): Definition {
  const merged = Object.entries({ ...definition, ...changes }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  // The schemas allow null only for what a definition may be without.
  return Object.fromEntries(merged) as Definition;
}
