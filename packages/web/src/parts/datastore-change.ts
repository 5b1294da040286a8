/** A change that a person makes to a datastore or what lies in it: asked once, its effect asked for at once, trouble told. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { UseMutationResult } from "@tanstack/react-query";
import { datastoreKey } from "../session/datastore-query.ts";
import { QUERY_KEYS } from "../session/query.ts";
import { tellDone, tellFailed } from "./tell.ts";

export interface DatastoreChange<Input, Answer> {
  readonly datastore: string;
  readonly run: (input: Input) => Promise<Answer>;
  /** `The notes were not saved` */
  readonly failed: string;
  /** What is told when it went well; absent where it is seen. */
  readonly done?: (answer: Answer) => string;
  /** What it promises is awaited before anything is asked anew: leave what is gone first. */
  readonly onDone?: (answer: Answer) => void | Promise<void>;
}

export function useDatastoreChange<Input = void, Answer = unknown>({
  datastore,
  run,
  failed,
  done,
  onDone,
}: DatastoreChange<Input, Answer>): UseMutationResult<Answer, Error, Input> {
  const cache = useQueryClient();
  return useMutation<Answer, Error, Input>({
    mutationFn: run,
    onSuccess: async (answer) => {
      if (done !== undefined) tellDone(done(answer));
      await onDone?.(answer);
      await Promise.all([
        cache.invalidateQueries({ queryKey: datastoreKey(datastore) }),
        cache.invalidateQueries({ queryKey: QUERY_KEYS.datastores }),
      ]);
    },
    onError: (thrown) => tellFailed(failed, thrown),
  });
}
