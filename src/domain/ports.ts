/**
 * What the pipeline needs from the outside, as small interfaces. `src/adapters` implements them
 * over real parts; tests may implement them over nothing but memory.
 */

import type { Approval } from './approval.ts';
import type { Archive, ArchiveSegment } from './archive.ts';
import type { AuditEntry } from './audit.ts';
import type { Block } from './block.ts';
import type { Build, Requester, StepName } from './build.ts';
import type { ClusterProfile } from './cluster.ts';
import type { Environment, Staging, StagingPlace } from './environment.ts';
import type { Repair } from './errors.ts';
import type { Timing } from './estimate.ts';
import type { Freeze } from './freeze.ts';
import type { Linked, Lock, LockedPackage, LockedWheel, Platform } from './lock.ts';
import type { Papers } from './manifest.ts';
import type { PackageFiles } from './modules.ts';
import type { EnvironmentCount, Outline } from './outline.ts';
import type { PipRequirement } from './pip.ts';
import type { Pointers } from './reference.ts';
import type {
  ArchiveFormat,
  Layout,
  Packer as PackerName,
  ProjectPin,
  ProjectReference,
} from './request.ts';
import type { SearchPage, SearchResult } from './search.ts';
import type { Shape } from './shape.ts';
import type { Spec } from './spec.ts';
import type { Happening, Subscription } from './subscription.ts';
import type { Application } from './use.ts';

/** How a long task reports and is stopped; given to every port that takes more than a moment. */
export interface Progress {
  signal: AbortSignal;
  /** One line for the build's log; secrets are redacted behind it. */
  log(line: string): void;
  /** A short line for people, replacing the last one: `62 MB of 98 MB`. */
  detail(text: string): void;
}

/** A channel as configured: a short name people type and the address engines read. */
export interface Channel {
  name: string;
  url: string;
}

/** What channels hold, known before anything is built and without an engine. */
export interface Channels {
  /**
   * The named channels' content in the order given, with the versions of `packages`. Answers within
   * about a second, and null when one of them cannot be known by then: nobody may wait for a slow
   * channel, and no package may be called missing because of it.
   */
  read(
    channels: readonly string[],
    packages: readonly string[],
  ): Promise<readonly ChannelContent[] | null>;
  close(): void;
}

/** One channel's packages for our platform and for none. */
export interface ChannelContent {
  name: string;
  has(packageName: string): boolean;
  /** In no order; empty for a package that was not asked for. */
  versions(packageName: string): readonly string[];
  /** The same object as long as the channel holds the same. */
  names(): Iterable<string> & object;
}

/** Solves and creates prefixes. Errors: `unsatisfiable`, `package-not-found`, `channel-unreachable`, `engine-missing`, `disk-full`. */
export interface Engine {
  readonly name: 'conda' | 'rattler';
  /** Version and the reason this engine was chosen, for people. */
  describe(): Promise<EngineDescription>;
  /** Solves without building anything. Channel order is priority order, strict. */
  solve(request: SolveRequest, progress: Progress): Promise<Lock>;
  /** Creates exactly the lock's packages in `prefix`, which must not exist; verifies every sha256. */
  create(request: CreatePrefixRequest, progress: Progress): Promise<void>;
  /**
   * Creates some of the lock's packages, as they would be beside the others; null where it places
   * packages by what it finds in the prefix.
   */
  createSome: ((request: CreateSomeRequest, progress: Progress) => Promise<void>) | null;
  /**
   * Reads what the channels have for a platform, so that the first solve finds it read; where nothing stays
   * between two requests there is no such thing. Rejects as a solve does.
   */
  warm?(channels: readonly Channel[], platform: Platform, progress: Progress): Promise<void>;
  /** Ends what it keeps running between two requests. */
  close(): Promise<void>;
}

export interface EngineDescription {
  name: 'conda' | 'rattler';
  /** `micromamba 2.3.0`, `conda 26.7.0`, `py-rattler 0.28.0` */
  version: string;
  executable: string;
  /** `CONDA_EXE`, `found on the PATH`, `embedded, because no conda is on the PATH` */
  reason: string;
}

