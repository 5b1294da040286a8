/** A directory tree with everything a Linux file system can hold, and a description of a tree by tools that are not ours. */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createSeededRandom } from "@ironcore-backup/base";
import { tool } from "./installation.ts";

export interface TreeOptions {
  readonly seed: number;
  readonly fileCount: number;
}

/** Text-like bytes: compressible, different for every call. */
export function textBytes(random: ReturnType<typeof createSeededRandom>, sizeBytes: number): Buffer {
  const words = Array.from({ length: 200 }, () => random.integer(1, 2 ** 30).toString(36));
  let text = "";
  while (text.length < sizeBytes) text += `${words[random.integer(0, words.length - 1)]} `;
  return Buffer.from(text.slice(0, sizeBytes), "latin1");
}

/** Many ordinary files, and one of every odd thing. Needs root for devices, owners and capabilities. */
export function growTree(root: string, options: TreeOptions): void {
  const random = createSeededRandom(options.seed);
  mkdirSync(root, { recursive: true });
  for (let i = 0; i < options.fileCount; i++) {
    const directory = join(root, `d${i % 17}`, `e${i % 5}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file-${i}.txt`), textBytes(random, random.integer(0, 20_000)));
  }
  growOddities(join(root, "odd"), random);
}

function growOddities(odd: string, random: ReturnType<typeof createSeededRandom>): void {
  mkdirSync(join(odd, "empty"), { recursive: true });
  writeFileSync(join(odd, "empty-file"), "");
  writeFileSync(join(odd, "big"), random.bytes(20_000_000));
  linkSync(join(odd, "big"), join(odd, "hard-link"));
  symlinkSync("big", join(odd, "link"));
  symlinkSync("/nowhere/at/all", join(odd, "dangling"));
  symlinkSync("..", join(odd, "up"));
  execFileSync("mkfifo", [join(odd, "fifo")]);
  execFileSync("python3", ["-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", "s"], {
    cwd: odd,
  });
  execFileSync("mknod", [join(odd, "null"), "c", "1", "3"]);
  execFileSync("mknod", [join(odd, "loop"), "b", "7", "0"]);
  growSparseFile(join(odd, "sparse"));
  writeFileSync(Buffer.concat([Buffer.from(`${odd}/bad-utf8-`), Buffer.from([0xff, 0xfe])]), "x");
  writeFileSync(join(odd, "new\nline"), "x");
  writeFileSync(join(odd, "grüße-😀"), "x");
  writeFileSync(join(odd, "n".repeat(255)), "x");
  writeFileSync(join(odd, "setuid"), "#!/bin/sh\n");
  chownSync(join(odd, "setuid"), 1234, 4321);
  chmodSync(join(odd, "setuid"), 0o6755);
  chmodSync(join(odd, "empty"), 0o1777);
  writeFileSync(join(odd, "old"), "x");
  utimesSync(join(odd, "old"), -1, -12345.25);
  tool("setfattr", ["-n", "user.colour", "-v", "blue", join(odd, "big")]);
  tool("setfattr", ["-n", "user.empty", join(odd, "empty")]);
  tool("setfattr", [
    "-n",
    "security.capability",
    "-v",
    "0x0100000200200000000000000000000000000000",
    join(odd, "setuid"),
  ]);
  tool("setfacl", ["-m", "u:1234:rw,g:4321:r,m::rwx", join(odd, "old")]);
  tool("setfacl", ["-m", "d:u:1234:rwx,d:g::r", join(odd, "empty")]);
}

function growSparseFile(path: string): void {
  const file = openSync(path, "w");
  writeSync(file, "start", 0);
  writeSync(file, "middle", 5_000_000);
  closeSync(file);
  truncateSync(path, 50_000_000);
}

/** Kind, mode, owner, size, mtime in nanoseconds, links, link target, and all extended attributes, one line an entry. */
export function describeTree(root: string): string {
  // Sockets are left out of nothing; directories' sizes depend on the file system and are.
  const stat = tool("find", [
    root,
    "-mindepth",
    "1",
    "(",
    "-type",
    "d",
    "-printf",
    "%P\\0%y %m %U %G %T@\\0",
    ")",
    "-o",
    "-printf",
    "%P\\0%y %m %U %G %T@ %s %n %l\\0",
  ]);
  const xattrs = tool("sh", [
    "-c",
    'cd "$1" && find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex 2>/dev/null',
    "sh",
    root,
  ]);
  const devices = tool("sh", [
    "-c",
    'cd "$1" && find . \\( -type b -o -type c \\) -exec stat -c "%n %t %T" {} + | sort',
    "sh",
    root,
  ]);
  const parts = stat.toString("latin1").split("\0");
  const lines: string[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) lines.push(`${JSON.stringify(parts[i])} ${parts[i + 1]}`);
  return [...lines.sort(), xattrs.toString("latin1"), devices.toString("latin1")].join("\n");
}

/** Throws unless both trees have the same bytes, kinds, modes, owners, times, links and attributes. */
export function assertSameTree(expected: string, actual: string): void {
  // diff(1) refuses to compare fifos, sockets and devices by content; describeTree compares those.
  tool("sh", [
    "-c",
    'cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum > "$3.a"; cd "$2" && find . -type f -print0 | sort -z | xargs -0 sha256sum > "$3.b"; diff "$3.a" "$3.b"',
    "sh",
    expected,
    actual,
    `${actual}.sums`,
  ]);
  const [before, after] = [describeTree(expected), describeTree(actual)];
  if (before === after) return;
  const afterLines = new Set(after.split("\n"));
  const beforeLines = new Set(before.split("\n"));
  const gone = [...beforeLines].filter((line) => !afterLines.has(line)).slice(0, 20);
  const come = [...afterLines].filter((line) => !beforeLines.has(line)).slice(0, 20);
  throw new Error(`trees differ:\n- ${gone.join("\n- ")}\n+ ${come.join("\n+ ")}`);
}
