/** Takes exactly so many bytes from a socket, as a protocol of lengths needs it. */

import type { Socket } from "node:net";

/** Larger pieces would be joined by the socket first and copied here again. */
const PIECE_SIZE_BYTES_MAX = 256 * 1024;

export class ByteReader {
  readonly #socket: Socket;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const fail = (failure: Error): void => {
      this.#failure ??= failure;
      this.#wake?.();
    };
    socket.on("readable", () => this.#wake?.());
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("the connection was closed")));
    socket.on("end", () => fail(new Error("the connection was ended")));
  }

  /** @throws when the connection ends before */
  async take(count: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(count);
    await this.takeInto(bytes);
    return bytes;
  }

  /** Fills `target`. @throws when the connection ends before */
  async takeInto(target: Uint8Array): Promise<void> {
    for (let done = 0; done < target.length;) {
      const wanted = Math.min(target.length - done, PIECE_SIZE_BYTES_MAX);
      // A socket without an encoding gives buffers.
      const piece = this.#socket.read(wanted) as Buffer | null;
      if (piece === null) {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#readable();
        continue;
      }
      // At the end of the stream a socket gives what is left, less than was asked; the next call finds the end.
      target.set(piece, done);
      done += piece.length;
    }
  }

  #readable(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
