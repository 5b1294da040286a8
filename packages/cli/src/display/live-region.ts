/** Lines at the bottom of a terminal that are drawn again and again, while others scroll by above them. */

import type { TextStream } from "../command-context.ts";

const ESCAPE = "\u001b[";

export class LiveRegion {
  readonly #stream: TextStream;
  #drawn: readonly string[] = [];

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  /** Lines must not be wider than the terminal. */
  draw(lines: readonly string[]): void {
    this.#stream.write(this.#erasing() + lines.map((line) => `${line}\n`).join(""));
    this.#drawn = lines;
  }

  /** Lines that stay, above the region. */
  print(lines: readonly string[]): void {
    const region = this.#drawn;
    this.#stream.write(this.#erasing() + [...lines, ...region].map((line) => `${line}\n`).join(""));
  }

  clear(): void {
    this.#stream.write(this.#erasing());
    this.#drawn = [];
  }

  #erasing(): string {
    return this.#drawn.length === 0 ? "" : `${ESCAPE}${this.#drawn.length}A${ESCAPE}0J`;
  }
}
