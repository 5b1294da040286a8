/** Reads server-sent events out of a stream of bytes that may be split anywhere. Fields: the HTML standard's. */

export interface ServerSentEvent {
  /** As last seen on the stream; "" before the first. */
  readonly id: string;
  readonly data: string;
}

/** One event with all its lines; a server that sends more is not ours. */
const EVENT_LENGTH_MAX = 64 * 1024 * 1024;

export class EventParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #data: string[] = [];
  #id = "";

  /** The events that the bytes complete. @throws RangeError for an event without an end */
  push(bytes: Uint8Array): ServerSentEvent[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    if (this.#rest.length > EVENT_LENGTH_MAX) throw new RangeError("an event without an end");
    const events: ServerSentEvent[] = [];
    for (let end = this.#lineEnd(); end !== undefined; end = this.#lineEnd()) {
      const line = this.#rest.slice(0, end.at);
      this.#rest = this.#rest.slice(end.next);
      if (line !== "") this.#takeField(line);
      else if (this.#data.length > 0) {
        events.push({ id: this.#id, data: this.#data.join("\n") });
        this.#data = [];
      }
    }
    return events;
  }

  /** A line ends with LF, CR or both; a CR at the very end may be half of both, so it waits. */
  #lineEnd(): { readonly at: number; readonly next: number } | undefined {
    const at = this.#rest.search(/[\r\n]/);
    if (at < 0) return undefined;
    if (this.#rest[at] === "\n") return { at, next: at + 1 };
    if (at + 1 === this.#rest.length) return undefined;
    return { at, next: this.#rest[at + 1] === "\n" ? at + 2 : at + 1 };
  }

  #takeField(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}
