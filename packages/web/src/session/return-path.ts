/** Where a person goes back to after signing in: a path of this page and nothing else, whatever the address says. */

export const HOME_PATH = "/";
const PATH_LENGTH_MAX = 8192;

export function readReturnPath(value: unknown): string {
  if (typeof value !== "string" || value.length > PATH_LENGTH_MAX) return HOME_PATH;
  // `//host` and `/\host` lead to other hosts.
  if (!/^\/(?![/\\])/.test(value) || value.startsWith("/sign-in")) return HOME_PATH;
  return value;
}
