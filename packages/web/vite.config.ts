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
  },
  server: {
    proxy: { "/api": { target: "https://127.0.0.1:8007", secure: false } },
  },
});
