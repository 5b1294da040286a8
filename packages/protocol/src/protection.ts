/** How well each workload is protected, from the whole chain of what should happen to it. docs/jobs.md tells the rule. */

import { Type } from "typebox";
import type { Static } from "typebox";
import { CHAIN_LINKS, LINK_STATES, PROTECTION_STATES } from "./job-words.ts";
import { countsOf, CountSchema, InstantSchema, strictObject, words } from "./shapes.ts";

/** One link of the chain. */
export const ChainLinkSchema = strictObject(
  {
    link: words(CHAIN_LINKS),
    state: words(LINK_STATES),
    /** The job that should keep it fresh, of several the one that speaks for the link. */
    job: Type.Optional(Type.String()),
    /** Of that job, the run that tells: the last that succeeded, or the one that did not. */
    run: Type.Optional(CountSchema),
    /** When it was done last. */
    lastAt: Type.Optional(InstantSchema),
    /** Since when it should have been done again. */
    staleSince: Type.Optional(InstantSchema),
    /** As a sentence. */
    message: Type.String(),
  },
  "ChainLink",
);
export type ChainLink = Static<typeof ChainLinkSchema>;

export const WorkloadProtectionSchema = strictObject(
  {
    workload: Type.String(),
    project: Type.Optional(Type.String()),
    state: words(PROTECTION_STATES),
    /** The last backup that ended well, and its task. */
    lastBackupAt: Type.Optional(InstantSchema),
    lastBackupUpid: Type.Optional(Type.String()),
    /** What to look at first; absent when there is nothing to mend. */
    weakestLink: Type.Optional(ChainLinkSchema),
    links: Type.Array(ChainLinkSchema),
  },
  "WorkloadProtection",
);
export type WorkloadProtection = Static<typeof WorkloadProtectionSchema>;

export const ProtectionSchema = strictObject(
  {
    at: InstantSchema,
    counts: countsOf(PROTECTION_STATES),
    /** The worst first, then by name. */
    workloads: Type.Array(WorkloadProtectionSchema),
  },
  "Protection",
);
export type Protection = Static<typeof ProtectionSchema>;
