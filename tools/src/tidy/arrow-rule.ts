/**
 * Keeps the arrows: reads every import against the tables of `arrow-table.ts`.
 *
 * npm links every workspace where all can find it, so an import that no manifest lists still resolves. That is why
 * three things are checked: the arrow itself, the door it goes through (a package's public name, never a file inside
 * it), and that the package's own manifest lists what it uses.
 */

import { isBuiltin } from "node:module";
import { posix } from "node:path";
import {
  ENGINE_ROOMS,
  EXTRA_ARROWS,
  NODE_MODULE_BANS,
  PACKAGES,
  ROOMLESS_FILES,
  SERVER_ROOMS,
  WEB_ROOMS,
} from "./arrow-table.ts";
import type { Room } from "./arrow-table.ts";
import type { Finding } from "./finding.ts";
import type { Import, SourceFile } from "./source-file.ts";

const SCOPE = "@ironcore-backup/";

/** What a `package.json` says about imports. */
export interface Manifest {
  /** Names of all kinds of dependencies. */
  readonly dependencies: ReadonlySet<string>;
  /** Keys of `exports`: `.` and perhaps further doors, `./calls`. */
  readonly doors: ReadonlySet<string>;
}

/** By the workspace's folder name; `""` is the root's. */
export type Manifests = ReadonlyMap<string, Manifest>;

export function checkArrows(file: SourceFile, manifests: Manifests): Finding[] {
  const roomTable = roomTableOf(file.packageName);
  const findings = roomTable === undefined ? [] : checkOwnRoom(file, roomTable);
  for (const imported of file.imports) {
    const message = refusalOf(file, imported, manifests);
    if (message !== undefined) {
      findings.push({ path: file.path, line: imported.line, rule: "arrow", message });
    }
  }
  return findings;
}

function refusalOf(file: SourceFile, imported: Import, manifests: Manifests): string | undefined {
  const { specifier } = imported;
  if (specifier.startsWith(".")) return refuseRelative(file, specifier);
  if (isBuiltin(specifier)) return refuseNodeModule(file, specifier);
  const undeclared = refuseUndeclared(file, specifier, manifests);
  if (specifier.startsWith(SCOPE)) return refusePackage(file, specifier, manifests) ?? undeclared;
  return undeclared;
}

/** A relative import stays inside its package, and inside it follows the rooms' arrows. */
function refuseRelative(file: SourceFile, specifier: string): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(file.path), specifier));
  const home = file.path.startsWith("packages/") ? `packages/${file.packageName}/` : `${file.packageName}/`;
  if (!target.startsWith(home)) {
    if (!file.path.startsWith("packages/") && !target.startsWith("packages/")) return undefined;
    return `"${specifier}" reaches into another package's files; import the package by its public name ${SCOPE}…`;
  }
  const table = roomTableOf(file.packageName);
  const targetRoom = target.slice(`${home}src/`.length).split("/")[0] ?? "";
  if (table === undefined || file.room === targetRoom || targetRoom === "errors.ts") return undefined;
  const own = table.find((room) => room.name === file.room);
  // A test of the whole package lies in no room and may look into all; its fixtures lie in `testing/`.
  if (file.isTest && (own === undefined || targetRoom === "testing")) return undefined;
  const mayAll = own?.mayImport.includes("all") === true;
  if (mayAll || isRoomless(file.room) || own?.mayImport.includes(targetRoom) === true) return undefined;
  return refusal(`${file.packageName}/${file.room}`, `${file.packageName}/${targetRoom}`, own);
}

function refusePackage(file: SourceFile, specifier: string, manifests: Manifests): string | undefined {
  const [name = "", ...inside] = specifier.slice(SCOPE.length).split("/");
  if (inside.length > 0 && manifests.get(name)?.doors.has(`./${inside.join("/")}`) !== true) {
    return `"${specifier}" is a deep import; use what ${SCOPE}${name} exports, or export it there by name`;
  }
  const own = PACKAGES.find((row) => row.name === file.packageName);
  if (own === undefined || name === file.packageName) return undefined; // tools, benchmarks and tests may use all
  const extra = EXTRA_ARROWS.filter((row) => row.from === `${file.packageName}/${file.room}`);
  const allowed = [...own.mayImport, ...extra.flatMap((row) => row.mayImport)];
  return allowed.includes(name) ? undefined : refusal(file.packageName, name, own);
}

function refuseNodeModule(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith("node:")) return `"${specifier}" is written "node:${specifier}"`;
  if (file.isTest) return undefined;
  for (const ban of NODE_MODULE_BANS) {
    const applies = ban.packages.includes(file.packageName) && ban.modules.test(specifier);
    if (applies && !ban.inRooms.includes(file.room)) {
      return `${file.packageName} may not use "${specifier}": ${ban.why}`;
    }
  }
  return undefined;
}

function refuseUndeclared(file: SourceFile, specifier: string, manifests: Manifests): string | undefined {
  const parts = specifier.split("/");
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
  if (manifests.get(file.packageName)?.dependencies.has(name) === true) return undefined;
  const isOutside = !file.path.startsWith("packages/"); // tools, benchmarks and tests: they see the whole house
  if ((isOutside || file.isTest) && manifests.get("")?.dependencies.has(name) === true) return undefined;
  if (isOutside && specifier.startsWith(SCOPE)) return undefined;
  return `"${name}" is not among the dependencies of ${file.packageName || "the root"}'s package.json; list it there`;
}

/** A file of a package with rooms lies in a room of the table, or is one of the few that belong to none. */
function checkOwnRoom(file: SourceFile, table: readonly Room[]): Finding[] {
  const isSource = file.path.startsWith(`packages/${file.packageName}/src/`);
  const isKnown = table.some((room) => room.name === file.room) || isRoomless(file.room);
  if (!isSource || isKnown || file.isTest) return [];
  const message = `"${file.room}" is no room of ${file.packageName}; the rooms are ${table.map((room) => room.name).join(", ")}`;
  return [{ path: file.path, line: 1, rule: "arrow", message }];
}

function isRoomless(room: string): boolean {
  return ROOMLESS_FILES.some((name) => name === room);
}

const ROOM_TABLES: ReadonlyMap<string, readonly Room[]> = new Map([
  ["engine", ENGINE_ROOMS],
  ["server", SERVER_ROOMS],
  ["web", WEB_ROOMS],
]);

function roomTableOf(packageName: string): readonly Room[] | undefined {
  return ROOM_TABLES.get(packageName);
}

function refusal(from: string, to: string, row: Room | undefined): string {
  const why = row === undefined ? "it is in no table" : row.why;
  const allowed = row === undefined || row.mayImport.length === 0 ? "nothing" : row.mayImport.join(", ");
  return `there is no arrow ${from} → ${to}: ${why} (it may import ${allowed})`;
}
