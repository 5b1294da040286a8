/** Makes and edits random trees with everything that a file system has, from a seed. */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { makeNodeAt } from "../syscalls/creation.ts";
import { AT_FDCWD, closeFd, openDirectory } from "../syscalls/directory.ts";
import { S_IFIFO } from "../syscalls/file-stat.ts";
import type { Random } from "@ironcore-backup/base";

const NAMES = [
  "a",
  "b",
  "file",
  "caf\xc3\xa9",
  "\xff\xfe",
  "with space",
  "new\nline",
  ".hidden",
  "x.tmp",
  "Z",
  "-dash",
  "*",
];
const SIZES = [0, 1, 15, 16, 17, 4095, 4096, 70_000, 300_000];

export class RandomTree {
  readonly #root: string;
  readonly #random: Random;
  readonly #directories: string[] = [""];
  readonly #files: string[] = [];
  #count = 0;

  /** @param root  an empty directory */
  constructor(root: string, random: Random) {
    this.#root = root;
    this.#random = random;
  }

  grow(entryCount: number): void {
    for (let index = 0; index < entryCount; index++) this.#addEntry();
  }

  edit(editCount: number): void {
    for (let index = 0; index < editCount; index++) this.#edit();
  }

  #absolute(path: string): Buffer {
    return Buffer.from(`${this.#root}/${path}`, "latin1");
  }

  #pick<T>(from: readonly T[]): T {
    const picked = from[this.#random.integer(0, from.length - 1)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  /** A short random piece over and over: making megabytes of chance would take longer than backing them up. */
  #content(): Uint8Array {
    const sizeBytes = this.#pick(SIZES);
    return Buffer.alloc(sizeBytes, this.#random.bytes(Math.max(1, Math.min(sizeBytes, 97))));
  }

  #newPath(): string {
    const directory = this.#pick(this.#directories);
    const name = `${this.#pick(NAMES)}${this.#count++}`;
    return directory === "" ? name : `${directory}/${name}`;
  }

  #addEntry(): void {
    const path = this.#newPath();
    const choice = this.#random.integer(0, 19);
    if (choice < 4) this.#addDirectory(path);
    else if (choice < 5)
      symlinkSync(
        Buffer.from(this.#pick(["nowhere", "/etc/passwd", "../\xff", "."]), "latin1"),
        this.#absolute(path),
      );
    else if (choice < 6 && this.#files.length > 0)
      linkSync(this.#absolute(this.#pick(this.#files)), this.#absolute(path));
    else if (choice < 7) this.#addSparse(path);
    else if (choice < 8) makePipe(this.#root, path);
    else this.#addFile(path);
  }

  #addDirectory(path: string): void {
    mkdirSync(this.#absolute(path));
    this.#directories.push(path);
  }

  #addFile(path: string): void {
    writeFileSync(this.#absolute(path), this.#content());
    this.#files.push(path);
    this.#decorate(path);
  }

  #addSparse(path: string): void {
    const fd = openSync(this.#absolute(path), "w");
    ftruncateSync(fd, 1_000_000);
    writeSync(fd, this.#random.bytes(1000), 0, 1000, this.#random.integer(0, 900_000));
    closeSync(fd);
    this.#files.push(path);
  }

  /** Modes, owners, times. */
  #decorate(path: string): void {
    const absolute = this.#absolute(path);
    if (this.#random.integer(0, 2) === 0)
      chownSync(absolute, this.#random.integer(0, 70_000), this.#random.integer(0, 70_000));
    chmodSync(absolute, this.#pick([0o644, 0o600, 0o755, 0o4755, 0o2711, 0o000, 0o1777]));
    utimesSync(absolute, 1, this.#random.integer(-1000, 2_000_000_000) + this.#random.integer(0, 999) / 1000);
  }

  #edit(): void {
    const choice = this.#random.integer(0, 9);
    if (this.#files.length === 0 || choice < 3) return this.#addEntry();
    const index = this.#random.integer(0, this.#files.length - 1);
    const path = this.#files[index] ?? "";
    if (choice < 6) writeFileSync(this.#absolute(path), this.#content());
    else if (choice < 7) this.#decorate(path);
    else if (choice < 8) {
      rmSync(this.#absolute(path));
      this.#files.splice(index, 1);
    } else {
      const to = this.#newPath();
      renameSync(this.#absolute(path), this.#absolute(to));
      this.#files[index] = to;
    }
  }
}

function makePipe(root: string, path: string): void {
  const fd = openDirectory(AT_FDCWD, root);
  makeNodeAt(fd, path, S_IFIFO | 0o640, 0, 0);
  closeFd(fd);
}

/** Attributes by the system's own tools, on some regular files whose names can be given to them. */
export function addAttributes(root: string): void {
  const files = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && /^[A-Za-z.][ -~]*$/.test(entry.name),
  );
  for (const entry of files.slice(0, 3)) {
    execFileSync("setfattr", ["-n", "user.note", "-v", "0x00ff41", `${entry.parentPath}/${entry.name}`]);
    execFileSync("setfacl", ["-m", "u:1234:rw,g:77:r,m::rwx", `${entry.parentPath}/${entry.name}`]);
  }
}
