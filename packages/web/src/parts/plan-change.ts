/** A change that a person makes to a workload or a job: asked once, its effect asked for at once, trouble told. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";
import { PLANS_KEY } from "../session/plan-query.ts";
import { tellDone, tellFailed } from "./tell.ts";

export interface PlanChange<Input, Answer> {
  readonly run: (input: Input) => Promise<Answer>;
  /** `The job was not changed`; absent where the error is shown in place. */
  readonly failed?: string;
  readonly done?: (answer: Answer) => string;
  /** What it promises is awaited before anything is asked anew: leave what is gone first. */
  readonly onDone?: (answer: Answer) => void | Promise<void>;
}

export function usePlanChange<Input = void, Answer = unknown>({
  run,
  failed,
  done,
  onDone,
}: PlanChange<Input, Answer>): UseMutationResult<Answer, Error, Input> {
  const cache = useQueryClient();
  return useMutation<Answer, Error, Input>({
    mutationFn: run,
    onSuccess: async (answer) => {
      if (done !== undefined) tellDone(done(answer));
      await onDone?.(answer);
      await cache.invalidateQueries({ queryKey: PLANS_KEY });
    },
    onError: (thrown) => {
      if (failed !== undefined) tellFailed(failed, thrown);
    },
  });
}
