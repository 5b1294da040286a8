/** Describes and compares trees on disk, byte for byte and attribute for attribute, with tools that are not ours. */

import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Everything that a restore must bring back, one line per path. Hard links show as groups of paths. */
export function describeTree(root: string): string[] {
  const lines: string[] = [];
  const groups = new Map<string, string[]>();
  const visit = (path: string): void => {
    const absolute = Buffer.from(`${root}${path === "" ? "" : `/${path}`}`, "latin1");
    const stat = lstatSync(absolute, { bigint: true });
    if (!stat.isDirectory() && stat.nlink > 1n) {
      const key = `${stat.dev}:${stat.ino}`;
      groups.set(key, [...(groups.get(key) ?? []), path]);
    }
    const content = stat.isFile()
      ? `${stat.size} ${createHash("sha256").update(readFileSync(absolute)).digest("hex")}`
      : stat.isSymbolicLink()
        ? readlinkSync(absolute, { encoding: "latin1" })
        : "";
    lines.push(
      `${path} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.mtimeNs} ${stat.rdev} ${content}`,
    );
    if (!stat.isDirectory()) return;
    for (const name of readdirSync(absolute, { encoding: "latin1" }).sort())
      visit(path === "" ? name : `${path}/${name}`);
  };
  visit("");
  for (const group of groups.values()) if (group.length > 1) lines.push(`linked: ${group.join(" ")}`);
  return [...lines, ...describeAttributes(root)];
}

/** What `getfattr` says of everything, access lists and capabilities included. */
function describeAttributes(root: string): string[] {
  const text = execFileSync("getfattr", ["-R", "-h", "-d", "-m", "-", "-e", "hex", "."], {
    cwd: root,
    encoding: "latin1",
    maxBuffer: 1 << 28,
  });
  return text
    .split("\n\n")
    .map((block) => block.split("\n").sort().join(" "))
    .sort();
}
