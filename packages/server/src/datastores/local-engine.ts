/** The port on the engine itself, on whatever thread it is made. Presents what the engine finds as the protocol shows it. */

import {
  formatGroupRef,
  formatSnapshotRef,
  parseBackupId,
  parseBackupType,
  parseGroupRef,
  parseNamespace,
  parseSnapshotRef,
} from "@ironcore-backup/base";
import type { Clock, GroupRef, Random, SnapshotRef } from "@ironcore-backup/base";
import {
  assertStoreIdentity,
  countDatastore,
  createDatastore,
  engineErrors,
  ensureStoreIdentity,
  findGroupOwner,
  findSnapshot,
  forgetGroup,
  forgetSnapshot,
  jobOf,
  listGroups,
  listNamespaces,
  listSnapshots,
  openDatastore,
  pathFromText,
  removeNamespace,
  snapshotPath,
  verifyStateOf,
} from "@ironcore-backup/engine";
import type { Datastore, Disk, SnapshotEntry as FoundSnapshot } from "@ironcore-backup/engine";
import { ChunkCache, dynamicChunkCount, fixedChunkCount } from "@ironcore-backup/format";
import type { Manifest } from "@ironcore-backup/format";
import type { Snapshot } from "@ironcore-backup/protocol";
import { serverErrors } from "../errors.ts";
import { listChunkFiles, listChunkUses } from "./chunk-needs.ts";
import type { DatastoreEngine, DatastoreUsage, SnapshotFilter } from "./datastore-engine.ts";
import {
  changeGroup,
  changeSnapshot,
  countNamespaces,
  listGroupRows,
  makeNamespace,
} from "./local-places.ts";
import { sampleChunks, summarizeStore } from "./local-measure.ts";
import type { SummaryCache } from "./local-measure.ts";
import { createOwnSpaceDesk } from "./own-space.ts";
import type { OwnSpaceDesk } from "./own-space.ts";
import { probeStore } from "./probe-checks.ts";
import { presentPrunePlan, simulatePrune } from "./local-prune.ts";
import { createQuestionQueue } from "./question-queue.ts";
import type { QuestionQueue } from "./question-queue.ts";
import { verdictOf } from "./snapshot-verdict.ts";

interface Needs {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
}

const LATEST = "/latest";
/** Metadata that was looked at, for the next page. Goes with the thread, a minute after the last question. */
const BROWSE_CACHE_BYTES_MAX = 64 * 1024 * 1024;

interface QuestionDesk {
  readonly queue: QuestionQueue;
  readonly ownSpace: OwnSpaceDesk;
}

export function createLocalEngine(needs: Needs): DatastoreEngine {
  const open = (path: string): Datastore => openDatastore(needs, path);
  const summaries = new Map<string, SummaryCache>();
  const cache = new ChunkCache({ sizeBytesMax: BROWSE_CACHE_BYTES_MAX });
  const desks = new Map<string, QuestionDesk>();
  const deskOf = (path: string): QuestionDesk => {
    const queue = createQuestionQueue();
    const desk = desks.get(path) ?? { queue, ownSpace: createOwnSpaceDesk(needs, queue) };
    desks.set(path, desk);
    return desk;
  };
  const askAlone = async <T>(path: string, question: () => Promise<T>): Promise<T> => {
    const answer = deskOf(path).queue.ask(question);
    if (answer === "busy") throw serverErrors.QUESTIONS_TOO_MANY({});
    return answer;
  };
  const summaryOf = (path: string): SummaryCache => {
    const known = summaries.get(path) ?? new Map();
    summaries.set(path, known);
    return known;
  };
  return {
    create: async (path) => {
      await createDatastore(needs, path);
    },
    identify: async (path) => ensureStoreIdentity(needs, open(path)),
    assertStore: async (path, identity) => assertStoreIdentity(needs, pathFromText(path), identity),
    check: async (path, question) => probeStore(needs, path, question),
    summarize: async (path) => summarizeStore(needs, open(path), summaryOf(path)),
    sampleChunks: async (path) => sampleChunks(needs, open(path)),
    probe: async (path, options) => probe(needs, open(path), options),
    listSnapshots: async (path, filter) => listFiltered(needs, open(path), filter),
    findSnapshot: async (path, text) => findByName(needs, open(path), text),
    getSnapshot: async (path, snapshot) => getOne(needs, open(path), snapshot),
    forgetSnapshot: async (path, snapshot) => forgetSnapshot(needs, open(path), snapshot),
    countNamespaces: async (path) => countNamespaces(needs, open(path)),
    createNamespace: async (path, namespace) => makeNamespace(needs, open(path), namespace),
    removeNamespace: async (path, namespace) => removeNamespace(needs, open(path), namespace),
    listGroups: async (path, namespace) => listGroupRows(needs, open(path), namespace),
    changeGroup: async (path, group, change) => changeGroup(needs, open(path), group, change),
    measureGroupSpace: async (path, group) => deskOf(path).ownSpace.measureGroup(open(path), group),
    forgetGroup: async (path, group) => forgetGroup(needs, open(path), group),
    changeSnapshot: async (path, snapshot, update) => changeSnapshot(needs, open(path), snapshot, update),
    planPrune: async (path, question) =>
      presentPrunePlan({ ...needs, ownSpace: deskOf(path).ownSpace }, open(path), question),
    simulatePrune: async (_path, question) => simulatePrune(needs, question),
    compareSnapshots: async (path, question) => {
      const { compareSnapshots } = await import("./snapshot-comparison.ts");
      return compareSnapshots({ ...needs, cache }, open(path), question);
    },
    listChunkUses: (path, digest) => askAlone(path, () => listChunkUses(needs, open(path), digest)),
    listChunkFiles: (path, subject) => askAlone(path, () => listChunkFiles(needs, open(path), subject)),
    listEntries: async (path, query) => {
      const { listArchiveEntries } = await import("./archive-entries.ts");
      return listArchiveEntries({ ...needs, cache }, open(path), query);
    },
  };
}

