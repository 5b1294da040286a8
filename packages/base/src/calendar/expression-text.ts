/** The text being read, and where: every refusal names its place, counted from 1 in what the operator typed. */

import { baseErrors } from "../errors.ts";
import type { CodedError } from "../errors.ts";

export class ExpressionText {
  readonly text: string;
  /** Index of the next character that was not read. */
  at: number;
  /** Index behind the last character that belongs to this part. */
  readonly end: number;

  constructor(text: string, at = 0, end = text.length) {
    this.text = text;
    this.at = at;
    this.end = end;
  }

  /** The next character, or "" at the end. */
  peek(offset = 0): string {
    return this.at + offset < this.end ? (this.text[this.at + offset] ?? "") : "";
  }

  /** Reads `token` when it comes next. */
  take(token: string): boolean {
    if (!this.text.startsWith(token, this.at) || this.at + token.length > this.end) return false;
    this.at += token.length;
    return true;
  }

  /** Reads what matches from here; the pattern has to be sticky. "" when nothing does. */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text.slice(0, this.end))?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  isAtEnd(): boolean {
    return this.at >= this.end;
  }

  refuse(reason: string, hint: string, at: number = this.at): CodedError {
    return calendarError(this.text, at, reason, hint);
  }
}

const SHOWN_CHARACTERS_MAX = 120;

export function calendarError(text: string, at: number, reason: string, hint: string): CodedError {
  const shown = text.slice(0, SHOWN_CHARACTERS_MAX);
  return baseErrors.SCHEDULE_INVALID({ expression: shown, position: at + 1, reason, hint });
}
