/**
 * The data of the benchmark, generated from a seed and from what every Debian machine has: documents, headers, libraries
 * and this checkout's own packages.
 *
 * a: many small files, sizes and compressibility as in a real tree. A source file used a second time is varied, so that
 *    no tool stores it for nothing. b: three big compressible files: a web log, binaries, an ext4 image half full.
 * c: one incompressible file. Sizes are for scale 1.
 */

import { spawnSync } from "node:child_process";
import { createCipheriv } from "node:crypto";
import {
  closeSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createSeededRandom } from "@ironcore-backup/base";
import type { Random } from "@ironcore-backup/base";

export type CorpusName = "a" | "b" | "c";

export interface Corpus {
  readonly name: CorpusName;
  readonly path: string;
  readonly description: string;
  readonly sizeBytes: number;
  readonly fileCount: number;
  /** Changes 1 % of it in place. Each call changes other places. */
  change(): void;
}

const SMALL_FILE_COUNT = 100_000;
const SMALL_FILE_SIZE_BYTES_MAX = 8 << 20;
const FILES_PER_DIRECTORY = 10;
const LOG_SIZE_BYTES = 630_000_000;
const BINARIES_SIZE_BYTES = 420_000_000;
const IMAGE_SIZE_BYTES = 1 << 30;
const IMAGE_FILE_SIZE_BYTES_MIN = 24 << 10;
const RANDOM_SIZE_BYTES = 1 << 30;
const EXTENT_SIZE_BYTES = 256 << 10;
const CHANGED_SHARE = 0.01;
const PIECE_SIZE_BYTES = 4 << 20;

/** Where realistic content comes from, in this order; what is not there is skipped. */
const POOL_FOLDERS = [
  "/usr/share",
  "/usr/lib",
  "/usr/include",
  join(import.meta.dirname, "../../node_modules"),
];
const POOL_FILE_COUNT_MAX = 400_000;

export function createCorpus(
  name: CorpusName,
  path: string,
  options: { readonly scale: number; readonly seed: number },
): Corpus {
  mkdirSync(path, { recursive: true });
  const random = createSeededRandom(options.seed);
  const makers = { a: createSmallFiles, b: createBigFiles, c: createIncompressible };
  const { description, change } = makers[name](path, options.scale, random);
  const { sizeBytes, fileCount } = sizeOf(path);
  return { name, path, description, sizeBytes, fileCount, change };
}

/** Apparent bytes and files below a folder. */
function sizeOf(path: string): { readonly sizeBytes: number; readonly fileCount: number } {
  let sizeBytes = 0;
  let fileCount = 0;
  for (const file of filesBelow(path)) {
    sizeBytes += lstatSync(file).size;
    fileCount += 1;
  }
  return { sizeBytes, fileCount };
}

/** Bytes that a folder takes on disk, as `du` counts them: what a tool's repository really costs. */
export function diskUsageOf(path: string): number {
  let blocks = 0;
  for (const file of filesBelow(path)) blocks += lstatSync(file).blocks;
  return blocks * 512;
}

/** Reads everything below a folder, so that the page cache is warm (trap 1 of the README). */
export function warm(path: string): void {
  const buffer = Buffer.allocUnsafe(PIECE_SIZE_BYTES);
  for (const file of filesBelow(path)) {
    const fd = openSync(file, "r");
    while (readSync(fd, buffer, 0, buffer.length, null) > 0);
    closeSync(fd);
  }
}

/** Regular files below a folder (or the file itself), in the order of the names. */
function* filesBelow(path: string): Generator<string> {
  if (statSync(path).isFile()) {
    yield path;
    return;
  }
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isDirectory()) yield* filesBelow(join(path, entry.name));
    else if (entry.isFile()) yield join(path, entry.name);
  }
}

interface Made {
  readonly description: string;
  readonly change: () => void;
}

