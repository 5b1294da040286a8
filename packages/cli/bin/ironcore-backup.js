#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: the program itself needs the Node that npm brought along.

import { spawn } from "node:child_process";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN) {
  keepCompiledCode();
  const { main } = await import("../src/main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  startUnderOwnNode();
}

/**
 * Stripping types and compiling costs more than everything else of a short command. The cache lies in the user's own
 * directory: in a shared one, such as Node's default below the temporary files, others could place code for us to run.
 */
function keepCompiledCode() {
  // The server keeps its compiled code in its data directory.
  if (process.argv[2] === "serve") return;
  const cacheHome = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  module.enableCompileCache(join(cacheHome, "ironcore-backup", "compiled"));
}

/** Starts this file again under the Node of the package `node-PLATFORM-ARCH`, which `npm ci` installed. */
function startUnderOwnNode() {
  let node;
  try {
    node = module.createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`);
  } catch {
    process.stderr.write(
      `Ironcore Backup needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.versions.node}.\n` +
        "Run `npm ci` without leaving out optional packages, which brings it along, or install it yourself.\n",
    );
    process.exit(1);
  }
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // A terminal sends Ctrl-C and its own end to the child too, which must not hear them twice.
  const isAtTerminal = process.stdin.isTTY;
  for (const signal of ["SIGINT", "SIGHUP"]) {
    process.on(signal, () => {
      if (!isAtTerminal) child.kill(signal);
    });
  }
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    process.stderr.write(`${node} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Ends as the child did, so that the shell sees the same.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
