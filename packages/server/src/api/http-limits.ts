/** Bounds of the door: what one request, one connection and the stop of the server may take. */

export const BODY_SIZE_BYTES_MAX = 1024 * 1024;
/** Request line and headers together; with HTTP/2 the list of headers. */
export const HEADER_SIZE_BYTES_MAX = 16 * 1024;
/** A UPID of 2,048 characters, percent-encoded. */
export const PARAMETER_LENGTH_MAX = 6200;
/** TCP connections, whatever they speak. Each event reader holds one, browsers share theirs over HTTP/2. */
export const CONNECTION_COUNT_MAX = 8192;
/** Requests that one HTTP/2 connection may have open, streams of events among them. */
export const STREAM_COUNT_MAX = 128;

/** How long a peer may take. All in milliseconds. */
export interface Patience {
  readonly handshakeMs: number;
  /** Until the headers of a request are whole. */
  readonly headersMs: number;
  /** Until a request is whole, its body included. */
  readonly requestMs: number;
  /** Between requests of one connection. */
  readonly idleMs: number;
  /** At stop: what has not ended by then is cut. */
  readonly closeMs: number;
}

export const DEFAULT_DOOR_PATIENCE: Patience = {
  handshakeMs: 15_000,
  headersMs: 20_000,
  requestMs: 60_000,
  idleMs: 72_000,
  closeMs: 5000,
};
