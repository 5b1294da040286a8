/** What the parts of this room stand on. */

import type { Clock, Random } from "@ironcore-backup/base";
import type { State } from "../state/database.ts";
import type { LoginThrottle } from "./login-throttle.ts";
import type { PasswordGate } from "./password-gate.ts";
import type { Revocations } from "./revocations.ts";

export interface AccessNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: State;
  readonly throttle: LoginThrottle;
  readonly gate: PasswordGate;
  readonly revocations: Revocations;
}
