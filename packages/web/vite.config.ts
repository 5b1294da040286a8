import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev -w @ironcore-backup/web` shows changes at once and asks the server on this machine for everything else.
export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // Everything is a file of its own: the page's policy allows no data: URLs.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What the first page needs comes in two files and not in forty: each costs its reader a request, and a browser
          // keeps nothing of a server whose certificate nobody signed. Pages bring the rest.
          groups: [
            {
              name: (id, graph) => (isLibrary(id) && isOfFirstLoad(id, graph) ? "library" : null),
              priority: 3,
            },
            {
              name: (id, graph) =>
                !id.includes("/node_modules/") && isOfFirstLoad(id, graph) ? "house" : null,
              priority: 2,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: { "/api": { target: "https://127.0.0.1:8007", secure: false } },
  },
});

const isLibrary = (id: string): boolean => id.includes("/node_modules/") && !FIELDS.test(id);

/** Pages bring them; the library's list of all its components makes them look as if the frame did. */
const FIELDS =
  /@tanstack\/(?:react-virtual|virtual-core)|react-number-format|@mantine\/core\/esm\/components\/(?:Autocomplete|Checkbox|Chip|Combobox|FileInput|InlineInput|Menu|MultiSelect|NativeSelect|NumberInput|PasswordInput|Pill|PillsInput|Radio|Select|Switch|TagsInput|Textarea)\//;

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

const firstLoad = new Set<string>();

/** Whether the frame around every page imports it, through however many others. */
function isOfFirstLoad(id: string, graph: Graph): boolean {
  if (firstLoad.size === 0) {
    const waiting = [new URL("./src/main.tsx", import.meta.url).pathname];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (firstLoad.has(next)) continue;
      firstLoad.add(next);
      waiting.push(...(graph.getModuleInfo(next)?.importedIds ?? []));
    }
  }
  return firstLoad.has(id);
}
