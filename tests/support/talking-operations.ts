/** In place of the real operations: a backup that logs many lines in bursts, for tests that follow a log. */

/** What it needs of a run. */
interface Run {
  readonly signal: AbortSignal;
  readonly clock: { sleep(durationMs: number, signal: AbortSignal): Promise<void> };
  stage(name: string): { update(progress: { readonly doneItems: number }): void; end(): void };
  log(level: "info" | "warning", code: string, message: string): void;
}

export const BURST_COUNT = 100;
export const LINES_PER_BURST = 40;

async function talk(run: Run): Promise<void> {
  const stage = run.stage("talk");
  for (let burst = 1; burst <= BURST_COUNT; burst++) {
    for (let line = 1; line <= LINES_PER_BURST; line++)
      run.log("info", "TALK", `line ${line} of burst ${burst}`);
    stage.update({ doneItems: burst });
    await run.clock.sleep(30, run.signal);
  }
  stage.end();
}

export const operations = { backup: { load: async () => talk } };
