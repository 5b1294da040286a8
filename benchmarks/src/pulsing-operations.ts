/** In place of the real operations, for the bench of the dashboard: a backup that moves once a second and does nothing else. */

/** What this bench needs of a run. */
interface Run {
  readonly signal: AbortSignal;
  readonly clock: { sleep(durationMs: number, signal: AbortSignal): Promise<void> };
  stage(name: string): {
    update(progress: {
      readonly doneBytes: number;
      readonly totalBytes: number;
      readonly current: string;
    }): void;
  };
}

const STEP_MS = 1000;
const STEP_BYTES = 40_000_000;
const TOTAL_BYTES = 400_000_000_000;

async function pulse(run: Run): Promise<void> {
  const stage = run.stage("data");
  for (let step = 1; ; step++) {
    stage.update({
      doneBytes: Math.min(TOTAL_BYTES, step * STEP_BYTES),
      totalBytes: TOTAL_BYTES,
      current: `home/user-${step % 500}/mail/${step}`,
    });
    await run.clock.sleep(STEP_MS, run.signal);
  }
}

export const operations = { backup: { load: async () => pulse } };
