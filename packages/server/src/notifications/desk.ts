/** What the parts of the room share. */

import type { Clock, Random } from "@ironcore-backup/base";
import type { Seal } from "../state/seal.ts";
import type { State } from "../state/database.ts";
import type { DeliveryLoop } from "./delivery-loop.ts";
import type { MessagePlan } from "./message-plan.ts";
import type { JobFacts } from "./other-occurrences.ts";
import type { Figures, Senders } from "../senders/sender.ts";
import type { GroupUsers, NotificationSettings } from "./settings.ts";
import type { SignalLoop } from "./signal-loop.ts";

export interface NotificationsNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: State;
  readonly seal: Seal;
  readonly senders: Senders;
  readonly timeZone: string;
  readonly node: string;
  readonly publicUrl: string | undefined;
  readonly jobOf: (job: string) => (JobFacts & { readonly group: string | undefined }) | undefined;
  readonly groupOfDatastore: (datastore: string) => string | undefined;
  readonly usersOfGroup: (group: string) => GroupUsers;
  readonly figures?: () => Promise<Figures>;
  /** Readers of the inbox should look again. */
  readonly onInboxChanged: () => void;
  readonly warn: (code: string, message: string, fields: Readonly<Record<string, string>>) => void;
}

/** With what this room made. */
export interface NotificationDesk extends NotificationsNeeds {
  readonly settings: NotificationSettings;
  readonly openKeys: Set<string>;
  readonly plans: Map<string, MessagePlan<number>>;
  readonly loop: SignalLoop;
  readonly delivery: DeliveryLoop;
  /** The room is being closed. */
  readonly signal: AbortSignal;
}
