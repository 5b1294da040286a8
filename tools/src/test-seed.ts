/**
 * Loaded before every test file: gives all property tests of a run one seed, so that a failure in continuous integration
 * can be met again with `IRONCORE_TEST_SEED=… npm test`. Without it fast-check picks a seed and prints it on failure.
 */

import fc from "fast-check";

const SEED_VARIABLE = "IRONCORE_TEST_SEED";

const text = process.env[SEED_VARIABLE];
if (text !== undefined && text !== "") {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error(`${SEED_VARIABLE}=${text} is not a whole number`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}