async function probe(
  needs: Needs,
  datastore: Datastore,
  options: { readonly count: boolean },
): Promise<DatastoreUsage> {
  const { totalSizeBytes, usedSizeBytes, freeSizeBytes } = needs.disk.space(datastore.path);
  const usage = { totalBytes: totalSizeBytes, usedBytes: usedSizeBytes, freeBytes: freeSizeBytes };
  if (!options.count) return usage;
  const { groupCount, snapshotCount } = await countDatastore(needs, datastore);
  return { ...usage, groupCount, snapshotCount };
}

function listFiltered(needs: Needs, datastore: Datastore, filter: SnapshotFilter): Snapshot[] {
  const type = filter.type === undefined ? undefined : parseBackupType(filter.type);
  const id = filter.id === undefined ? undefined : parseBackupId(filter.id);
  const namespaces =
    filter.namespace === undefined ? listNamespaces(needs, datastore) : [parseNamespace(filter.namespace)];
  const groups = namespaces
    .flatMap((namespace) => listGroups(needs, datastore, namespace))
    .filter((group) => (type === undefined || group.type === type) && (id === undefined || group.id === id));
  return groups
    .flatMap((group) => {
      const owner = findGroupOwner(needs, datastore, group);
      return listSnapshots(needs, datastore, group).map((found) => presentSnapshot(needs, found, owner));
    })
    .toSorted((a, b) => b.backupTime - a.backupTime || (a.snapshot < b.snapshot ? -1 : 1));
}

function findByName(needs: Needs, datastore: Datastore, text: string): SnapshotRef {
  if (!text.endsWith(LATEST)) return parseSnapshotRef(text);
  const group: GroupRef = parseGroupRef(text.slice(0, -LATEST.length));
  const newest = listSnapshots(needs, datastore, group).find((found) => found.state === "finished");
  if (newest === undefined) throw serverErrors.SNAPSHOT_NONE_FINISHED({ group: formatGroupRef(group) });
  return newest.snapshot;
}

function getOne(needs: Needs, datastore: Datastore, ref: SnapshotRef): Snapshot {
  const found = findSnapshot(needs, datastore, ref);
  if (found === undefined) throw engineErrors.SNAPSHOT_MISSING({ snapshot: formatSnapshotRef(ref) });
  const snapshot = presentSnapshot(needs, found, findGroupOwner(needs, datastore, ref));
  return { ...snapshot, files: snapshot.files.map((file) => withChunkCount(needs, datastore, ref, file)) };
}

type File = Snapshot["files"][number];

/** The size of an index tells how many chunks it names. */
function withChunkCount({ disk }: Needs, datastore: Datastore, ref: SnapshotRef, file: File): File {
  const { name } = file;
  if (!/\.[df]idx$/.test(name)) return file;
  const size = disk.stat(`${snapshotPath(datastore, ref)}/${name}`)?.sizeBytes;
  if (size === undefined) return file;
  return { ...file, chunkCount: name.endsWith(".didx") ? dynamicChunkCount(size) : fixedChunkCount(size) };
}

function presentSnapshot(needs: Needs, found: FoundSnapshot, owner: string | undefined): Snapshot {
  const { namespace, type, id, backupTime } = found.snapshot;
  return {
    snapshot: formatSnapshotRef(found.snapshot),
    namespace,
    type,
    id,
    backupTime,
    finished: found.state !== "unfinished",
    ...(owner === undefined ? {} : { owner }),
    protected: found.isProtected,
    ...(found.state === "unfinished" ? { running: found.isBeingWritten } : {}),
    ...(found.state === "damaged" ? { manifestError: found.error.message } : {}),
    ...(found.state === "finished" ? presentManifest(needs, found.manifest) : { files: [] }),
  };
}

function presentManifest(needs: Needs, manifest: Manifest) {
  const state = verifyStateOf(manifest);
  const verification = state === undefined ? undefined : verdictOf(needs, state);
  const job = jobOf(manifest);
  const { notes, "key-fingerprint": keyFingerprint } = manifest.unprotected;
  return {
    sizeBytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    ...(typeof notes === "string" && notes !== "" ? { notes } : {}),
    ...(typeof keyFingerprint === "string" ? { keyFingerprint } : {}),
    ...(job === undefined ? {} : { job }),
    files: manifest.files.map(({ name, sizeBytes, cryptMode }) => ({ name, sizeBytes, cryptMode })),
    ...(verification === undefined ? {} : { verification }),
  };
}
