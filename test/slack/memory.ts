/** A store and a queue in memory, and the real services over them: what the app's tests stand on. */
import type { Approval } from '../../src/domain/approval.ts';
import type { AuditEntry } from '../../src/domain/audit.ts';
import type { Block } from '../../src/domain/block.ts';
import { type Build, isSettled, isUnproven } from '../../src/domain/build.ts';
import {
  archiveDigests,
  type Environment,
  isLetGo,
  isOwned,
  newEnvironment,
} from '../../src/domain/environment.ts';
import type {
  Answered,
  Errand,
  ErrandKind,
  Errands,
  ErrandTable,
} from '../../src/domain/errands.ts';
import { outsideError, userError } from '../../src/domain/errors.ts';
import type { Timing } from '../../src/domain/estimate.ts';
import { createEvents, type Events, type ServiceEvent } from '../../src/domain/events.ts';
import type { Freeze } from '../../src/domain/freeze.ts';
import type { Platform } from '../../src/domain/lock.ts';
import { closest } from '../../src/domain/near-names.ts';
import type { FreeSpace } from '../../src/domain/operations.ts';
import type { Outline } from '../../src/domain/outline.ts';
import type {
  Channels,
  Notice,
  Queue,
  QueuedJob,
  ShownMessage,
  Store,
  UserGroup,
} from '../../src/domain/ports.ts';
import type { Presence } from '../../src/domain/presence.ts';
import { type SearchPage, type SearchResult, search } from '../../src/domain/search.ts';
import { receiveError } from '../../src/domain/sent-error.ts';
import { formatSpec, type Spec } from '../../src/domain/spec.ts';
import { type Subscription, subscriptionKey } from '../../src/domain/subscription.ts';
import type { QueueStanding } from '../../src/domain/totals.ts';
import { createServices } from '../../src/pipeline/services.ts';
import { settings } from '../answers/samples.ts';

export class MemoryStore implements Store {
  readonly builds = new Map<string, Build>();
  readonly environments = new Map<string, Environment>();
  readonly notices = new Map<string, Notice & { leasedUntil: number }>();
  readonly settled = new Set<string>();
  readonly kept = new Map<string, string>();
  readonly logs = new Map<string, string[]>();
  /** While true, every call rejects as it does when Redis is away. */
  away = false;
  /** Its own clock. */
  now: () => number = Date.now;
  readonly open = new Set<string>();
  readonly #changedAt = new Map<string, number>();
  /** Those being verified again of which nobody was told before how they have ended. */
  readonly owed = new Set<string>();
  readonly #checkpoints = new Map<string, unknown>();
  readonly #listeners = new Set<(buildId: string) => void>();

  /** While true, nothing new is taken. */
  full = false;
  /** Whether somebody has said so. */
  #isFullNoted = false;

  async hasRoom(): Promise<boolean> {
    await this.#reach();
    return !this.full;
  }

  async noteFull(): Promise<boolean | null> {
    await this.#reach();
    const isFirst = !this.#isFullNoted;
    this.#isFullNoted = true;
    return isFirst;
  }

  async noteRoom(): Promise<boolean> {
    await this.#reach();
    const isFirst = this.#isFullNoted;
    this.#isFullNoted = false;
    return isFirst;
  }

