/**
 * The dashboard's own look on top of the component library: steel for what can be pressed, paper and graphite for what is
 * read, and colour of full strength only for states. Measures and colours that are not the library's are in `look.css`.
 */

import { createTheme } from "@mantine/core";
import type { MantineColorsTuple } from "@mantine/core";

/** Where the choice of light, dark or automatic is remembered; `public/theme-before-paint.js` reads it too. */
export const THEME_KEY = "ironcore-theme";

const steel: MantineColorsTuple = [
  "#eff4f8",
  "#dde7ef",
  "#bccfdf",
  "#97b4cc",
  "#759bba",
  "#5a86ab",
  "#44729a",
  "#2f5b82",
  "#274c6d",
  "#1d3a55",
];

/** Neutral with a breath of blue, so that the dark theme is graphite and not black. */
const dark: MantineColorsTuple = [
  "#dfe4ea",
  "#c3cad3",
  "#a0a9b5",
  "#6f7a88",
  "#454e5a",
  "#343c46",
  "#262d36",
  "#1a2027",
  "#141920",
  "#0e1217",
];

const gray: MantineColorsTuple = [
  "#f7f8fa",
  "#eff1f4",
  "#e4e8ec",
  "#d5dae1",
  "#b9c1cb",
  "#8f99a6",
  "#66707d",
  "#4b5561",
  "#343c46",
  "#1d232b",
];

/** From the sixth on, white text on it has 4.5:1. */
const red: MantineColorsTuple = [
  "#fdeceb",
  "#fbd5d2",
  "#f6aaa4",
  "#f07e76",
  "#e4574d",
  "#d33f35",
  "#bd3129",
  "#a82820",
  "#8c211b",
  "#711a15",
];

const CLOSE_BUTTON = { closeButtonProps: { "aria-label": "Close" } };

export const theme = createTheme({
  primaryColor: "steel",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  colors: { steel, dark, gray, red },
  black: "#1a2129",
  fontFamily:
    'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "Noto Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "JetBrains Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  headings: {
    fontWeight: "620",
    sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "15px" }, h3: { fontSize: "14px" } },
  },
  defaultRadius: "sm",
  radius: { xs: "3px", sm: "6px", md: "10px", lg: "14px", xl: "20px" },
  focusRing: "auto",
  cursorType: "pointer",
  components: {
    Button: { defaultProps: { size: "xs" } },
    Drawer: { defaultProps: CLOSE_BUTTON },
    Modal: { defaultProps: CLOSE_BUTTON },
    Notification: { defaultProps: CLOSE_BUTTON },
    Tooltip: {
      defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: false } },
    },
  },
});
