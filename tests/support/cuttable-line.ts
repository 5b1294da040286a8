/**
 * The network between a browser and the server, as a TCP relay that a test can cut and mend. The browser's own "offline"
 * switch leaves streams open that were open already; a cut cable does not.
 */

import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";

export class CuttableLine {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isCut = false;
  #isFrozen = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param targetPort  of the server, on this machine */
  static async open(targetPort: number): Promise<CuttableLine> {
    const server = createServer();
    const line = new CuttableLine(server);
    server.on("connection", (near) => line.#join(near, connect(targetPort, "127.0.0.1")));
    await new Promise<void>((wake) => server.listen(0, "127.0.0.1", wake));
    return line;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the line is closed");
    return address.port;
  }

  get connectionCount(): number {
    return this.#pairs.size;
  }

  /** Every connection breaks at once and none is made, as when the server's machine is unplugged and says so. */
  cut(): void {
    this.#isCut = true;
    for (const pair of [...this.#pairs]) this.#part(pair);
  }

  /** Nothing passes any more and nobody is told: a pulled cable, a dead switch. */
  freeze(): void {
    this.#isFrozen = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    this.#isFrozen = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((wake) => this.#server.close(wake));
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", () => this.#part(pair));
      socket.on("close", () => this.#part(pair));
    }
    near.pipe(far);
    far.pipe(near);
    if (this.#isCut) this.#part(pair);
    if (this.#isFrozen) for (const socket of pair) socket.pause();
  }

  #part(pair: readonly [Socket, Socket]): void {
    this.#pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }
}