export interface SolveRequest {
  specs: readonly Spec[];
  channels: readonly Channel[];
  platform: Platform;
  /** Oldest glibc of the target nodes: the solver may not choose packages that need a newer one. */
  glibc: string | null;
  /**
   * Packages that stay as they are wherever anything needs them, unless the specs cannot be met
   * otherwise. What nothing needs is left out all the same.
   */
  keep: readonly LockedPackage[];
}

export interface CreatePrefixRequest {
  lock: Lock;
  prefix: string;
}

export interface CreateSomeRequest extends CreatePrefixRequest {
  /** Names of those that come into the prefix. */
  names: readonly string[];
}

/** Who asks for a file of a conversation, and in which one. */
export type FileAsker = Pick<Requester, 'user' | 'channel'>;

/** Pins, builds and installs people's own code on top of a prefix. */
export interface Projects {
  /**
   * Resolves references to exact bytes kept under `directory`. Files must be the asker's, or shared in
   * the conversation where they ask; null where that was looked at when they were first asked for.
   */
  pin(
    references: readonly ProjectReference[],
    directory: string,
    progress: Progress,
    asker: FileAsker | null,
  ): Promise<ProjectPin[]>;
  /** Builds in the sandbox without network and installs into the prefix, last. */
  install(
    pins: readonly InstallPin[],
    directory: string,
    target: InstallTarget,
    progress: Progress,
  ): Promise<void>;
}

/** What projects are installed into. */
export interface InstallTarget {
  prefix: string;
  /** Oldest glibc of the target nodes: what is compiled may need no newer one; null when it is not known. */
  glibc: string | null;
}

/** What is installed on top of a prefix, at exact bytes. */
export interface InstallPin extends ProjectPin {
  /**
   * Of a package of pip's that is there as source alone: the version that it must have, and the
   * sha256 of each wheel that its build has; their bytes lie beside its own.
   */
  sdist?: { version: string; builtWith: readonly string[] };
}

/** Packages of pip, beside those of conda. */
export interface Pip {
  /** Names of the configured indexes; none: nothing of pip can be had. */
  readonly indexes: readonly string[];
  /**
   * One wheel for each package that the requirements need and conda does not bring, or its sdist
   * where that is allowed and no wheel fits. Errors: `requirements-unsatisfiable` with the resolver's
   * words as details, `index-unreachable`, `sdist-build-requirement`, `sdist-unreadable`.
   */
  resolve(request: ResolveRequest, progress: Progress): Promise<LockedWheel[]>;
  /**
   * Puts the bytes of each wheel, and of what builds an sdist, checked, under `directory` as pinned
   * projects have them. Errors: `index-unreachable`, `wheel-changed`, `wheel-gone`, `disk-full`,
   * `sdist-not-allowed`.
   */
  fetch(
    wheels: readonly LockedWheel[],
    directory: string,
    progress: Progress,
  ): Promise<InstallPin[]>;
}

export interface ResolveRequest {
  requirements: readonly PipRequirement[];
  /** What conda installs: it satisfies, and nothing of it is replaced. */
  lock: Lock;
  /** Wheels that stay as they are, unless the requirements cannot be met otherwise. */
  keep: readonly LockedWheel[];
  /** Version of the environment's Python: `3.11.9`. */
  python: string;
  /** Oldest glibc of the target nodes; null when it is not known. */
  glibc: string | null;
}

export interface PackRequest {
  prefix: string;
  /** Absolute path of the archive to write. */
  output: string;
  format: ArchiveFormat;
  /** The single top-level folder inside: the environment's name. */
  root: string;
  packer: PackerName;
  /** What was linked into the prefix, where nothing else happened in it. */
  linked: Linked | null;
  /**
   * Told of each segment as it is written: its bytes, and all before them, are final in the file at `path`,
   * which lies there until the archive is whole. Packers that know of no segments tell nothing.
   */
  onSegment?: (segment: ArchiveSegment, path: string) => void;
}

