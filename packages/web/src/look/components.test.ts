import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = join(import.meta.dirname, "..");
const STYLES = join(dirname(createRequire(import.meta.url).resolve("@mantine/core/styles.css")), "styles");

test("every component of the library that a page uses has its styles", () => {
  const listed = readFileSync(join(SOURCE, "look/components.css"), "utf8");
  const used = new Set<string>();
  for (const path of globSync("**/*.tsx", { cwd: SOURCE })) {
    const text = readFileSync(join(SOURCE, path), "utf8");
    for (const [, names = ""] of text.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g))
      for (const name of names.split(",")) used.add(name.trim());
  }
  expect(used).toContain("Button");
  for (const name of used) {
    if (!existsSync(join(STYLES, `${name}.layer.css`))) continue;
    expect(listed, name).toContain(`styles/${name}.layer.css`);
  }
});
