/**
 * Targets, groups and rules: in memory, every change durable before it is told. What belongs to a project names only what
 * belongs to the same project, so that nobody sends anything through another one's mail server.
 */

import type { Clock } from "@ironcore-backup/base";
import { MESSAGE_TARGET_KINDS } from "@ironcore-backup/protocol";
import type {
  NotificationGroupCreate,
  NotificationGroupUpdate,
  NotificationRuleCreate,
  NotificationRuleUpdate,
  RuleMatch,
  TargetCreate,
  TargetKind,
  TargetUpdate,
} from "@ironcore-backup/protocol";
import type { Seal } from "../state/seal.ts";
import { serverErrors } from "../errors.ts";
import type { State } from "../state/database.ts";
import {
  deleteNotificationSetting,
  listNotificationSettings,
  putNotificationSetting,
} from "../state/notification-setting-records.ts";
import type {
  NotificationSettingKind,
  NotificationSettingRecord,
} from "../state/notification-setting-records.ts";
import type { GroupDefinition } from "./routing.ts";
import type { Senders, TargetSettings } from "../senders/sender.ts";

/** Of each kind. */
const SETTING_COUNT_MAX = 1000;
const SECRET_FIELDS = ["url", "password", "token", "signingSecret", "headers"] as const;
type SecretField = (typeof SECRET_FIELDS)[number];

export type TargetDefinition = Omit<TargetCreate, "name" | "project" | SecretField> & {
  readonly enabled: boolean;
};
type TargetSecrets = Partial<Pick<TargetCreate, SecretField>>;

export type TargetRecord = NotificationSettingRecord<TargetDefinition>;
export type GroupRecord = NotificationSettingRecord<
  GroupDefinition & { readonly enabled: boolean; readonly targets: readonly string[] }
>;
export type RuleRecord = NotificationSettingRecord<{
  readonly comment?: string;
  readonly enabled: boolean;
  readonly match: RuleMatch;
  readonly groups: readonly string[];
}>;

export interface NotificationSettings {
  readonly targets: ReadonlyMap<string, TargetRecord>;
  readonly groups: ReadonlyMap<string, GroupRecord>;
  readonly rules: ReadonlyMap<string, RuleRecord>;
  /** @throws TARGET_NOT_FOUND */
  target(name: string): TargetRecord;
  /** @throws NOTIFICATION_GROUP_NOT_FOUND */
  group(name: string): GroupRecord;
  /** @throws RULE_NOT_FOUND */
  rule(name: string): RuleRecord;
  /** With its secrets opened. @throws SEALED_UNREADABLE */
  open(target: TargetRecord): TargetSettings;
  /** @returns a secret that was made here, to be shown once */
  createTarget(
    request: TargetCreate,
  ): Promise<{ readonly target: TargetRecord; readonly signingSecret: string | undefined }>;
  updateTarget(name: string, request: TargetUpdate): Promise<TargetRecord>;
  /** @throws NOTIFICATION_IN_USE */
  removeTarget(name: string): Promise<void>;
  createGroup(request: NotificationGroupCreate): Promise<GroupRecord>;
  updateGroup(name: string, request: NotificationGroupUpdate): Promise<GroupRecord>;
  removeGroup(name: string): Promise<void>;
  createRule(request: NotificationRuleCreate): Promise<RuleRecord>;
  updateRule(name: string, request: NotificationRuleUpdate): Promise<RuleRecord>;
  removeRule(name: string): Promise<void>;
  /** @throws NOTIFICATION_GROUP_NOT_FOUND, NOTIFICATION_FOREIGN */
  assertGroupsOf(project: string | undefined, groups: readonly string[]): void;
}

/** What names a group outside this room. */
export interface GroupUsers {
  readonly jobs: readonly string[];
  readonly datastores: readonly string[];
}

interface Needs {
  readonly clock: Clock;
  readonly state: State;
  readonly seal: Seal;
  readonly senders: Pick<Senders, "check" | "makeSigningSecret">;
  readonly usersOfGroup: (group: string) => GroupUsers;
}

