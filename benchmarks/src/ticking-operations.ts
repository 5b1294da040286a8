/**
 * In place of the real operations, for the bench of event readers: a backup that moves every 50 ms and says when, in
 * what it is working on. One whose source is `/talk` also logs a thousand lines a second.
 */

/** What this bench needs of a run. */
interface Run {
  readonly signal: AbortSignal;
  readonly clock: { sleep(durationMs: number, signal: AbortSignal): Promise<void> };
  readonly parameters: { readonly request: { readonly paths: readonly string[] } };
  stage(name: string): {
    update(progress: {
      readonly doneBytes: number;
      readonly totalBytes: number;
      readonly current: string;
    }): void;
  };
  log(level: "info", code: string, message: string): void;
}

const STEP_MS = 50;
const LINES_PER_STEP = 50;

async function tick(run: Run): Promise<void> {
  const stage = run.stage("tick");
  const lineCount = run.parameters.request.paths.includes("/talk") ? LINES_PER_STEP : 0;
  for (let step = 1; ; step++) {
    stage.update({ doneBytes: step, totalBytes: 1_000_000, current: String(Date.now()) });
    for (let line = 0; line < lineCount; line++)
      run.log(
        "info",
        "TALK",
        `line ${line} of step ${step}, ${"as long as a line of a backup is, ".repeat(5)}`,
      );
    await run.clock.sleep(STEP_MS, run.signal);
  }
}

export const operations = { backup: { load: async () => tick } };
