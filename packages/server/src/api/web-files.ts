/**
 * The dashboard's built files as a table: what is not in it cannot be asked for, whatever the path says.
 *
 * The table is read when the first page is asked for, and again when the build has changed. A file's bytes are read at its
 * first request, compressed once on the thread pool, and kept; a build is one or two megabytes.
 */

import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const FILE_COUNT_MAX = 5000;
const FILE_SIZE_BYTES_MAX = 32 * 1024 * 1024;
/** Below, the head of the answer is larger than what is saved. */
const COMPRESSED_SIZE_BYTES_MIN = 1024;
const BROTLI_QUALITY = 8;

export type ContentEncoding = "br" | "gzip";

export interface WebFile {
  readonly type: string;
  /** Its name holds the hash of its content, so it never changes. */
  readonly immutable: boolean;
  readonly etag: string;
  readonly bytes: Buffer;
  readonly compressed: ReadonlyMap<ContentEncoding, Buffer>;
}

export interface WebFiles {
  /** @param path  `/assets/index-4f3a.js`. Undefined: no such file. */
  find(path: string): Promise<WebFile | undefined>;
  /** The page that shows every view. Undefined: the dashboard is not built. */
  index(): Promise<WebFile | undefined>;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
  webmanifest: "application/manifest+json",
  txt: "text/plain; charset=utf-8",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
  wasm: "application/wasm",
};
const COMPRESSIBLE = /^(?:text|image\/svg|application\/(?:json|manifest|wasm))/;
const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

interface Build {
  readonly madeAtMs: number;
  readonly paths: ReadonlySet<string>;
  readonly files: Map<string, Promise<WebFile>>;
}

/** @param root  directory of the build, with `index.html` in it */
export function createWebFiles(root: string): WebFiles {
  let build: Promise<Build> | undefined;
  const current = async (): Promise<Build | undefined> => {
    const madeAtMs = await stat(join(root, "index.html")).then(
      (found) => found.mtimeMs,
      () => undefined,
    );
    if (madeAtMs === undefined) return undefined;
    if ((await build)?.madeAtMs !== madeAtMs) build = readBuild(root, madeAtMs);
    return build;
  };
  const find = async (path: string): Promise<WebFile | undefined> => {
    const found = await current();
    if (found === undefined || !found.paths.has(path)) return undefined;
    const file = found.files.get(path) ?? readWebFile(root, path);
    found.files.set(path, file);
    return file;
  };
  return { find, index: () => find("/index.html") };
}

async function readBuild(root: string, madeAtMs: number): Promise<Build> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .slice(0, FILE_COUNT_MAX)
    .map((entry) => `/${relative(root, join(entry.parentPath, entry.name)).split(sep).join("/")}`);
  return { madeAtMs, paths: new Set(paths), files: new Map() };
}

async function readWebFile(root: string, path: string): Promise<WebFile> {
  const bytes = await readFile(join(root, path));
  if (bytes.length > FILE_SIZE_BYTES_MAX) throw new Error(`${path} is larger than a page's file can be`);
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  return {
    type,
    immutable: path.startsWith("/assets/"),
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 27)}"`,
    bytes,
    compressed: COMPRESSIBLE.test(type) ? await compress(bytes) : new Map(),
  };
}

async function compress(bytes: Buffer): Promise<ReadonlyMap<ContentEncoding, Buffer>> {
  if (bytes.length < COMPRESSED_SIZE_BYTES_MIN) return new Map();
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  const [br, gz] = await Promise.all([compressBrotli(bytes, { params }), compressGzip(bytes, { level: 9 })]);
  return new Map([
    ["br", br],
    ["gzip", gz],
  ]);
}