function createSmallFiles(path: string, scale: number, random: Random): Made {
  const pool = sourcePool();
  const fileCount = Math.max(100, Math.round(SMALL_FILE_COUNT * scale));
  const paths: string[] = [];
  const used = new Set<string>();
  let folder = path;
  for (let i = 0; i < fileCount; i++) {
    if (i % FILES_PER_DIRECTORY === 0) {
      folder = join(path, ...folderNames(i / FILES_PER_DIRECTORY, random));
      mkdirSync(folder, { recursive: true });
    }
    const source = pick(pool, random);
    const content = readFileSync(source);
    const file = join(folder, `${i}-${source.slice(source.lastIndexOf("/") + 1)}`);
    writeFileSync(file, used.has(source) ? vary(content, random) : content, {
      mode: i % 20 === 0 ? 0o755 : 0o644,
    });
    used.add(source);
    paths.push(file);
    if (i % 50 === 7) symlinkSync(`${i}-target`, join(folder, `${i}-link`));
    if (i % 200 === 13) linkSync(file, join(folder, `${i}-hard`));
  }
  const change = (): void => {
    for (let i = 0; i < paths.length * CHANGED_SHARE; i++) insertBytes(pick(paths, random), random);
  };
  return { description: `${fileCount} small files`, change };
}

/** Up to four levels, most folders near others. */
function folderNames(index: number, random: Random): string[] {
  const names = [`area-${index % 7}`, `part-${Math.floor(index / 7) % 60}`];
  if (random.integer(0, 2) > 0) names.push(`section-${Math.floor(index / 420)}`);
  names.push(`folder-${index}`);
  return names;
}

