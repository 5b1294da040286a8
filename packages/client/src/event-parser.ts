/** Reads server-sent events out of a stream of bytes that may be split anywhere. Fields: the HTML standard's. */

import { clientErrors } from "./errors.ts";

export interface ServerSentEvent {
  /** As last seen on the stream; "" before the first. */
  readonly id: string;
  readonly data: string;
}

/** One event with all its lines; a server that sends more is not ours. */
const EVENT_LENGTH_MAX = 64 * 1024 * 1024;

export class EventParser {
  readonly #url: string;
  readonly #decoder = new TextDecoder();
  /** The line that is not whole yet, as it came. */
  #pieces: string[] = [];
  #data: string[] = [];
  #length = 0;
  #id = "";
  #lastId = "";
  #endsWithCarriageReturn = false;

  /** @param url  of the server, for the error */
  constructor(url: string) {
    this.#url = url;
  }

  /** The number that the stream has come to: events may lack, the server tells the number nevertheless. */
  get lastId(): string {
    return this.#lastId;
  }

  /** The events that the bytes complete. @throws SERVER_ANSWER_TOO_LARGE for an event without an end */
  push(bytes: Uint8Array): ServerSentEvent[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    // CR and LF together are one line end, also when they come in two pieces.
    if (this.#endsWithCarriageReturn && text.startsWith("\n")) text = text.slice(1);
    this.#endsWithCarriageReturn = text.endsWith("\r");
    const events: ServerSentEvent[] = [];
    // What is only begun is kept in pieces: looking for its end again with each piece would take the square of its length.
    const [first = "", ...others] = text.split(/\r\n|\r|\n/);
    this.#keep(first);
    for (const next of others) {
      const event = this.#takeLine(this.#pieces.join(""));
      if (event !== undefined) events.push(event);
      this.#pieces = [];
      this.#keep(next);
    }
    return events;
  }

  #keep(piece: string): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length > EVENT_LENGTH_MAX) {
      throw clientErrors.SERVER_ANSWER_TOO_LARGE({ url: this.#url, sizeBytesMax: EVENT_LENGTH_MAX });
    }
  }

  /** The event that an empty line completes. */
  #takeLine(line: string): ServerSentEvent | undefined {
    if (line !== "") return this.#takeField(line);
    const data = this.#data;
    this.#data = [];
    this.#length = 0;
    // Only now: the connection may break between an event's number and its data.
    this.#lastId = this.#id;
    return data.length === 0 ? undefined : { id: this.#id, data: data.join("\n") };
  }

  #takeField(line: string): undefined {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}