// Long because it is the table of what can be done with settings of three kinds.
export async function openNotificationSettings(needs: Needs): Promise<NotificationSettings> {
  const targets = await openShelf<TargetDefinition>(needs, "target");
  const groups = await openShelf<GroupRecord["definition"]>(needs, "group");
  const rules = await openShelf<RuleRecord["definition"]>(needs, "rule");
  const open = (target: TargetRecord): TargetSettings => ({
    ...reaching(target),
    ...secretsOf(needs, target),
  });
  const assertTargets = (project: string | undefined, names: readonly string[]): void => {
    for (const name of names) {
      const target = targets.get(name);
      if (target.project !== project) throw serverErrors.NOTIFICATION_FOREIGN({ kind: "target", name });
      const { kind } = target.definition;
      if (!takesMessages(kind)) throw serverErrors.TARGET_TAKES_NO_MESSAGES({ target: name, kind });
    }
  };
  const assertGroupsOf = (project: string | undefined, names: readonly string[]): void => {
    for (const name of names)
      if (groups.get(name).project !== project)
        throw serverErrors.NOTIFICATION_FOREIGN({ kind: "group", name });
  };
  const putTarget = async (record: TargetRecord, secrets: TargetSecrets): Promise<TargetRecord> => {
    const { comment: _comment, enabled: _enabled, ...settings } = reaching(record);
    needs.senders.check({ ...settings, ...secrets });
    const text = JSON.stringify(secrets);
    return targets.put({ ...record, secrets: needs.seal.seal(text, placeOf(record.name)) });
  };
  const now = (): number => needs.clock.now();
  return {
    targets: targets.held,
    groups: groups.held,
    rules: rules.held,
    target: targets.get,
    group: groups.get,
    rule: rules.get,
    open,
    assertGroupsOf,
    createTarget: async ({ name, project, ...given }) => {
      targets.assertNew(name);
      const { secrets, definition } = parted({ ...given, enabled: given.enabled ?? true });
      const isSigned = given.kind === "webhook" && (given.preset ?? "standard") === "standard";
      const signingSecret =
        isSigned && secrets.signingSecret === undefined ? needs.senders.makeSigningSecret() : undefined;
      const at = now();
      const record = { name, project, definition, secrets: undefined, createdAt: at, changedAt: at };
      const all = { ...secrets, ...(signingSecret === undefined ? {} : { signingSecret }) };
      return { target: await putTarget(record, all), signingSecret };
    },
    updateTarget: async (name, request) => {
      const before = targets.get(name);
      const merged = withChanges({ ...before.definition, ...secretsOf(needs, before) }, request);
      const { secrets, definition } = parted({ ...merged, enabled: merged.enabled ?? true });
      return putTarget({ ...before, definition, changedAt: now() }, secrets);
    },
    removeTarget: async (name) => {
      targets.get(name);
      const users = [...groups.held.values()].filter((group) => group.definition.targets.includes(name));
      assertUnused(
        "target",
        name,
        users.map((group) => `group ${group.name}`),
      );
      await targets.remove(name);
    },
    createGroup: async ({ name, project, ...given }) => {
      groups.assertNew(name);
      const definition = { ...given, enabled: given.enabled ?? true, targets: given.targets ?? [] };
      assertTargets(project, definition.targets);
      const at = now();
      return groups.put({ name, project, definition, secrets: undefined, createdAt: at, changedAt: at });
    },
    updateGroup: async (name, request) => {
      const before = groups.get(name);
      const definition = withChanges(before.definition, request);
      assertTargets(before.project, definition.targets);
      return groups.put({ ...before, definition, changedAt: now() });
    },
    removeGroup: async (name) => {
      groups.get(name);
      const { jobs, datastores } = needs.usersOfGroup(name);
      const inRules = [...rules.held.values()].filter((rule) => rule.definition.groups.includes(name));
      assertUnused("group", name, [
        ...jobs.map((job) => `job ${job}`),
        ...datastores.map((datastore) => `datastore ${datastore}`),
        ...inRules.map((rule) => `rule ${rule.name}`),
      ]);
      await groups.remove(name);
    },
    createRule: async ({ name, project, ...given }) => {
      rules.assertNew(name);
      const definition = {
        ...given,
        enabled: given.enabled ?? true,
        match: given.match ?? {},
        groups: given.groups ?? [],
      };
      assertGroupsOf(project, definition.groups);
      const at = now();
      return rules.put({ name, project, definition, secrets: undefined, createdAt: at, changedAt: at });
    },
    updateRule: async (name, request) => {
      const before = rules.get(name);
      const definition = withChanges(before.definition, request);
      assertGroupsOf(before.project, definition.groups);
      return rules.put({ ...before, definition, changedAt: now() });
    },
    removeRule: async (name) => {
      rules.get(name);
      await rules.remove(name);
    },
  };
}

