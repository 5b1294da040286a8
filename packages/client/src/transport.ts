/** How requests travel: the browser's fetch, or Node's TLS with a pinned certificate. The client knows only this. */

export interface TransportRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query, from the root: `/api/v1/tasks?limit=5`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request, and the reading of its answer. */
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  /** The header of that name, of an answer that is a file. */
  readonly contentDisposition?: string;
  /** Pulled by the reader; leaving the loop ends the request. @throws SERVER_UNREACHABLE where it breaks, CANCELLED */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  /** For messages: `https://127.0.0.1:8007`. */
  readonly url: string;
  /** Resolves with the head of the answer. @throws SERVER_UNREACHABLE, SERVER_FINGERPRINT_WRONG, CANCELLED */
  send(request: TransportRequest): Promise<TransportResponse>;
}