/** An archive that is still being written on the build host. */
export interface GrowingArchive {
  fingerprint: string;
  /** What it will be called: `churn.zip`. */
  name: string;
  /**
   * What is final of it, as soon as that is more than `bytes`, or all of it: then there will be no more.
   * Rejects where it will never be whole.
   */
  beyond(bytes: number): Promise<Grown>;
}

export interface Grown {
  /** Where the bytes lie, for as long as it is not whole. */
  path: string;
  segments: readonly ArchiveSegment[];
  isWhole: boolean;
}

/** What has travelled of an archive to an edge before it was whole. */
export interface SentAhead {
  /** Its first so many segments: for these it is decided whether they travel. */
  segments: number;
  /** Those of them that the edge has in older archives, by sha256, and that do not travel. */
  found: ReadonlyMap<string, { file: string; offset: number }>;
  /** Seconds in which bytes were sent. */
  seconds: number;
}

/** Writes an archive; the same prefix content gives the same sha256. */
export interface Packer {
  /** Packages that are linked, and nothing else, are known from then on. */
  pack(request: PackRequest, progress: Progress): Promise<PackResult>;
  /**
   * The archive that `pack` would write, byte for byte, of a prefix which need not be there; null when
   * a package is not known, or does not stand for itself beside the others.
   */
  assemble(request: PackRequest, progress: Progress): Promise<Assembled | null>;
  /** Names of the packages that `assemble` does not know; null where it never puts these together. */
  lacking(request: PackRequest): readonly string[] | null;
  /** `assemble`, where the packages that it did not know lie in the prefix, and no others. */
  complete(request: PackRequest, progress: Progress): Promise<Assembled | null>;
}

export interface Assembled extends PackResult {
  packages: readonly PackageFiles[];
}

export interface PackResult {
  archive: Archive;
  /** Pieces an edge may already have in an older archive. */
  segments: ArchiveSegment[];
  /** Bytes on disk once unpacked. */
  unpackedBytes: number;
  /** Segments reused from the cache and made anew. */
  cache: { hits: number; misses: number };
  warnings: { id: string; text: string }[];
}

/** An edge node. Errors: `edge-unreachable`, `host-key-mismatch`, `edge-denied`, `disk-full`, `upload-corrupt`. */
export interface Edge {
  readonly name: string;
  /** Does ahead what a staging begins with, as far as it can be done; never rejects. */
  expect(signal: AbortSignal): Promise<void>;
  /** The cluster's facts: configured ones win, the rest is asked of the host and remembered. */
  profile(progress: Pick<Progress, 'signal' | 'log'>): Promise<ClusterProfile>;
  /**
   * Sends what is final of an archive that is still being written, for `stage` to go on from; nothing of
   * it is published. An edge that cannot be had, or has no room, is sent less: staging says why.
   * Rejects when it is stopped; what has arrived then goes, unless a worker goes on with it.
   */
  sendAhead(growing: GrowingArchive, progress: Progress): Promise<SentAhead>;
  /**
   * Uploads, verifies, publishes, unpacks and launches; doing it again finds everything in place.
   */
  stage(request: StageRequest, progress: Progress, following?: Following): Promise<Staging>;
  /** Whether archive and driver prefix are still there and the archive's sha256 still holds. */
  isIntact(staging: Staging, archive: Archive, signal: AbortSignal): Promise<boolean>;
  /**
   * Compares the driver prefix with its archive to the last byte, and unpacks it again where they differ, or
   * leaves it as it is. What was damaged, as a sentence; null for nothing. Throws `not-ours`.
   */
  restore(
    staging: Staging,
    archive: Archive,
    reporting: Pick<Progress, 'signal' | 'log'>,
  ): Promise<string | null>;
  /** Writes what the root's program `run` starts for a staging, by what its cluster profile says. */
  launch(staging: Staging, archive: Archive, signal: AbortSignal): Promise<Staging>;
  /** Makes the names of an environment mean these revisions; one that is not here has no name. */
  point(environment: string, pointers: Pointers, signal: AbortSignal): Promise<void>;
  /** Runs one command line as the edge's login shell would, with a time limit. */
  run(request: RunRequest, progress: Pick<Progress, 'signal' | 'log'>): Promise<RunResult>;
  /**
   * Takes a staging back: what starts it, its prefix, and the archive with its copy in HDFS unless
   * something else on the edge is made from the same bytes. Doing it again finds nothing to do.
   * Throws `not-ours` for what does not lie under the configured root.
   */
  remove(place: StagingPlace, archive: Archive, options: RemoveOptions): Promise<void>;
  /**
   * Applications with one of the tags that run on the edge's YARN, or ended there since; none where
   * the edge has no YARN. Throws `cluster-silent` when the ResourceManager does not answer.
   */
  applications(tags: readonly string[], since: number, signal: AbortSignal): Promise<Application[]>;
  /**
   * Removes what was sent of an archive that is not to be staged any more: by the fingerprint, and by the
   * sha256 where it is known.
   */
  discard(
    archive: { fingerprint: string; sha256: string | null },
    signal: AbortSignal,
  ): Promise<void>;
  /** Removes what an interrupted staging left; never a published path. */
  sweep(signal: AbortSignal): Promise<void>;
  /** Ends the connections that are kept open for who comes next. */
  close(): void;
}