/** The mail server of the platform may be in a private network; one that a project names only where that was allowed. */
function reaching({ project, definition }: TargetRecord): TargetDefinition {
  if (definition.kind !== "smtp" || definition.allowPrivate !== undefined) return definition;
  return { ...definition, allowPrivate: project === undefined };
}

export function takesMessages(kind: TargetKind): boolean {
  return MESSAGE_TARGET_KINDS.some((one) => one === kind);
}

/** Names of the secrets that are set. @throws SEALED_UNREADABLE */
export function secretsOf({ seal }: Pick<Needs, "seal">, { name, secrets }: TargetRecord): TargetSecrets {
  if (secrets === undefined) return {};
  // Sealed by this file from the same type.
  return JSON.parse(seal.open(secrets, placeOf(name))) as TargetSecrets;
}

function placeOf(target: string): string {
  return `notification target ${target}`;
}

function parted(given: Omit<TargetCreate, "name" | "project"> & { readonly enabled: boolean }): {
  readonly secrets: TargetSecrets;
  readonly definition: TargetDefinition;
} {
  const { url, password, token, signingSecret, headers, ...definition } = given;
  const secrets = { url, password, token, signingSecret, headers };
  const present = Object.entries(secrets).filter(([, value]) => value !== undefined);
  // Only what is absent was left out.
  return { secrets: Object.fromEntries(present), definition };
}

/** What is given replaces what was, `null` takes it away. */
function withChanges<Definition extends object>(
  definition: Definition,
  changes: { readonly [Field in keyof Definition]?: Definition[Field] | null },
): Definition {
  const merged = Object.entries({ ...definition, ...changes }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  // The schemas allow null only for what a definition may be without.
  return Object.fromEntries(merged) as Definition;
}

function assertUnused(kind: string, name: string, users: readonly string[]): void {
  if (users.length > 0) throw serverErrors.NOTIFICATION_IN_USE({ kind, name, users: users.join(", ") });
}

interface Shelf<Definition> {
  readonly held: ReadonlyMap<string, NotificationSettingRecord<Definition>>;
  get(name: string): NotificationSettingRecord<Definition>;
  /** @throws NOTIFICATION_NAME_TAKEN, NOTIFICATION_LIMIT_REACHED */
  assertNew(name: string): void;
  put(record: NotificationSettingRecord<Definition>): Promise<NotificationSettingRecord<Definition>>;
  remove(name: string): Promise<void>;
}

/** All settings of one kind. */
async function openShelf<Definition>(
  { state }: Needs,
  kind: NotificationSettingKind,
): Promise<Shelf<Definition>> {
  const records = await listNotificationSettings<Definition>(state.database, kind);
  const held = new Map(records.map((record) => [record.name, record]));
  return {
    held,
    get: (name) => {
      const record = held.get(name);
      if (record === undefined) throw notFound(kind, name);
      return record;
    },
    assertNew: (name) => {
      if (held.has(name)) throw serverErrors.NOTIFICATION_NAME_TAKEN({ kind, name });
      if (held.size >= SETTING_COUNT_MAX)
        throw serverErrors.NOTIFICATION_LIMIT_REACHED({ kind, countMax: SETTING_COUNT_MAX });
    },
    put: async (record) => {
      await putNotificationSetting(state.database, kind, record);
      await state.flush();
      held.set(record.name, record);
      return record;
    },
    remove: async (name) => {
      await deleteNotificationSetting(state.database, kind, name);
      await state.flush();
      held.delete(name);
    },
  };
}

function notFound(kind: NotificationSettingKind, name: string): Error {
  if (kind === "target") return serverErrors.TARGET_NOT_FOUND({ target: name });
  if (kind === "group") return serverErrors.NOTIFICATION_GROUP_NOT_FOUND({ group: name });
  return serverErrors.RULE_NOT_FOUND({ rule: name });
}
