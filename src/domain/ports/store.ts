/** What bots and workers know together, and tell each other. */
import type { Approval } from '../approval.ts';
import type { AuditEntry } from '../audit.ts';
import type { Block } from '../block.ts';
import type { Build, StepName } from '../build.ts';
import type { Environment } from '../environment.ts';
import type { Timing } from '../estimate.ts';
import type { Freeze } from '../freeze.ts';
import type { Platform } from '../lock.ts';
import type { FreeSpace } from '../operations.ts';
import type { EnvironmentCount, Outline } from '../outline.ts';
import type { Presence } from '../presence.ts';
import type { SearchPage, SearchResult } from '../search.ts';
import type { Shape } from '../shape.ts';
import type { Spec } from '../spec.ts';
import type { Subscription } from '../subscription.ts';
import type { QueueStanding } from '../totals.ts';
import type { Notice } from './notice.ts';

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
  /** Ids of those that `isUnproven` means; those that an older version recorded may be missing. */
  unprovenBuilds(): Promise<string[]>;
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
  /** Those with a revision, let go or not, that has this archive: made last, or on an edge. */
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
  /**
   * Applies `change` to the newest record. `require` is asked after that was read, each time, and before it is
   * written, and throws where it is not to be any more: nobody has written by then what `change` does not know.
   */
  updateEnvironment(
    name: string,
    change: (environment: Environment) => Environment,
    require?: () => Promise<void>,
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

  /** Whether it takes what is new, or is full. */
  hasRoom(): Promise<boolean>;
  /** True for the first, in any process, who says that it is full; null where it can keep not even that. */
  noteFull(): Promise<boolean | null>;
  /** True for the first who says that it has room again. */
  noteRoom(): Promise<boolean>;

  /** In place of what the same worker told before. */
  tellPresence(presence: Presence): Promise<void>;
  /** Of all workers that told of themselves within a day before now, by id; those that have ended, too. */
  readPresences(now: number): Promise<Presence[]>;
  /** Every worker of that host, or the one of that id, that was started before now is to drain. */
  askToDrain(name: string, now: number): Promise<void>;
  /** False when nobody had asked. */
  unaskToDrain(name: string): Promise<boolean>;
  /** When it was last asked that one of these drains; null for never. */
  readDrains(names: readonly string[]): Promise<number | null>;
  /**
   * That this version of Conda Ferry understands all that is in the store. Throws `store-newer` where a
   * newer one has written what it would damage. `isFirst`: nobody had been there before, or all is gone.
   */
  requireFormat(version: string): Promise<{ isFirst: boolean }>;

  /** Of builds, proofs and errands of each platform. */
  standings(platforms: readonly Platform[]): Promise<QueueStanding[]>;
  /** What was free on edges when something was last done there; of others nothing is known. */
  readFreeSpace(): Promise<FreeSpace[]>;

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
