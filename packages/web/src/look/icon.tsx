/**
 * Icons as inline drawings on a grid of 16, in the colour of the text they stand in. They repeat what a word beside them
 * says, so they are hidden from screen readers.
 */

import type { ReactNode } from "react";

const DRAWINGS = {
  dashboard: (
    <>
      <rect x="2" y="2" width="5" height="6.5" rx="1" />
      <rect x="9" y="2" width="5" height="3.5" rx="1" />
      <rect x="2" y="10.5" width="5" height="3.5" rx="1" />
      <rect x="9" y="7.5" width="5" height="6.5" rx="1" />
    </>
  ),
  tasks: (
    <>
      <path d="M6.5 4H14M6.5 8H14M6.5 12H14" />
      <path d="m1.8 4 .9.9 1.6-1.8M1.8 8l.9.9 1.6-1.8M1.8 12l.9.9 1.6-1.8" />
    </>
  ),
  workers: (
    <>
      <rect x="2" y="2.5" width="12" height="4.5" rx="1" />
      <rect x="2" y="9" width="12" height="4.5" rx="1" />
      <path d="M4.5 4.75h.01M4.5 11.25h.01M8 4.75h3.5M8 11.25h3.5" />
    </>
  ),
  queued: (
    <>
      <circle cx="8" cy="8" r="5.75" strokeDasharray="2.4 2.1" />
      <path d="M8 5v3.2l2 1.2" />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M6.8 5.6 10.6 8l-3.8 2.4z" fill="currentColor" />
    </>
  ),
  ok: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="m5.4 8.2 1.8 1.8 3.4-3.8" />
    </>
  ),
  warning: (
    <>
      <path d="M8 2.2 14.3 13.3H1.7z" />
      <path d="M8 6.3v3.2M8 11.4h.01" />
    </>
  ),
  failed: (
    <>
      <path d="M5.4 1.9h5.2l3.5 3.5v5.2l-3.5 3.5H5.4l-3.5-3.5V5.4z" />
      <path d="m6 6 4 4M10 6l-4 4" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="m4.2 11.8 7.6-7.6" />
    </>
  ),
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  play: <path d="M5 3.2 12.4 8 5 12.8z" />,
  restore: <path d="M8 10.4V3M4.8 5.8 8 2.6l3.2 3.2M3 13.5h10" />,
  drain: <path d="M8 2.5v7.5M4.8 7.2 8 10.4l3.2-3.2M3 13.5h10" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" />,
  retry: <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.3v2.9h-2.9" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  close: <path d="m4 4 8 8M12 4l-8 8" />,
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M3.5 12.5l1.1-1.1M11.4 4.6l1.1-1.1" />
    </>
  ),
  moon: <path d="M13.2 9.7A5.6 5.6 0 1 1 6.3 2.8a4.6 4.6 0 0 0 6.9 6.9z" />,
  screen: (
    <>
      <rect x="1.8" y="2.8" width="12.4" height="8.2" rx="1" />
      <path d="M5.5 13.6h5" />
    </>
  ),
  user: (
    <>
      <circle cx="8" cy="5.4" r="2.7" />
      <path d="M2.8 13.6c.6-2.7 2.7-4 5.2-4s4.6 1.3 5.2 4" />
    </>
  ),
  signOut: <path d="M6.5 2.8H3.2v10.4h3.3M6.6 8h7M11 5.2 13.8 8 11 10.8" />,
  keyboard: (
    <>
      <rect x="1.5" y="4" width="13" height="8" rx="1.2" />
      <path d="M4 6.7h.01M6.7 6.7h.01M9.3 6.7h.01M12 6.7h.01M4.8 9.4h6.4" />
    </>
  ),
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1" />
      <path d="M10.5 5.5v-3h-8v8h3" />
    </>
  ),
  check: <path d="m3 8.4 3.2 3.2L13 4.8" />,
  chevronRight: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  chevronDown: <path d="m3.5 6 4.5 4.5L12.5 6" />,
  chevronUp: <path d="m3.5 10 4.5-4.5 4.5 4.5" />,
  download: <path d="M8 2.5v7.5M4.8 6.9 8 10.1l3.2-3.2M2.8 13.3h10.4" />,
  filter: <path d="M2 3h12L9.5 8.4v4.8l-3-1.6V8.4z" />,
  link: (
    <path d="M6.6 9.4 9.4 6.6M7.2 4.6l1.5-1.5a3 3 0 0 1 4.2 4.2l-1.5 1.5M8.8 11.4l-1.5 1.5a3 3 0 0 1-4.2-4.2l1.5-1.5" />
  ),
  datastore: (
    <>
      <ellipse cx="8" cy="3.8" rx="5.2" ry="1.9" />
      <path d="M2.8 3.8v8.4c0 1 2.3 1.9 5.2 1.9s5.2-.9 5.2-1.9V3.8M2.8 8c0 1 2.3 1.9 5.2 1.9S13.2 9 13.2 8" />
    </>
  ),
  snapshots: (
    <>
      <path d="M8 2 14 5 8 8 2 5z" />
      <path d="m2 8 6 3 6-3M2 11l6 3 6-3" />
    </>
  ),
  statistics: <path d="M2.5 13.5h11M4 11V8.5M8 11V4M12 11V6.5" strokeWidth="1.8" />,
  prune: (
    <>
      <circle cx="4" cy="4" r="1.9" />
      <circle cx="4" cy="12" r="1.9" />
      <path d="M5.4 5.3 13.5 13M5.4 10.7 13.5 3" />
    </>
  ),
  settings: (
    <>
      <circle cx="8" cy="8" r="2" />
      <circle cx="8" cy="8" r="4.6" />
      <path d="M8 1.6v1.8M8 12.6v1.8M1.6 8h1.8M12.6 8h1.8M3.5 3.5l1.3 1.3M11.2 11.2l1.3 1.3M3.5 12.5l1.3-1.3M11.2 4.8l1.3-1.3" />
    </>
  ),
  bell: (
    <path d="M8 1.9v1M4 7.2a4 4 0 0 1 8 0c0 3 .9 4 1.6 4.6H2.4C3.1 11.2 4 10.2 4 7.2zM6.6 13.9a1.5 1.5 0 0 0 2.8 0" />
  ),
  bellAlert: (
    <>
      <path d="M8 1.9v1M4 7.2a4 4 0 0 1 8 0c0 3 .9 4 1.6 4.6H2.4C3.1 11.2 4 10.2 4 7.2zM6.6 13.9a1.5 1.5 0 0 0 2.8 0" />
      <path d="M8 5.4v2.8M8 9.9h.01" />
    </>
  ),
  folder: <path d="M1.8 12.7V3.6h4.4l1.5 1.8h6.5v7.3z" />,
  file: <path d="M3.6 1.9h5.6l3.2 3.2v9H3.6zM9 2v3.3h3.3" />,
  device: (
    <>
      <rect x="2" y="4" width="12" height="8" rx="1" />
      <path d="M4.5 9.5h3M11.5 9.5h.01" />
    </>
  ),
  shield: <path d="M8 1.8 13.2 3.7v4c0 3-2.1 5.3-5.2 6.5-3.1-1.2-5.2-3.5-5.2-6.5v-4z" />,
  lock: (
    <>
      <rect x="3.2" y="7" width="9.6" height="6.6" rx="1" />
      <path d="M5.4 7V5a2.6 2.6 0 0 1 5.2 0v2" />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="5.75" strokeDasharray="1.6 2" />
      <path d="M6.4 6.4a1.7 1.7 0 1 1 2.4 1.6c-.6.3-.8.6-.8 1.2M8 11.2h.01" />
    </>
  ),
  stale: (
    <>
      <path d="M4.2 2.2h7.6M4.2 13.8h7.6M5 2.2v2.2L11 11.6v2.2M11 2.2v2.2L5 11.6v2.2" />
    </>
  ),
  compare: <path d="M5.5 3 2.5 6l3 3M2.5 6h11M10.5 7l3 3-3 3M13.5 10h-11" />,
  trash: <path d="M2.5 4h11M6 4V2.4h4V4M3.9 4l.7 9.6h6.8l.7-9.6M6.6 6.8v4M9.4 6.8v4" />,
  pencil: <path d="m10.6 2.6 2.8 2.8-8 8-3.4.6.6-3.4zM9 4.2 11.8 7" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.2" />,
  namespace: <path d="M3 2v10.5h4M3 6h4M9.5 4.5h4v3h-4zM9.5 11h4v3h-4z" />,
  gauge: (
    <>
      <path d="M2.2 11.6a6 6 0 1 1 11.6 0" />
      <path d="m8 10.4 2.6-3.6" />
    </>
  ),
  recycle: (
    <path d="M13 6.2A5.3 5.3 0 0 0 3.4 5M3 9.8A5.3 5.3 0 0 0 12.6 11M3.2 2.2v2.9h2.9M12.8 13.8v-2.9H9.9" />
  ),
  workloads: (
    <>
      <path d="M8 1.8 13.5 4v4c0 3.2-2.3 5.3-5.5 6.2C4.8 13.3 2.5 11.2 2.5 8V4z" />
      <path d="m5.6 8 1.7 1.7 3.2-3.4" />
    </>
  ),
  jobs: (
    <>
      <path d="M12.9 6A5.3 5.3 0 1 0 13.3 8.6" />
      <path d="M13.4 2.6V6h-3.3M8 5v3.2l2 1.3" />
    </>
  ),
  calendar: (
    <>
      <rect x="2" y="3" width="12" height="11" rx="1.2" />
      <path d="M2 6.4h12M5.2 1.6V4M10.8 1.6V4M5 9h.01M8 9h.01M11 9h.01M5 11.5h.01M8 11.5h.01" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="5.75" />
      <path d="M8 7.4v3.4M8 5.2h.01" />
    </>
  ),
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof DRAWINGS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: "none", display: "block" }}
    >
      {DRAWINGS[name]}
    </svg>
  );
}
