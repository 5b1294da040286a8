/** The audit log as it stands in its address. Every value is checked; what is unknown is dropped. */

const TEXT_LENGTH_MAX = 200;

export interface AuditSearch {
  readonly user?: string;
  readonly action?: string;
  readonly q?: string;
}

export function parseAuditSearch({ user, action, q }: Record<string, unknown>): AuditSearch {
  const kept = (value: unknown): string | undefined =>
    typeof value === "string" && value !== "" ? value.slice(0, TEXT_LENGTH_MAX) : undefined;
  const [who, what, text] = [kept(user), kept(action), kept(q)];
  return {
    ...(who === undefined ? {} : { user: who }),
    ...(what === undefined ? {} : { action: what }),
    ...(text === undefined ? {} : { q: text }),
  };
}
