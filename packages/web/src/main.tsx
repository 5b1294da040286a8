/** Makes the real parts (clock, chance, the window's fetch), wires them, draws the page. Its texts are loaded by then. */

import "./look/components.css";
import "@mantine/notifications/styles.layer.css";
import "./look/look.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import type { AnyRoute } from "@tanstack/react-router";
import { createSystemClock, createSystemRandom, toCodedError } from "@ironcore-backup/base";
import { createClient, createFetchTransport } from "@ironcore-backup/client";
import { createLive } from "./live/live.ts";
import { THEME_KEY, theme } from "./look/theme.ts";
import { createPageRouter } from "./router.tsx";
import { keepCacheLive } from "./session/live-cache.ts";
import { NeedsProvider } from "./session/needs.tsx";
import type { Needs } from "./session/needs.tsx";
import { whoamiQuery } from "./session/query.ts";
import { HOME_PATH, readReturnPath } from "./session/return-path.ts";
import { createSession } from "./session/session.ts";
import { createSessionFetch } from "./session/session-fetch.ts";
import { createTicker } from "./session/ticker.ts";

/** A hidden page draws no frames; its state is brought up to date so often. */
const HIDDEN_FRAME_MS = 500;
const CALL_RETRY_COUNT_MAX = 2;

const clock = createSystemClock();
const session = createSession();
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Facts correct what was fetched; asking again by the clock or at every look is not needed.
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      networkMode: "always",
      retry: (failureCount, error) =>
        toCodedError(error).retry !== "never" && failureCount < CALL_RETRY_COUNT_MAX,
    },
    mutations: { networkMode: "always" },
  },
});
const transport = createFetchTransport(
  location.origin,
  createSessionFetch((input, init) => fetch(input, init), {
    csrfToken: session.csrfToken,
    onSignedOut: () => {
      if (session.isSignedIn()) leave("session-over");
    },
  }),
);
const client = createClient({ transport, clock }, {});
const live = createLive({
  client,
  clock,
  random: createSystemRandom(),
  schedule: (run) => {
    if (document.hidden) setTimeout(run, HIDDEN_FRAME_MS);
    else requestAnimationFrame(run);
  },
});
const ticker = createTicker(clock, {
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
});
const needs: Needs = { client, clock, live, ticker, session, leave };
const router = createPageRouter({ needs, queryClient });
keepCacheLive({ live, clock }, queryClient);
fetchAhead();

/** Who it is and the page's own code are on their way while the frame is being drawn; what fails is asked for again and told. */
function fetchAhead(): void {
  void queryClient.prefetchQuery(whoamiQuery(client));
  const routes: Readonly<Record<string, AnyRoute>> = router.routesById;
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    const route = routes[String(routeId)];
    if (route !== undefined) router.loadRouteChunk(route)?.catch(() => undefined);
  }
}

/** Nothing of the session stays on the page. */
function leave(why: Parameters<Needs["leave"]>[0]): void {
  session.end();
  live.stop();
  queryClient.clear();
  const to = why === "signed-out" ? HOME_PATH : readReturnPath(router.state.location.href);
  void router.navigate({ to: "/sign-in", search: to === HOME_PATH ? {} : { to } });
}

/** Draws the page into it. */
export function start(root: Element): void {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager({ key: THEME_KEY })}
      >
        <QueryClientProvider client={queryClient}>
          <NeedsProvider needs={needs}>
            <ModalsProvider>
              <RouterProvider router={router} />
            </ModalsProvider>
          </NeedsProvider>
        </QueryClientProvider>
        <Notifications position="bottom-right" />
      </MantineProvider>
    </StrictMode>,
  );
}
