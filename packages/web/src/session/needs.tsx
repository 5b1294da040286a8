/** The real parts, made once in `main.tsx` and handed down to pages; and the few hooks through which pages read them. */

import { createContext, useContext, useSyncExternalStore } from "react";
import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { assertInvariant, instantFromMs } from "@ironcore-backup/base";
import type { Clock, Instant } from "@ironcore-backup/base";
import type { Client } from "@ironcore-backup/client";
import type { Privilege, Whoami } from "@ironcore-backup/protocol/calls";
import type { Live } from "../live/live.ts";
import type { LiveState } from "../live/live-state.ts";
import { isAllowed } from "./privilege.ts";
import type { Place } from "./privilege.ts";
import { whoamiQuery } from "./query.ts";
import type { Session } from "./session.ts";
import type { Ticker } from "./ticker.ts";

export interface Needs {
  readonly client: Client;
  readonly clock: Clock;
  readonly live: Live;
  readonly ticker: Ticker;
  readonly session: Session;
  /** Forgets the session and goes to the sign-in page; whose session ended by itself comes back to where they were. */
  readonly leave: (why: "signed-out" | "session-over") => void;
}

const NeedsContext = createContext<Needs | undefined>(undefined);

export function NeedsProvider({ needs, children }: { readonly needs: Needs; readonly children: ReactNode }) {
  return <NeedsContext value={needs}>{children}</NeedsContext>;
}

export function useNeeds(): Needs {
  const needs = useContext(NeedsContext);
  assertInvariant(needs !== undefined, "pages are drawn inside NeedsProvider");
  return needs;
}

/** One part of the live state; the component is drawn anew when `select` gives something else than before. */
export function useLive<Part>(select: (state: LiveState) => Part): Part {
  const { live } = useNeeds();
  return useSyncExternalStore(live.subscribe, () => select(live.state()));
}

/** Wall time, drawn anew every second, or every so many of them. All users of it tick together. */
export function useNow(everySeconds = 1): Instant {
  const { ticker } = useNeeds();
  const everyMs = everySeconds * 1000;
  return instantFromMs(
    useSyncExternalStore(ticker.subscribe, () => Math.floor(ticker.now() / everyMs) * everyMs),
  );
}

/** Who is signed in. Pages inside the shell are drawn only when that is known. */
export function useWhoami(): Whoami | undefined {
  const { client } = useNeeds();
  return useQuery(whoamiQuery(client)).data;
}

export function useMay(privilege: Privilege, place: Place = {}): boolean {
  const whoami = useWhoami();
  return whoami !== undefined && isAllowed(whoami, privilege, place);
}
