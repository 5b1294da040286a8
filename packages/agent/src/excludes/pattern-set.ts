/**
 * Patterns in gitignore syntax, asked about one path after the other.
 *
 * Paths are byte strings, so patterns are turned into byte strings too: `*` and `?` then stand for bytes, as they do for
 * git itself, and names that are not UTF-8 can be matched like any other. The library keeps every answer it ever gave;
 * over a million paths that would be a second copy of the tree in memory, so its memory is dropped now and then.
 */

import ignore from "ignore";
import type { Ignore } from "ignore";
import { agentErrors } from "../errors.ts";
import { byteStringOf } from "../byte-string.ts";

/** Answers kept before the library's memory is dropped: some MiB at most. */
const REMEMBERED_ANSWER_COUNT_MAX = 4096;

export type Verdict = "excluded" | "kept" | "no-match";

export interface PatternSet {
  /** The patterns as they were given, for the record. */
  readonly patterns: readonly string[];
  /** @param path  relative, without leading or trailing slash */
  ask(path: string, isDirectory: boolean): Verdict;
}

/** @throws PATTERN_INVALID for a pattern with a NUL byte, and for one that can never be meant */
export function createPatternSet(patterns: readonly string[]): PatternSet {
  for (const pattern of patterns) assertPattern(pattern);
  return patternSetOf(patterns, patterns.map(byteStringOf));
}

/** Of lines that already are byte strings, as read from a file. Unusable lines are reported, not fatal. */
export function createPatternSetFromLines(
  lines: readonly string[],
  onInvalid: (line: string) => void,
): PatternSet {
  const usable = lines.filter((line) => {
    if (!line.includes("\0")) return true;
    onInvalid(line);
    return false;
  });
  return patternSetOf(usable, usable);
}

function assertPattern(pattern: string): void {
  if (pattern.includes("\0"))
    throw agentErrors.PATTERN_INVALID({ pattern, reason: "it contains a NUL byte" });
  if (pattern.trim() === "") throw agentErrors.PATTERN_INVALID({ pattern, reason: "it is empty" });
}

function patternSetOf(patterns: readonly string[], lines: readonly string[]): PatternSet {
  const fresh = (): Ignore => ignore({ ignoreCase: false, allowRelativePaths: true });
  let matcher = fresh().add([...lines]);
  let answerCount = 0;
  return {
    patterns,
    ask(path, isDirectory) {
      if (++answerCount > REMEMBERED_ANSWER_COUNT_MAX) {
        // Adding a matcher to a fresh one takes its compiled rules over and leaves its answers behind.
        matcher = fresh().add(matcher);
        answerCount = 0;
      }
      const answer = matcher.test(isDirectory ? `${path}/` : path);
      return answer.ignored ? "excluded" : answer.unignored ? "kept" : "no-match";
    },
  };
}
