/** A change that a person makes to the inbox or to notification settings: its effect is asked for at once, trouble told. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";
import { INBOX_KEY, NOTIFICATIONS_KEY } from "../session/inbox-query.ts";
import { tellDone, tellFailed } from "./tell.ts";

export interface NotificationChange<Input, Answer> {
  readonly run: (input: Input) => Promise<Answer>;
  /** Absent where the error is shown in place. */
  readonly failed?: string;
  readonly done?: (answer: Answer) => string;
  readonly onDone?: (answer: Answer) => void;
}

export function useNotificationChange<Input = void, Answer = unknown>({
  run,
  failed,
  done,
  onDone,
}: NotificationChange<Input, Answer>): UseMutationResult<Answer, Error, Input> {
  const cache = useQueryClient();
  return useMutation<Answer, Error, Input>({
    mutationFn: run,
    onSuccess: async (answer) => {
      if (done !== undefined) tellDone(done(answer));
      onDone?.(answer);
      await Promise.all([
        cache.invalidateQueries({ queryKey: INBOX_KEY }),
        cache.invalidateQueries({ queryKey: NOTIFICATIONS_KEY }),
      ]);
    },
    onError: (thrown) => {
      if (failed !== undefined) tellFailed(failed, thrown);
    },
  });
}
