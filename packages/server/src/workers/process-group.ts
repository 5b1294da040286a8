/**
 * A worker process leads a process group, so that what it starts (a command whose output is backed up, say) never outlives
 * it: not when it is killed, not when it dies, not when the server does.
 */

/** Kills what is left of the group that a process led. Nothing may be left. */
export function killGroup(leaderPid: number): void {
  try {
    process.kill(-leaderPid, "SIGKILL");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause; // `process.kill` throws system errors only.
  }
}

/** Ends this process at once, and its group with it when it leads one. */
export function endOwnGroup(): never {
  killGroup(process.pid);
  process.exit(1);
}
