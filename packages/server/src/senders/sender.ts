/**
 * What every way to a target can do: send one message, once, and say what the other side answered. When to try, in which
 * order and how often is the outbox's business.
 */

import type {
  NotificationMessage,
  TargetCreate,
  TargetPreview,
  TargetPreviewRequest,
} from "@ironcore-backup/protocol";

/**
 * `delivered`: the other side took it. `refused`: it said that it will not take this message, whenever it comes again.
 * `unreachable`: anything else; the same message may go through later, not before `retryAfterMs` where the other side said so.
 */
export type SendOutcome = "delivered" | "refused" | "unreachable";

export interface SendResult {
  readonly outcome: SendOutcome;
  /** What it answered, in one line without secrets; at most 500 characters. */
  readonly response: string;
  readonly retryAfterMs?: number | undefined;
}

/** A target as a sender needs it: its fields and its secrets, opened. */
export type TargetSettings = Omit<TargetCreate, "name" | "project" | "comment" | "enabled">;

/** Never throws for what the other side does. @param options.signal  ends the try; then it is `unreachable` */
export type Send = (
  settings: TargetSettings,
  message: NotificationMessage,
  options: { readonly signal: AbortSignal },
) => Promise<SendResult>;

export const SEND_RESPONSE_LENGTH_MAX = 500;
/** One try takes no longer. */
export const SEND_TIMEOUT_MS = 30_000;

/** Figures for metric servers, as text of the two formats. */
export interface Figures {
  readonly prometheusText: string;
  readonly lineProtocol: string;
}

/** All ways to targets behind one door. */
export interface Senders {
  readonly send: Send;
  /** Calls a heartbeat's address. */
  beat(settings: TargetSettings, options: { readonly signal: AbortSignal }): Promise<SendResult>;
  pushMetrics(
    settings: TargetSettings,
    figures: Figures,
    options: { readonly signal: AbortSignal },
  ): Promise<SendResult>;
  /** @throws a coded error for what does not make sense together */
  check(settings: TargetSettings): void;
  makeSigningSecret(): string;
  preview(request: TargetPreviewRequest, message: NotificationMessage): TargetPreview;
}