  async #reach(): Promise<void> {
    if (!this.away) return;
    throw outsideError({
      code: 'store-unavailable',
      message: 'The store (Redis) does not answer.',
      retryable: true,
    });
  }

  /** Records a build as a test wants it to be there. */
  async createBuild(build: Build): Promise<void> {
    await this.#reach();
    this.#save(build);
  }

  async beginBuild(build: Build): Promise<Build> {
    await this.#reach();
    return this.#atWork(build) ?? this.#save(build);
  }

  async beginAgain(id: string, change: (build: Build) => Build): Promise<Build> {
    await this.#reach();
    const build = this.#known(id);
    const atWork = this.#atWork(build);
    return atWork && atWork.id !== id ? atWork : this.#save(change(build));
  }

  async buildAtWork(environment: string): Promise<Build | null> {
    await this.#reach();
    return this.#atWork({ request: { environment } });
  }

  async unprovenBuilds(): Promise<string[]> {
    return [...this.builds.values()].filter(isUnproven).map(({ id }) => id);
  }

  async openBuilds(): Promise<string[]> {
    await this.#reach();
    return [...this.open];
  }

  async changedBuilds(since: number, limit: number): Promise<string[]> {
    await this.#reach();
    return [...this.#changedAt]
      .filter(([, at]) => at >= since)
      .sort(([, left], [, right]) => right - left)
      .slice(0, limit)
      .map(([id]) => id);
  }

  async closeBuild(id: string, attempt: number): Promise<void> {
    await this.#reach();
    const build = this.builds.get(id);
    if (!build || !isSettled(build) || build.attempt !== attempt) return;
    this.owed.delete(id);
    if (!build.verifying) this.open.delete(id);
  }

  #atWork({ request }: { request: Pick<Build['request'], 'environment'> }): Build | null {
    const isAtWork = (build: Build) =>
      build.request.environment === request.environment && !isSettled(build);
    return [...this.builds.values()].find(isAtWork) ?? null;
  }

  #known(id: string): Build {
    const build = this.builds.get(id);
    if (!build) throw userError({ code: 'build-not-found', message: `no build ${id}` });
    return build;
  }

  #save(build: Build): Build {
    const wasVerifying = this.builds.get(build.id)?.verifying ?? false;
    if (build.verifying && !wasVerifying && this.open.has(build.id)) this.owed.add(build.id);
    if (!isSettled(build) || build.verifying) this.open.add(build.id);
    else if (wasVerifying && !this.owed.has(build.id)) this.open.delete(build.id);
    this.builds.set(build.id, build);
    this.#changedAt.set(build.id, Date.now());
    this.#changed(build.id);
    return build;
  }

  async readBuild(id: string): Promise<Build | null> {
    await this.#reach();
    return this.builds.get(id) ?? null;
  }

  async updateBuild(id: string, change: (build: Build) => Build): Promise<Build> {
    await this.#reach();
    return this.#save(change(this.#known(id)));
  }

  async listBuilds(filter: {
    environment?: string;
    user?: string;
    limit: number;
  }): Promise<Build[]> {
    await this.#reach();
    return [...this.builds.values()]
      .filter(({ request }) => !filter.environment || request.environment === filter.environment)
      .filter(({ requester }) => !filter.user || requester.user === filter.user)
      .toReversed()
      .toSorted((left, right) => right.queuedAt - left.queuedAt)
      .slice(0, filter.limit);
  }

  async readEnvironment(name: string): Promise<Environment | null> {
    await this.#reach();
    return this.environments.get(name) ?? null;
  }

  async listOutlines(filter: {
    owner?: string;
    letGo?: boolean;
    start?: number;
    limit: number | null;
  }): Promise<Outline[]> {
    const start = filter.start ?? 0;
    return (await this.#owned(filter.owner))
      .filter((each) => filter.letGo === true || !isLetGo(each))
      .slice(start, filter.limit === null ? undefined : start + filter.limit);
  }

  async *everyOutline(): AsyncIterable<Outline> {
    yield* await this.#owned();
  }

  async countEnvironments(owner?: string) {
    const owned = await this.#owned(owner);
    const letGo = owned.filter(isLetGo).length;
    return { there: owned.length - letGo, letGo };
  }

  async namesOwned(owner: string): Promise<string[]> {
    return (await this.#owned(owner)).map(({ name }) => name);
  }

  async namesTaken(names: readonly string[]): Promise<string[]> {
    await this.#reach();
    return names.filter((name) => this.environments.has(name));
  }

  async namesLeaving(): Promise<string[]> {
    return (await this.#owned())
      .filter(({ revisions }) => revisions.some((each) => each.letGo && each.stagings.length > 0))
      .map(({ name }) => name);
  }

  async nearestEnvironment(word: string): Promise<string | null> {
    return closest(
      word,
      (await this.#owned()).map(({ name }) => name),
    );
  }

  async scheduledEnvironments({ until = Infinity, limit }: { until?: number; limit: number }) {
    const due = ({ schedule }: Environment) => schedule?.dueAt ?? Infinity;
    const scheduled = (await this.#owned()).filter((each) => each.schedule && due(each) <= until);
    const environments = scheduled.sort((left, right) => due(left) - due(right));
    return { environments: environments.slice(0, limit), count: scheduled.length };
  }

  async environmentsWithArchive(sha256: string): Promise<Outline[]> {
    return (await this.#owned()).filter(({ revisions }) =>
      revisions.some((revision) => archiveDigests(revision).includes(sha256)),
    );
  }

  async searchPackages(specs: readonly Spec[], page: SearchPage): Promise<SearchResult> {
    return search(await this.#owned(), specs, page);
  }

  async indexEnvironments(): Promise<number> {
    return 0;
  }

  /** Those that are somebody's, by name. */
  async #owned(owner?: string): Promise<Environment[]> {
    await this.#reach();
    return [...this.environments.values()]
      .filter((each) => isOwned(each) && (owner === undefined || each.owner === owner))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async *everyOldBuild({ before, newest }: { before: number; newest: number }) {
    await this.#reach();
    const builds = [...this.builds.values()].sort((left, right) => right.queuedAt - left.queuedAt);
    const newer = new Map<string, number>();
    for (const { id, request, queuedAt } of builds) {
      const count = newer.get(request.environment) ?? 0;
      newer.set(request.environment, count + 1);
      if (queuedAt < before || count >= newest) yield id;
    }
  }

  async countBuilds(): Promise<number> {
    await this.#reach();
    return this.builds.size;
  }

  async forgetBuild({ id }: Build): Promise<boolean> {
    await this.#reach();
    const build = this.builds.get(id);
    if (!build || !isSettled(build) || build.verifying || this.open.has(id)) return false;
    this.logs.delete(id);
    return this.builds.delete(id);
  }

  async removeEnvironment(
    name: string,
    allow: (environment: Environment, builds: readonly Build[]) => void,
  ): Promise<Build | null> {
    await this.#reach();
    const environment = this.environments.get(name);
    if (!environment) return null;
    allow(
      environment,
      [...this.builds.values()].filter(({ request }) => request.environment === name),
    );
    const atWork = this.#atWork({ request: { environment: name } });
    if (atWork !== null) return atWork;
    this.environments.delete(name);
    for (const [id, { request }] of this.builds) {
      if (request.environment !== name) continue;
      this.builds.delete(id);
      this.open.delete(id);
      this.owed.delete(id);
    }
    return null;
  }

  async claimEnvironment(name: string, owner: string, now: number): Promise<Environment> {
    await this.#reach();
    const environment = this.environments.get(name) ?? newEnvironment(name, owner, now);
    this.environments.set(name, environment);
    return environment;
  }

  async updateEnvironment(
    name: string,
    change: (environment: Environment) => Environment,
    require?: () => Promise<void>,
  ): Promise<Environment> {
    await this.#reach();
    for (;;) {
      const known = this.environments.get(name);
      if (!known)
        throw userError({ code: 'environment-not-found', message: `no environment ${name}` });
      if (require) await require();
      if (this.environments.get(name) !== known) continue;
      const changed = change(known);
      this.environments.set(name, changed);
      return changed;
    }
  }

  async readCheckpoint<T>(buildId: string, step: string): Promise<T | null> {
    return (this.#checkpoints.get(`${buildId} ${step}`) as T) ?? null;
  }

  async writeCheckpoint<T>(buildId: string, step: string, result: T): Promise<void> {
    this.#checkpoints.set(`${buildId} ${step}`, result);
  }

  async removeProgress(buildIds: readonly string[]): Promise<void> {
    for (const id of buildIds) this.logs.delete(id);
  }

  async appendLog(buildId: string, lines: readonly string[]): Promise<void> {
    this.logs.set(buildId, [...(this.logs.get(buildId) ?? []), ...lines]);
  }

  async readLog(buildId: string, last: number): Promise<string[]> {
    await this.#reach();
    return (this.logs.get(buildId) ?? []).slice(-last);
  }

  readonly modules = new Map<string, readonly string[]>();

  async learnModules(modules: Readonly<Record<string, readonly string[]>>): Promise<void> {
    for (const [name, packages] of Object.entries(modules)) this.modules.set(name, packages);
  }

  async readModules(): Promise<Record<string, string[]>> {
    return Object.fromEntries([...this.modules].map(([name, packages]) => [name, [...packages]]));
  }

  async keep(id: string, subject: unknown): Promise<void> {
    await this.#reach();
    this.kept.set(id, JSON.stringify(subject));
  }

  async readKept<T>(id: string): Promise<T | null> {
    await this.#reach();
    return JSON.parse(this.kept.get(id) ?? 'null') as T | null;
  }

  readonly approvals = new Map<string, Approval>();

  async createApproval(approval: Approval): Promise<void> {
    await this.#reach();
    this.approvals.set(approval.id, approval);
  }

  async readApproval(id: string): Promise<Approval | null> {
    await this.#reach();
    return this.approvals.get(id) ?? null;
  }

  async updateApproval(id: string, change: (approval: Approval) => Approval): Promise<Approval> {
    await this.#reach();
    const changed = change(this.approvals.get(id) as Approval);
    this.approvals.set(id, changed);
    return changed;
  }

  async removeApproval(id: string): Promise<void> {
    await this.#reach();
    this.approvals.delete(id);
  }

  async listApprovals(): Promise<Approval[]> {
    await this.#reach();
    return [...this.approvals.values()];
  }

  readonly groups = new Map<string, UserGroup>();

  async readGroups(): Promise<UserGroup[]> {
    await this.#reach();
    return [...this.groups.values()];
  }

  async writeGroup(group: UserGroup): Promise<void> {
    await this.#reach();
    this.groups.set(group.id, group);
  }

  readonly freezes = new Map<string | null, Freeze>();
  readonly presences = new Map<string, Presence>();
  readonly drains = new Map<string, number>();

  async tellPresence(presence: Presence): Promise<void> {
    await this.#reach();
    this.presences.set(presence.id, presence);
  }

  async readPresences(): Promise<Presence[]> {
    await this.#reach();
    return [...this.presences.values()];
  }

  async askToDrain(name: string, now: number): Promise<void> {
    await this.#reach();
    this.drains.set(name, now);
  }

  async unaskToDrain(name: string): Promise<boolean> {
    await this.#reach();
    return this.drains.delete(name);
  }

  async readDrains(names: readonly string[]): Promise<number | null> {
    await this.#reach();
    const asked = names.flatMap((name) => this.drains.get(name) ?? []);
    return asked.length === 0 ? null : Math.max(...asked);
  }

  async requireFormat(): Promise<{ isFirst: boolean }> {
    await this.#reach();
    return { isFirst: false };
  }

  async readFreezes(): Promise<Freeze[]> {
    await this.#reach();
    return [...this.freezes.values()];
  }

  async writeFreeze(freeze: Freeze): Promise<void> {
    await this.#reach();
    this.freezes.set(freeze.edge, freeze);
  }

  async removeFreeze(edge: string | null): Promise<boolean> {
    await this.#reach();
    return this.freezes.delete(edge);
  }

  readonly blocks = new Map<string, Block>();

  async readBlocks(): Promise<Block[]> {
    await this.#reach();
    return [...this.blocks.values()];
  }

  async writeBlock(block: Block): Promise<void> {
    await this.#reach();
    this.blocks.set(formatSpec(block.spec), block);
  }

  async removeBlock(spec: Spec): Promise<boolean> {
    await this.#reach();
    return this.blocks.delete(formatSpec(spec));
  }

  readonly timings: Timing[] = [];

  async readTimings(): Promise<Timing[]> {
    await this.#reach();
    return this.timings;
  }

  async addTiming(timing: Timing): Promise<void> {
    await this.#reach();
    this.timings.unshift(timing);
  }

  readonly subscriptions = new Map<string, Subscription>();

  async readSubscriptions(): Promise<Subscription[]> {
    await this.#reach();
    return [...this.subscriptions.values()];
  }

  async writeSubscription(subscription: Subscription): Promise<void> {
    await this.#reach();
    this.subscriptions.set(subscriptionKey(subscription), subscription);
  }

  async removeSubscription(key: string): Promise<boolean> {
    await this.#reach();
    return this.subscriptions.delete(key);
  }

  readonly audit: AuditEntry[] = [];

  async appendAudit(entry: AuditEntry): Promise<void> {
    await this.#reach();
    this.audit.push(entry);
  }

  async *auditEntries(since: number): AsyncIterable<AuditEntry> {
    await this.#reach();
    yield* this.audit.filter(({ at }) => at >= since).toReversed();
  }

  async addNotice(notice: Notice): Promise<void> {
    await this.#reach();
    if (this.notices.has(notice.id) || this.settled.has(notice.id)) return;
    this.notices.set(notice.id, { ...notice, leasedUntil: 0 });
  }

  async dueNotices(limit: number): Promise<Notice[]> {
    await this.#reach();
    const now = this.now();
    return [...this.notices.values()]
      .filter(({ leasedUntil }) => leasedUntil <= now)
      .slice(0, limit);
  }

  readonly leased = new Set<string>();

  async leaseNotice(id: string, milliseconds: number): Promise<'first' | 'again' | null> {
    const notice = this.notices.get(id);
    if (!notice || notice.leasedUntil > this.now()) return null;
    notice.leasedUntil = this.now() + milliseconds;
    const lease = this.leased.has(id) ? 'again' : 'first';
    this.leased.add(id);
    return lease;
  }

  async postponeNotice(id: string, milliseconds: number): Promise<void> {
    const notice = this.notices.get(id);
    const until = this.now() + milliseconds;
    if (notice) this.notices.set(id, { ...notice, leasedUntil: until });
  }

  async settleNotice(id: string): Promise<void> {
    this.notices.delete(id);
    this.settled.add(id);
  }

  readonly shown = new Map<string, ShownMessage>();

  async readShown(buildId: string): Promise<ShownMessage | null> {
    await this.#reach();
    return this.shown.get(buildId) ?? null;
  }

  async writeShown(buildId: string, shown: ShownMessage): Promise<void> {
    await this.#reach();
    this.shown.set(buildId, shown);
  }

  readonly leases = new Map<string, { who: string; until: number }>();

  async takeLease(name: string, who: string, milliseconds: number): Promise<boolean> {
    await this.#reach();
    const held = this.leases.get(name);
    if (held && held.who !== who && held.until > this.now()) return false;
    this.leases.set(name, { who, until: this.now() + milliseconds });
    return true;
  }

  async endLease(name: string, who: string): Promise<void> {
    await this.#reach();
    if (this.leases.get(name)?.who === who) this.leases.delete(name);
  }

  async standings(platforms: readonly Platform[]): Promise<QueueStanding[]> {
    await this.#reach();
    const of = (state: Build['state']) =>
      [...this.builds.values()].filter((build) => build.state === state);
    const [oldest] = of('queued').sort((left, right) => left.queuedAt - right.queuedAt);
    return platforms.map((platform) => ({
      ...{ platform, queue: 'builds', delayed: 0, oldest: oldest?.id ?? null },
      ...{ waiting: of('queued').length, active: of('running').length },
      oldestSeconds: oldest ? (this.now() - oldest.queuedAt) / 1000 : 0,
    }));
  }

  readonly freeSpace = new Map<string, number>();

  async readFreeSpace(): Promise<FreeSpace[]> {
    await this.#reach();
    return [...this.freeSpace].map(([edge, bytes]) => ({ edge, bytes }));
  }

  async watch(listener: (buildId: string) => void): Promise<() => Promise<void>> {
    this.#listeners.add(listener);
    return async () => {
      this.#listeners.delete(listener);
    };
  }

  /** Resolves when the build is as wanted, now or after a change; rejects with what it is instead. */
  untilBuild(id: string, isWanted: (build: Build) => boolean): Promise<Build> {
    const { promise, resolve, reject } = Promise.withResolvers<Build>();
    const look = (): void => {
      const build = this.builds.get(id);
      if (build && isWanted(build)) resolve(build);
    };
    const timer = setTimeout(
      () => reject(new Error(`the build is still ${JSON.stringify(this.builds.get(id), null, 1)}`)),
      10_000,
    );
    this.#listeners.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#listeners.delete(look);
    });
  }

  async ping(): Promise<void> {
    await this.#reach();
  }

  async close(): Promise<void> {}

  #changed(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }
}

/** Errands go to `worker`, as plain values; while there is none, nobody answers. */
export class MemoryErrands implements Errands {
  worker: ((errand: Errand) => Promise<Answered>) | null = null;
  readonly asked: Errand[] = [];

  async ask<K extends ErrandKind>(
    kind: K,
    asked: ErrandTable[K]['asked'],
  ): Promise<ErrandTable[K]['answer']> {
    const errand = copied<Errand>({ id: `errand${this.asked.length + 1}`, kind, asked });
    this.asked.push(errand);
    if (this.worker === null) {
      throw outsideError({ code: 'errand-unanswered', message: 'No build host has answered.' });
    }
    const answered = copied(await this.worker(errand));
    if ('error' in answered) throw receiveError(answered.error);
    return answered.answer;
  }

  async close(): Promise<void> {}
}

const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value));

export interface Memory {
  store: MemoryStore;
  errands: MemoryErrands;
  /** Builds handed to workers, in order. */
  queued: QueuedJob[];
  queue: Queue;
  services: ReturnType<typeof createServices>;
  events: Events;
  /** What was told of, in order. */
  happened: ServiceEvent[];
}

export function createMemory(
  channels?: Channels,
  change: Partial<Pick<Parameters<typeof createServices>[0], 'settings' | 'login' | 'clock'>> = {},
): Memory {
  const store = new MemoryStore();
  const queued: Memory['queued'] = [];
  const queue: Queue = {
    async enqueue(build, _platform, purpose) {
      queued.push({ buildId: build.id, purpose });
    },
    order: async () => {
      const jobs = queued.flatMap(({ buildId, purpose }) => {
        const build = store.builds.get(buildId);
        return build ? [{ buildId, purpose, build }] : [];
      });
      const at = (state: Build['state']) =>
        jobs.filter(({ build, purpose }) => build.state === state && purpose === 'build');
      return { active: at('running'), waiting: at('queued') };
    },
    async standing({ id }, _platform, purpose) {
      const isKnown = queued.some((job) => job.buildId === id && job.purpose === purpose);
      return isKnown ? 'queued' : 'unknown';
    },
    async cancel() {
      return { isAtWork: true };
    },
    async close() {},
  };
  const errands = new MemoryErrands();
  const happened: ServiceEvent[] = [];
  const events = createEvents([(event) => happened.push(event)]);
  let ids = 0;
  const services = createServices({
    store,
    queue,
    errands,
    events,
    clock: { now: Date.now },
    settings,
    ...(channels ? { channels } : {}),
    newId: () => `build${++ids}`,
    ...change,
  });
  return { store, errands, queued, queue, services, events, happened };
}