/** Who is told how far a staging has come. */
export interface Following {
  /**
   * Told where everything will be before any of it is published, which waits until that is recorded:
   * a worker that is killed later leaves nothing that nobody knows of. Told again where it changes.
   */
  begins(place: StagingPlace): Promise<void>;
  /** Told as soon as its Python can be started there, while the rest goes on. */
  unpacked(staging: Staging): void;
}

export interface RemoveOptions {
  /** Another revision has the same bytes: only the prefix goes. */
  keepArchive: boolean;
  signal: AbortSignal;
}

export interface StageRequest {
  environment: string;
  revision: number;
  fingerprint: string;
  /** What was sent of it while it was written; null where that was nothing, or somebody else did. */
  ahead: SentAhead | null;
  /** Archive on the build host. */
  archivePath: string;
  archive: Archive;
  /** Those an older archive on the edge holds are copied there instead of travelling. */
  segments: readonly ArchiveSegment[];
  /** For the check of free space. */
  unpackedBytes: number;
  layout: Layout;
  papers: Papers;
}

export interface RunRequest {
  /** Command text made by `domain/invocation.ts`; nothing else may reach a remote shell. */
  command: string;
  /** Folder on the edge to run in; null for a fresh private folder that is removed afterwards. */
  directory: string | null;
  /** Files put into the folder first: name → content. */
  files: Record<string, string>;
  timeoutSeconds: number;
}

export interface RunResult {
  /** null when the connection was cut or the time limit ended it: the outcome is unknown. */
  code: number | null;
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

/** Durable state shared by bots and workers. Every call rejects with `store-unavailable` when Redis is away. */
export interface Store {
  /**
   * Records a build, and with it that it is at work on its environment: both or neither, and neither once
   * the call is rejected for want of an answer. Returns the build at work there: this one, or another
   * because of which nothing was recorded.
   */
  beginBuild(build: Build): Promise<Build>;
  /** The same for a recorded build that `change` puts to work once more. Unknown id: throws `build-not-found`. */
  beginAgain(id: string, change: (build: Build) => Build): Promise<Build>;
  /** The build at work on an environment: there is one at most, from when it begins until it is settled. */
  buildAtWork(environment: string): Promise<Build | null>;
  readBuild(id: string): Promise<Build | null>;
  /** Applies `change` atomically to the newest record and returns the result. Unknown id: throws `build-not-found`. */
  updateBuild(id: string, change: (build: Build) => Build): Promise<Build>;
  /** What was asked for last comes first. */
  listBuilds(filter: { environment?: string; user?: string; limit: number }): Promise<Build[]>;
  /**
   * Ids of those that a worker has something to do for: at work, being verified again, or settled while
   * somebody may not have been told.
   */
  openBuilds(): Promise<string[]>;
  /** Ids of at most so many builds whose records changed since then; the last change comes first. */
  changedBuilds(since: number, limit: number): Promise<string[]>;
  /**
   * Everybody was told how this attempt of a build has ended. One that is at work, being verified again or
   * at a later attempt stays open. The end of a verification closes what was told before it or meanwhile.
   */
  closeBuild(id: string, attempt: number): Promise<void>;

