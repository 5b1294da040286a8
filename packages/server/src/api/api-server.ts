/** The HTTPS door, put together: the port, what every answer carries, the routes, the streams, the descriptions. */

import type { FastifyBaseLogger } from "fastify";
import type { Clock, Random } from "@ironcore-backup/base";
import type { Metrics } from "../metrics/metrics.ts";
import type { State } from "../state/database.ts";
import { createAdmission } from "./admission.ts";
import { addAnswerHeaders } from "./answer-headers.ts";
import { mountDescriptions } from "./description-routes.ts";
import { mountEvents } from "./event-route.ts";
import type { EventFanoutLimits } from "./event-fanout.ts";
import { mountDownload } from "./download-route.ts";
import type { ApiNeeds } from "./handler.ts";
import { DEFAULT_DOOR_PATIENCE } from "./http-limits.ts";
import type { Patience } from "./http-limits.ts";
import { createHttpServer } from "./http-server.ts";
import { createIdempotency } from "./idempotency.ts";
import { DEFAULT_RATE_RULES } from "./rate-rules.ts";
import type { RateRules } from "./rate-rules.ts";
import { mountMetrics } from "./metrics-route.ts";
import { addRequestLog } from "./request-log.ts";
import { mountRoutes } from "./route-mount.ts";
import { mountLogText } from "./task-log-handlers.ts";
import { mountWeb } from "./web-routes.ts";

export interface ApiServerNeeds extends ApiNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: State;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  readonly eventLimits?: EventFanoutLimits;
  readonly rateRules?: RateRules | undefined;
  readonly tls: { readonly keyPem: string; readonly certificatePem: string };
  /** Directory of the dashboard's build; it need not be there. */
  readonly webRoot: string;
}

export interface ApiServer {
  /** @returns the port that was really taken. @throws LISTEN_FAILED */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  /** Streams of events that are open now. */
  eventReaderCount(): number;
  /** Ends the streams, lets running requests finish, closes the rest. */
  close(): Promise<void>;
}

export function createApiServer(
  needs: ApiServerNeeds,
  patience: Patience = DEFAULT_DOOR_PATIENCE,
): ApiServer {
  const server = createHttpServer(needs, patience);
  const { app } = server;
  const closing = new AbortController();
  addAnswerHeaders(app);
  const requestLog = addRequestLog(app, needs.clock, needs.metrics.requestAnswered);
  const admission = createAdmission(needs, needs.rateRules ?? DEFAULT_RATE_RULES);
  mountRoutes(app, { handlers: needs, admission, idempotency: createIdempotency(needs), requestLog });
  const eventReaders = mountEvents(app, { ...needs, admission }, closing.signal);
  mountDownload(app, { ...needs, admission });
  mountLogText(app, { ...needs, admission });
  mountDescriptions(app, { admission, version: needs.serverFacts.version });
  mountMetrics(app, { ...needs, admission, requestLog });
  mountWeb(app, { admission }, needs.webRoot);
  return {
    listen: (address) => server.listen(address),
    eventReaderCount: () => eventReaders.readerCount(),
    close: async () => {
      closing.abort();
      await server.close();
    },
  };
}
