/** Paths inside an archive: `/` is its root, names are separated by `/`. */

export function joinPath(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

/** Of the root it is the root. */
export function parentPath(directory: string): string {
  const slash = directory.lastIndexOf("/");
  return slash <= 0 ? "/" : directory.slice(0, slash);
}

export interface PathStep {
  readonly name: string;
  readonly path: string;
}

/** Every directory from the one below the root to this one. */
export function pathSteps(directory: string): PathStep[] {
  const names = directory.split("/").filter((name) => name !== "");
  return names.map((name, at) => ({ name, path: `/${names.slice(0, at + 1).join("/")}` }));
}
