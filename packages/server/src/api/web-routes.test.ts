import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { fastify } from "fastify";
import { afterEach, expect, test } from "vitest";
import { addRefusals } from "./refusal.ts";
import { mountWeb } from "./web-routes.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const SCRIPT = `console.log(${JSON.stringify("x".repeat(5000))});`;

function aBuild(index = "<h1>page</h1>"): string {
  const root = mkdtempSync(join(tmpdir(), "ironcore-web-"));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "dist", "assets"), { recursive: true });
  writeFileSync(join(root, "dist", "index.html"), index);
  writeFileSync(join(root, "dist", "assets", "index-4f3a.js"), SCRIPT);
  writeFileSync(join(root, "dist", "favicon.svg"), "<svg/>");
  writeFileSync(join(root, "secret.txt"), "secret");
  return join(root, "dist");
}

function aDoor(root: string) {
  const app = fastify();
  closers.push(() => app.close());
  addRefusals(app);
  const admission = {
    countOpen: () => undefined,
    identify: never,
    identifyBy: never,
    admit: never,
    readmit: never,
  };
  mountWeb(app, { admission }, root);
  return (url: string, headers: Record<string, string> = {}) => app.inject({ method: "GET", url, headers });
}
const never = (): Promise<never> => Promise.reject(new Error("a page needs no sign-in"));

test("the page comes at the root and at every view, and is asked for again each time", async () => {
  const get = aDoor(aBuild());
  for (const path of ["/", "/tasks", "/tasks?state=failed", "/tasks/UPID%3Avm%3A0001"]) {
    const answer = await get(path);
    expect([path, answer.statusCode, answer.body]).toEqual([path, 200, "<h1>page</h1>"]);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
    });
    const again = await get(path, { "if-none-match": String(answer.headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  }
});

test("no page may run a script of another origin, or one written into it", async () => {
  const policy = (await aDoor(aBuild())("/")).headers["content-security-policy"];
  expect(policy).toContain("default-src 'none'; script-src 'self'; ");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
});

test("a file with a hash in its name is kept for ever, and travels compressed when the reader can", async () => {
  const get = aDoor(aBuild());
  const plain = await get("/assets/index-4f3a.js");
  expect(plain.headers).toMatchObject({
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=31536000, immutable",
    vary: "accept-encoding",
  });
  expect(plain.body).toBe(SCRIPT);
  const br = await get("/assets/index-4f3a.js", { "accept-encoding": "gzip, deflate, br, zstd" });
  expect([br.headers["content-encoding"], br.rawPayload.length < 500]).toEqual(["br", true]);
  expect(brotliDecompressSync(br.rawPayload).toString()).toBe(SCRIPT);
  const gz = await get("/assets/index-4f3a.js", { "accept-encoding": "gzip, br;q=0" });
  expect(gunzipSync(gz.rawPayload).toString()).toBe(SCRIPT);
});

test("a name with a dot is a file for a program and a view for a browser that goes there", async () => {
  const get = aDoor(aBuild());
  expect((await get("/datastores/main.old")).statusCode).toBe(404);
  expect((await get("/datastores/main.old", { accept: "text/html,*/*" })).body).toBe("<h1>page</h1>");
  expect((await get("/assets/gone-1234.js", { accept: "text/html,*/*" })).statusCode).toBe(404);
});

test.each([
  "/../secret.txt",
  "/..%2fsecret.txt",
  "/%2e%2e/secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/assets/../../secret.txt",
  "//secret.txt",
  "/assets/%00",
  "/index.html%00.js",
  "/.env",
])("nothing outside the build can be read: %s", async (path) => {
  const answer = await aDoor(aBuild())(path);
  expect(answer.body).not.toContain("secret\n");
  expect(answer.body).not.toBe("secret");
  expect([200, 404]).toContain(answer.statusCode);
});

test("the API's paths are never a page", async () => {
  const get = aDoor(aBuild());
  for (const path of ["/api", "/api/v1/nothing", "/api2/json/nothing"]) {
    const answer = await get(path, { accept: "text/html" });
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, "ROUTE_NOT_FOUND"]);
  }
});

test("without a build the page says how to make one", async () => {
  const answer = await aDoor(join(aBuild(), "nowhere"))("/");
  expect(answer.statusCode).toBe(404);
  expect(answer.body).toContain("npm run build");
});

test("a new build is shown without a restart", async () => {
  const root = aBuild();
  const get = aDoor(root);
  await get("/");
  writeFileSync(join(root, "index.html"), "<h1>new</h1>");
  utimesSync(join(root, "index.html"), 2_000_000_000, 2_000_000_000);
  writeFileSync(join(root, "assets", "index-9999.js"), "new");
  expect((await get("/")).body).toBe("<h1>new</h1>");
  expect((await get("/assets/index-9999.js")).body).toBe("new");
});
