/** Where the server's processes find programs that are named without a path. */
export function readSearchPath(): string {
  return process.env["PATH"] ?? "";
}
