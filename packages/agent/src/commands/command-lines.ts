/** What a command says, as lines for the task's log: bounded, without control characters, without its secrets. */

import { StringDecoder } from "node:string_decoder";

const LINE_LENGTH_MAX = 2000;
const TOLD_LINE_COUNT_MAX = 1000;
const LAST_LINE_COUNT = 10;
/** Anything shorter would blacken half of a text and is no secret. */
const SECRET_LENGTH_MIN = 4;

export class CommandLines {
  readonly #tell: (line: string) => void;
  readonly #secrets: readonly string[];
  readonly #last: string[] = [];
  #count = 0;

  /** @param tell  told of the first thousand lines, and once that there are more */
  constructor(tell: (line: string) => void, environment: Readonly<Record<string, string>> = {}) {
    this.#tell = tell;
    this.#secrets = Object.values(environment)
      .filter((value) => value.length >= SECRET_LENGTH_MIN)
      .sort((a, b) => b.length - a.length);
  }

  /** The newest lines, for an error that says why. */
  get last(): readonly string[] {
    return this.#last;
  }

  /** Takes a stream to its end. */
  async read(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new StringDecoder("utf8");
    let rest = "";
    for await (const bytes of stream) {
      const parts = (rest + decoder.write(bytes)).split(/\r?\n|\r/);
      rest = parts.pop() ?? "";
      for (const part of parts) this.#add(part);
      // A line without an end must not grow for ever; what is beyond the bound is not told.
      if (rest.length > LINE_LENGTH_MAX * 2) rest = rest.slice(0, LINE_LENGTH_MAX * 2);
    }
    this.#add(rest + decoder.end());
  }

  #add(text: string): void {
    const line = this.#clean(text);
    if (line === "") return;
    this.#last.push(line);
    if (this.#last.length > LAST_LINE_COUNT) this.#last.shift();
    this.#count++;
    if (this.#count <= TOLD_LINE_COUNT_MAX) this.#tell(line);
    else if (this.#count === TOLD_LINE_COUNT_MAX + 1) this.#tell("… it says more, which is not kept");
  }

  #clean(text: string): string {
    let line = text;
    for (const secret of this.#secrets) line = line.replaceAll(secret, "***");
    line = line.replace(/\p{Cc}/gu, " ").trimEnd();
    return line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX)}…` : line;
  }
}
