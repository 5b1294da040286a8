#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: the program itself needs the Node that npm brought along.

import { spawn } from "node:child_process";
import { createRequire, enableCompileCache } from "node:module";

const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN) {
  // Stripping types and compiling costs more than everything else of a short command.
  enableCompileCache?.();
  const { main } = await import("../src/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  startUnderOwnNode();
}

/** Starts this file again under the Node of the package `node-PLATFORM-ARCH`, which `npm ci` installed. */
function startUnderOwnNode() {
  let node;
  try {
    node = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    process.stderr.write(
      `Ironcore Backup needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.versions.node}.\n` +
        "Run `npm ci` without leaving out optional packages, which brings it along, or install it yourself.\n",
    );
    process.exit(1);
  }
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // A terminal sends Ctrl-C to the child itself; it decides what that means.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal !== null) process.kill(process.pid, signal);
    process.exit(code ?? 1);
  });
}