  /**
   * Ids of builds that were asked for before that moment, and of those of each environment that has so
   * many newer ones; some twice.
   */
  everyOldBuild(bounds: { before: number; newest: number }): AsyncIterable<string>;
  countBuilds(): Promise<number>;
  /** Drops a build that is settled and closed, with its log; false where it is neither, or at work again. */
  forgetBuild(build: Build): Promise<boolean>;

  /** Drops logs and checkpoints of builds; the builds stay. */
  removeProgress(buildIds: readonly string[]): Promise<void>;

  readEnvironment(name: string): Promise<Environment | null>;
  /**
   * Of all that are somebody's, or of an owner's, by name: those of which something is there; with
   * `letGo` the others, too. From the one at `start`, counted from 0; null for no limit.
   */
  listOutlines(filter: {
    owner?: string;
    letGo?: boolean;
    start?: number;
    limit: number | null;
  }): Promise<Outline[]>;
  /** Each that is somebody's, by name, whatever comes and goes meanwhile. */
  everyOutline(): AsyncIterable<Outline>;
  /** Of all, or of an owner's. */
  countEnvironments(owner?: string): Promise<EnvironmentCount>;
  /** By name. */
  namesOwned(owner: string): Promise<string[]>;
  /** Those of these names that somebody has, or has tried to have. */
  namesTaken(names: readonly string[]): Promise<string[]>;
  /** Environments of which something is let go and has yet to be removed from an edge. */
  namesLeaving(): Promise<string[]>;
  /** The name of an environment that `closest` means among all that are somebody's. */
  nearestEnvironment(word: string): Promise<string | null>;
  /** Those with a schedule that is due by `until`, or with any; the first due first. `count`: all of them. */
  scheduledEnvironments(filter: {
    until?: number;
    limit: number;
  }): Promise<{ environments: Outline[]; count: number }>;
  /** Those with a revision, let go or not, that has this archive. */
  environmentsWithArchive(sha256: string): Promise<Outline[]>;
  /** What `search` says of all environments; of more than 2,000 revisions the newest come first. */
  searchPackages(specs: readonly Spec[], page: SearchPage): Promise<SearchResult>;
  /**
   * Makes what older versions stored findable by all of the above, and answers how many records that
   * were. Done again, it does nothing.
   */
  indexEnvironments(): Promise<number>;
  /**
   * Drops an environment with all its builds, as if there had never been one of that name, in one step
   * with a look at it and them: `allow` throws for what must stay, and a build at work keeps it, which is
   * answered. Null where there is none of that name any more.
   */
  removeEnvironment(
    name: string,
    allow: (environment: Environment, builds: readonly Build[]) => void,
  ): Promise<Build | null>;
  /** Creates the environment without a revision, or returns the one that exists; `isOwned` says whether it is anybody's. */
  claimEnvironment(name: string, owner: string, now: number): Promise<Environment>;
  updateEnvironment(
    name: string,
    change: (environment: Environment) => Environment,
  ): Promise<Environment>;

  /** Null where there is none, and where what is there is not of the shape. */
  readCheckpoint<T>(buildId: string, step: StepName, shape: Shape<T>): Promise<T | null>;
  writeCheckpoint<T>(buildId: string, step: StepName, result: T): Promise<void>;

  appendLog(buildId: string, lines: readonly string[]): Promise<void>;
  readLog(buildId: string, last: number): Promise<string[]>;

  /** Remembers which packages have which modules: module → packages, as prefixes show it. */
  learnModules(modules: Readonly<Record<string, readonly string[]>>): Promise<void>;
  readModules(): Promise<Record<string, string[]>>;

  /** Remembers for a while what a question that is still open is about. */
  keep(id: string, subject: unknown): Promise<void>;
  /** Null once it is forgotten. */
  readKept<T>(id: string, shape: Shape<T>): Promise<T | null>;

