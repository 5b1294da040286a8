// Runs before the first paint, so that a dark page never flashes white. The key is that of look/theme.ts.
(() => {
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("ironcore-theme") ?? "auto";
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