function sourcePool(): string[] {
  const pool: string[] = [];
  for (const folder of POOL_FOLDERS) {
    try {
      for (const file of filesBelow(folder)) {
        if (pool.length >= POOL_FILE_COUNT_MAX) return pool;
        const { size } = lstatSync(file);
        if (size > 0 && size <= SMALL_FILE_SIZE_BYTES_MAX) pool.push(file);
      }
    } catch (error) {
      // A folder of the list that this machine lacks; another failure would be one of the machine and must be seen.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return pool;
}

/** The same kind of content with other words at every few KiB, so that no cut of it is known already. */
function vary(content: Buffer, random: Random): Buffer {
  const start = random.integer(0, content.length - 1);
  const varied = Buffer.concat([content.subarray(start), content.subarray(0, start)]);
  for (let at = 0; at < varied.length; at += random.integer(512, 4096)) {
    varied.write(Buffer.from(random.bytes(6)).toString("hex"), at, "latin1");
  }
  return varied;
}

function insertBytes(file: string, random: Random): void {
  const content = readFileSync(file);
  const at = random.integer(0, content.length);
  const added = Buffer.from(random.bytes(15)).toString("hex");
  writeFileSync(file, Buffer.concat([content.subarray(0, at), Buffer.from(added), content.subarray(at)]));
}

function createBigFiles(path: string, scale: number, random: Random): Made {
  writeLog(join(path, "access.log"), Math.round(LOG_SIZE_BYTES * scale), random);
  writeBinaries(join(path, "binaries.bin"), Math.round(BINARIES_SIZE_BYTES * scale));
  const image = join(path, "disk.img");
  writeImage(image, Math.max(16 << 20, Math.round((IMAGE_SIZE_BYTES * scale) / 2 ** 20) * 2 ** 20));
  return {
    description: "web log, binaries, ext4 image half full",
    change: () => overwriteExtents(image, random),
  };
}

function writeLog(path: string, sizeBytes: number, random: Random): void {
  const pages = Array.from({ length: 400 }, (_, i) => `/shop/item/${i * 7919}/view?page=${i % 13}`);
  const agents = [
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "curl/8.14.1",
    "Mozilla/5.0 (Macintosh) Safari/605.1",
  ];
  const fd = openSync(path, "w");
  let seconds = 1_700_000_000;
  for (let written = 0; written < sizeBytes;) {
    let text = "";
    while (text.length < PIECE_SIZE_BYTES) {
      seconds += random.integer(0, 2);
      const host = `10.${random.integer(0, 3)}.${random.integer(0, 255)}.${random.integer(1, 254)}`;
      const at = new Date(seconds * 1000).toISOString();
      const size = random.integer(200, 90_000);
      text += `${host} - - [${at}] "GET ${pick(pages, random)} HTTP/1.1" ${random.integer(0, 30) === 0 ? 404 : 200} ${size} "-" "${pick(agents, random)}"\n`;
    }
    written += writeSync(fd, text.slice(0, sizeBytes - written));
  }
  closeSync(fd);
}

function writeBinaries(path: string, sizeBytes: number): void {
  const fd = openSync(path, "w");
  let written = 0;
  for (const file of binaries()) {
    if (written >= sizeBytes) break;
    const content = readFileSync(file);
    written += writeSync(fd, content.subarray(0, sizeBytes - written));
  }
  closeSync(fd);
}

/** Libraries of the machine, then the Node that runs this: together more than is ever asked for on a usual machine. */
function* binaries(): Generator<string> {
  for (const file of filesBelow("/usr/lib")) if (/\.so(\.|$)|\.a$/.test(file)) yield file;
  for (const file of filesBelow("/usr/bin")) yield file;
  yield process.execPath;
}

/** An ext4 file system made without mounting, half full of documents. */
function writeImage(path: string, sizeBytes: number): void {
  const content = `${path}.content`;
  mkdirSync(content);
  let filled = 0;
  // Not the tiniest: a file system has one inode for every 16 KiB.
  for (const file of sourcePool().filter((path) => lstatSync(path).size >= IMAGE_FILE_SIZE_BYTES_MIN)) {
    const copy = readFileSync(file);
    if (filled + copy.length > sizeBytes / 2) break;
    writeFileSync(join(content, String(filled)), copy);
    filled += copy.length + 4096;
  }
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  const id = "3f1c7a52-8f0e-4a9e-9d53-0c5c8f5c1f11";
  const done = spawnSync("/usr/sbin/mkfs.ext4", [
    "-q",
    "-F",
    "-U",
    id,
    "-E",
    `hash_seed=${id}`,
    "-d",
    content,
    path,
  ]);
  rmSync(content, { recursive: true });
  if (done.status !== 0) throw new Error(`mkfs.ext4: ${done.error?.message ?? done.stderr.toString()}`);
}

function createIncompressible(path: string, scale: number, random: Random): Made {
  const file = join(path, "random.bin");
  const cipher = createCipheriv("aes-128-ctr", random.bytes(16), random.bytes(16));
  const zeros = Buffer.alloc(PIECE_SIZE_BYTES);
  const fd = openSync(file, "w");
  const sizeBytes = Math.round(RANDOM_SIZE_BYTES * scale);
  for (let written = 0; written < sizeBytes;) {
    written += writeSync(fd, cipher.update(zeros).subarray(0, sizeBytes - written));
  }
  closeSync(fd);
  return { description: "one incompressible file", change: () => overwriteExtents(file, random) };
}

/** 1 % of the file, in extents of 256 KiB at random places, half compressible. */
function overwriteExtents(path: string, random: Random): void {
  const fd = openSync(path, "r+");
  const { size } = fstatSync(fd);
  const extentCount = Math.max(1, Math.round((size * CHANGED_SHARE) / EXTENT_SIZE_BYTES));
  for (let i = 0; i < extentCount; i++) {
    const at = random.integer(0, Math.max(0, Math.floor(size / 4096) - EXTENT_SIZE_BYTES / 4096)) * 4096;
    const bytes = Buffer.from(random.bytes(EXTENT_SIZE_BYTES / 2));
    writeSync(
      fd,
      Buffer.concat([bytes, Buffer.alloc(bytes.length, i)]),
      0,
      Math.min(EXTENT_SIZE_BYTES, size - at),
      at,
    );
  }
  closeSync(fd);
}

function pick<Item>(list: readonly Item[], random: Random): Item {
  const item = list[random.integer(0, list.length - 1)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}