  createApproval(approval: Approval): Promise<void>;
  readApproval(id: string): Promise<Approval | null>;
  removeApproval(id: string): Promise<void>;
  /** Atomically, as `updateBuild`. Throws `approval-not-found`. */
  updateApproval(id: string, change: (approval: Approval) => Approval): Promise<Approval>;
  /** The oldest first. */
  listApprovals(): Promise<Approval[]>;

  /** What Slack has said of user groups, and when. */
  readGroups(): Promise<UserGroup[]>;
  writeGroup(group: UserGroup): Promise<void>;

  /** Rejects with `record-unreadable` rather than leaving one out. */
  readFreezes(): Promise<Freeze[]>;
  /** In place of another one of the same edge. */
  writeFreeze(freeze: Freeze): Promise<void>;
  /** False when there was none. */
  removeFreeze(edge: string | null): Promise<boolean>;

  /** Rejects with `record-unreadable` rather than leaving one out. */
  readBlocks(): Promise<Block[]>;
  /** In place of another one of the same spec. */
  writeBlock(block: Block): Promise<void>;
  /** False when there was none. */
  removeBlock(spec: Spec): Promise<boolean>;

  /** How long the last builds took, the newest first. */
  readTimings(): Promise<Timing[]>;
  /** The oldest is dropped beyond `MOST_TIMINGS`. */
  addTiming(timing: Timing): Promise<void>;

  /** The oldest first. */
  readSubscriptions(): Promise<Subscription[]>;
  /** In place of another one with the same key. */
  writeSubscription(subscription: Subscription): Promise<void>;
  /** By `subscriptionKey`. False when there was none. */
  removeSubscription(key: string): Promise<boolean>;

  /** Entries are never changed; the oldest are dropped beyond the configured bounds. */
  appendAudit(entry: AuditEntry): Promise<void>;
  /** Those since then, newest first. */
  auditEntries(since: number): AsyncIterable<AuditEntry>;

  /** It is due from now on. */
  addNotice(notice: Notice): Promise<void>;
  /** Notices whose time has come by the store's own clock, the longest due first. */
  dueNotices(limit: number): Promise<Notice[]>;
  /**
   * Null for all but one caller within `milliseconds`: the one that may send it. `again` when somebody
   * could have sent it before.
   */
  leaseNotice(id: string, milliseconds: number): Promise<'first' | 'again' | null>;
  /** It is due again after `milliseconds`, for anybody. */
  postponeNotice(id: string, milliseconds: number): Promise<void>;
  settleNotice(id: string): Promise<void>;

  /** What people see of a build already, as far as it is known; null once nobody looks any more. */
  readShown(buildId: string): Promise<ShownMessage | null>;
  writeShown(buildId: string, shown: ShownMessage): Promise<void>;

  /**
   * True when nobody else has the lease: it is `who`'s from now on for `milliseconds`, also when it was
   * theirs before.
   */
  takeLease(name: string, who: string, milliseconds: number): Promise<boolean>;
  /** Gives back a lease; nothing happens to one that is another one's. */
  endLease(name: string, who: string): Promise<void>;

