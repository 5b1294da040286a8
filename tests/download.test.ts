/** Files of a snapshot, fetched by the command line and over both protocols of HTTP, whole or broken off and never silently short. */

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { connect as connectHttp2, constants } from "node:http2";
import { request } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AuditEntry } from "@ironcore-backup/protocol/calls";
import { serverFile } from "./support/api.ts";
import { Installation, until } from "./support/installation.ts";

const LARGE_SIZE_BYTES = 24 * 1024 * 1024;
const NAME = "grö ße.bin";

describe("downloads of a real snapshot", () => {
  const ibs = new Installation();
  const tree = ibs.path("tree");
  const large = randomBytes(LARGE_SIZE_BYTES);
  beforeAll(async () => {
    mkdirSync(join(tree, "sub/inner"), { recursive: true });
    writeFileSync(join(tree, "sub", NAME), large);
    writeFileSync(join(tree, "sub/inner/small.txt"), "small\n");
    await ibs.start();
    ibs.must("datastore", "create", "main", "--path", ibs.store());
    ibs.must("backup", "--path", tree, "--datastore", "main", "--id", "web-1", "--wait");
  });
  afterAll(() => ibs.dispose());

  const SNAPSHOT = "main:host/web-1/latest";
  const archive = (): string => {
    const files = ibs.json<{ name: string }[]>("snapshot", "files", SNAPSHOT);
    const metadata = files.find(({ name }) => name.endsWith(".mpxar.didx"));
    return metadata?.name.replace(".mpxar.didx", "") ?? "";
  };
  const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const token = (): string => readFileSync(join(ibs.dataDir, "local-token"), "utf8").trim();
  const urlOf = (path: string, format?: string): URL => {
    const at = `/api/v1/datastores/main/snapshots/${encodeURIComponent("host/web-1/latest")}/download`;
    const url = new URL(at, serverFile(ibs).url);
    url.search = new URLSearchParams({
      archive: archive(),
      path,
      ...(format === undefined ? {} : { format }),
    }).toString();
    return url;
  };
  const certificate = (): Buffer => readFileSync(join(ibs.dataDir, "tls", "certificate.pem"));

  interface Fetched {
    readonly status: number;
    readonly headers: IncomingHttpHeaders;
    readonly bytes: Buffer;
    /** The answer came to the end that HTTP promises. */
    readonly isWhole: boolean;
  }
  const fetch1 = (url: URL): Promise<Fetched> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token()}` };
      const sent = request(url, { ca: certificate(), headers, agent: false }, (answer) => {
        const parts: Buffer[] = [];
        const end = (): void =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            bytes: Buffer.concat(parts),
            isWhole: answer.complete,
          });
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", () => undefined);
        answer.on("close", end);
      });
      sent.on("error", reject);
      sent.end();
    });
  const fetch2 = (url: URL): Promise<{ readonly bytes: Buffer; readonly rstCode: number }> =>
    new Promise((resolve, reject) => {
      const session = connectHttp2(url.origin, { ca: certificate() });
      session.on("error", reject);
      const stream = session.request({
        ":path": `${url.pathname}${url.search}`,
        authorization: `Bearer ${token()}`,
      });
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("error", () => undefined);
      stream.on("close", () => {
        session.close();
        resolve({ bytes: Buffer.concat(parts), rstCode: stream.rstCode ?? -1 });
      });
      stream.end();
    });

  test("a file comes with its length and its name, over HTTP/1.1 and HTTP/2", async () => {
    const url = urlOf(`/sub/${NAME}`);
    const { headers, bytes, isWhole } = await fetch1(url);
    expect([digestOf(bytes), isWhole]).toEqual([digestOf(large), true]);
    expect(headers).toMatchObject({
      "content-length": String(LARGE_SIZE_BYTES),
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="gr_ _e.bin"; filename*=UTF-8''gr%C3%B6%20%C3%9Fe.bin`,
    });
    const over2 = await fetch2(url);
    expect([digestOf(over2.bytes), over2.rstCode]).toEqual([digestOf(large), constants.NGHTTP2_NO_ERROR]);
  });

  test("the command line saves a file under its name and a directory as what is asked, and overwrites nothing", () => {
    const target = ibs.path("fetched");
    mkdirSync(target);
    const saved = ibs.json<{ file: string; sizeBytes: number }>(
      ...["snapshot", "download", SNAPSHOT, archive(), `/sub/${NAME}`, "--output", join(target, "one")],
    );
    expect(saved.sizeBytes).toBe(LARGE_SIZE_BYTES);
    expect(digestOf(readFileSync(join(target, "one")))).toBe(digestOf(large));
    const again = ibs.run(
      ...[
        "snapshot",
        "download",
        SNAPSHOT,
        archive(),
        "/sub/inner/small.txt",
        "--output",
        join(target, "one"),
      ],
    );
    expect([again.exitCode, digestOf(readFileSync(join(target, "one")))]).toEqual([1, digestOf(large)]);
    const tar = join(target, "sub.tar.zst");
    ibs.must("snapshot", "download", SNAPSHOT, archive(), "/sub", "--format", "tar.zst", "--output", tar);
    execFileSync("tar", ["--zstd", "-xf", tar, "-C", target]);
    expect(digestOf(readFileSync(join(target, "sub", NAME)))).toBe(digestOf(large));
    const zip = join(target, "all.zip");
    ibs.must("snapshot", "download", SNAPSHOT, archive(), "/", "--output", zip);
    expect(execFileSync("unzip", ["-tq", zip], { encoding: "utf8" })).toContain("No errors");
    expect(readdirSync(target).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("a download is in the audit log, and what is refused is refused with its reason before anything comes", async () => {
    const entries = ibs.json<AuditEntry[]>("audit");
    expect(
      entries.some(({ action, subject }) => action === "snapshot.downloaded" && subject.startsWith("main:")),
    ).toBe(true);
    const missing = await fetch1(urlOf("/sub/nothing"));
    expect(missing.bytes.toString()).toContain("SNAPSHOT_PATH_NOT_FOUND");
    const odd = await fetch1(urlOf("/sub", "rar"));
    expect(odd.bytes.toString()).toContain("REQUEST_INVALID");
  });

  test("a reader that leaves in the middle leaves nothing locked", async () => {
    await new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token()}` };
      const sent = request(urlOf("/", "tar.zst"), { ca: certificate(), headers, agent: false }, (answer) => {
        answer.once("data", () => {
          answer.destroy();
          resolve();
        });
      });
      sent.on("error", reject);
      sent.end();
    });
    // A second snapshot, so that the first one is no base of anything and may go.
    ibs.must("backup", "--path", tree, "--datastore", "main", "--id", "other", "--wait");
    await until(
      "the snapshot can be forgotten",
      () => ibs.run("snapshot", "forget", SNAPSHOT).exitCode === 0,
    );
    ibs.must("backup", "--path", tree, "--datastore", "main", "--id", "web-1", "--wait");
  });

  test("a limit of the datastore holds for downloads", async () => {
    ibs.must("datastore", "update", "main", "--bwlimit", "12MiB");
    const startedMs = performance.now();
    const { isWhole } = await fetch1(urlOf(`/sub/${NAME}`));
    ibs.must("datastore", "update", "main", "--bwlimit", "none");
    expect(isWhole).toBe(true);
    // 24 MiB at 12 MiB a second, less what may be owed.
    expect(performance.now() - startedMs).toBeGreaterThan(1200);
  });

  test("a damaged chunk in the middle breaks the download off, and every reader sees that it is not whole", async () => {
    const chunks = join(ibs.store(), ".chunks");
    const files = readdirSync(chunks).flatMap((name) =>
      readdirSync(join(chunks, name)).map((file) => join(chunks, name, file)),
    );
    const sizes = files.map((file) => statSync(file).size);
    const largest = files[sizes.indexOf(Math.max(...sizes))] ?? "";
    truncateSync(largest, statSync(largest).size - 100);
    for (const [path, format] of [
      [`/sub/${NAME}`, undefined],
      ["/sub", "zip"],
      ["/sub", "tar.zst"],
    ] as const) {
      const over1 = await fetch1(urlOf(path, format));
      // Where the first piece is damaged already, nothing has begun and the reason can be told.
      if (over1.status === 200) expect(over1.isWhole).toBe(false);
      else expect(over1.bytes.toString()).toContain("CHUNK_");
      const over2 = await fetch2(urlOf(path, format));
      if (over1.status === 200) expect(over2.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    }
    const target = ibs.path("broken.bin");
    const { exitCode, stderr } = ibs.run(
      ...["snapshot", "download", SNAPSHOT, archive(), `/sub/${NAME}`, "--output", target],
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/DOWNLOAD_BROKEN_OFF|CHUNK_|BLOB_/);
    expect([existsSync(target), existsSync(`${target}.part`)]).toEqual([false, false]);
  });
});