  /** Calls back with the id of every build that changed, from any process. Returns the way to stop. */
  watch(listener: (buildId: string) => void): Promise<() => Promise<void>>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The state that a build's live message tells, by its digest, and since when. */
export interface ShownMessage {
  digest: string;
  at: number;
  /** It tells that the build has ended. */
  isEnd: boolean;
}

/** Who is in a user group of Slack. */
export interface UserGroup {
  id: string;
  members: string[];
  at: number;
}

/** A message that must arrive exactly once, whatever fails meanwhile. `dueAt`: when it came about. */
export type Notice =
  | { id: string; kind: 'settled'; buildId: string; target: 'thread' | 'direct'; dueAt: number }
  /** The executors were asked again, and what they said stands in the record. */
  | { id: string; kind: 'verified'; buildId: string; dueAt: number }
  /** What is to be decided, or was: `to` is a channel or a person. */
  | { id: string; kind: 'approval'; approvalId: string; to: string; dueAt: number }
  /** An environment is let go at the moment `ends`, unless it is kept; for its owner. */
  | { id: string; kind: 'expiring'; environment: string; ends: number; dueAt: number }
  /** What a schedule has found and not built, a sentence; for the owner. */
  | { id: string; kind: 'newer'; environment: string; text: string; dueAt: number }
  /**
   * What somebody wants changed of an environment, and commands that do it; for the owner. `planId`: the
   * plan that one of them builds.
   */
  | {
      id: string;
      kind: 'affected';
      environment: string;
      by: string;
      text: string;
      planId: string | null;
      repairs: Repair[];
      dueAt: number;
    }
  /** How a build that a schedule asked for has ended; for the owner. */
  | { id: string; kind: 'scheduled'; environment: string; buildId: string; dueAt: number }
  /** What came of an environment, for who subscribed: `to` is a channel or a person. */
  | {
      id: string;
      kind: 'heard';
      to: string;
      happening: Happening;
      /** The subscription it is told by, as `subscriptionKey` has it. */
      subscription: string;
      dueAt: number;
    };

/** Why a worker is given a build: to make it, or to verify a ready one again. */
export type JobPurpose = 'build' | 'verify';

export interface QueuedJob {
  buildId: string;
  purpose: JobPurpose;
}

/** Work for workers; at-least-once. */
export interface Queue {
  /** The same attempt and purpose twice, while the first is known, is one job. */
  enqueue(build: Build, platform: Platform, purpose: JobPurpose): Promise<void>;
  /** Tells the worker that has the build to stop, if there is one; a build still waiting is taken out. */
  cancel(build: Build, platform: Platform): Promise<{ isAtWork: boolean }>;
  /** Whether a job waits or is worked at, has come to its end, or is not known; a proof that has ended is not. */
  standing(
    build: Build,
    platform: Platform,
    purpose: JobPurpose,
  ): Promise<'queued' | 'over' | 'unknown'>;
  /** What is worked at, and what waits, in the order in which workers take it. */
  order(platform: Platform): Promise<{ active: QueuedJob[]; waiting: QueuedJob[] }>;
  close(): Promise<void>;
}

/** Folders and files on the build host. */
export interface Workspace {
  /**
   * A prefix at a constant path, held by one build at a time: files that embed their prefix are
   * then the same in every environment. Waits for a free one, and says by whom they are held, again
   * whenever that changes; the folder is empty when given.
   */
  acquirePrefix(
    buildId: string,
    signal: AbortSignal,
    waiting: (why: string) => Promise<void>,
  ): Promise<HeldPrefix>;
  /** Where prefixes lie, be they there or not: the one that is held first comes first. */
  prefixes(): readonly string[];
  /** Where the archive of a fingerprint lies; the folder exists. */
  archivePath(fingerprint: string, name: string): Promise<string>;
  /** True when the file there has exactly this sha256. */
  holdsArchive(path: string, archive: Archive): Promise<boolean>;
  /** Removes the archive of a fingerprint from this build host, if it is there. */
  removeArchive(fingerprint: string): Promise<void>;
  /**
   * Removes archives of other fingerprints than these that nobody has touched for a day, and answers
   * which: what a retry would go on with stays as long.
   */
  sweepArchives(kept: ReadonlySet<string>): Promise<string[]>;
  /** Removes folders of other builds than these that nobody has touched for a day; answers whose. */
  sweepBuilds(kept: ReadonlySet<string>): Promise<string[]>;
  /** Where pinned projects of a build are kept; removed with `clear`. */
  projectDirectory(buildId: string): Promise<string>;
  /** Modules that each package installs into site-packages, from the prefix's own records. */
  importNames(prefix: string, packages: readonly string[]): Promise<Record<string, string[]>>;
  /** Modules that can be imported from a prefix, and the packages of the channels that have each. */
  modules(prefix: string): Promise<Record<string, string[]>>;
  clear(buildId: string): Promise<void>;
}

export interface HeldPrefix {
  path: string;
  release(): Promise<void>;
}

export interface Clock {
  now(): number;
}
