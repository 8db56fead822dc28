/**
 * What a build can live through, for `explore`: people who ask, workers, duties, over one store, one queue
 * and one edge in memory, each of which is asked by calls that others come between.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Build, isSettled, isTried } from '../../src/domain/build.ts';
import { isThere, type Staging } from '../../src/domain/environment.ts';
import { Cancelled, FerryError, isDoneAgain } from '../../src/domain/errors.ts';
import type { Edge, JobPurpose, Queue, Store } from '../../src/domain/ports.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import type { Services } from '../../src/domain/services.ts';
import type { Outcome } from '../../src/domain/subscription.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { reconcile } from '../../src/pipeline/reconciling.ts';
import { removeLetGo } from '../../src/pipeline/removing.ts';
import { abandonBuild, runBuild, runProof } from '../../src/pipeline/run.ts';
import { createServices } from '../../src/pipeline/services.ts';
import { removeUnproven } from '../../src/pipeline/unproven.ts';
import { executor, settings, staging } from '../answers/samples.ts';
import { MemoryErrands, type MemoryStore } from '../slack/memory.ts';
import { digestOf, type Ended, type Gate, type Process, type Subject } from './exploring.ts';
import { createLoneWorld, locked, type World } from './world.ts';

export const ANA = { user: 'U1', channel: 'C1', team: null };
const NAME = 'churn';

export const requestOf = (...names: string[]): BuildRequest => ({
  ...{ environment: NAME, pip: [], channels: [], projects: [], edges: ['lab'], force: false },
  specs: names.map((name) => ({ name, version: null, build: null, channel: null })),
  ...{ layout: 'local', format: 'auto', packer: 'segments' },
});

/** What is done to the shared parts, and all that is read of them in order to decide. */
const CALLS = new Set([
  ...['beginBuild', 'beginAgain', 'buildAtWork', 'readBuild', 'updateBuild', 'listBuilds'],
  ...[
    'openBuilds',
    'closeBuild',
    'readEnvironment',
    'environmentsWithArchive',
    'removeEnvironment',
  ],
  ...['claimEnvironment', 'updateEnvironment', 'addNotice'],
]);

interface Job {
  buildId: string;
  attempt: number;
  purpose: JobPurpose;
  state: 'waiting' | 'active' | 'over';
  tries: number;
  /** Whose it is while it is active. */
  by: object | null;
}

/** Tries of a job that is thrown back, as the queue over Redis has them. */
const TRIES = 5;

/** Jobs as BullMQ and `createQueue` keep them: an id is taken once, and of a proof that is over nothing is kept. */
class Jobs {
  readonly jobs = new Map<string, Job>();
  /** Ids that somebody has taken back; the flag outlives the job. */
  readonly flags = new Set<string>();
  readonly #running = new Map<object, { name: string; control: AbortController }>();

  queue(gate: Gate): Queue {
    return {
      enqueue: async ({ id, attempt }, _platform, purpose) => {
        const name = nameOf({ id, attempt }, purpose);
        if (purpose === 'verify') await gate('unflag', () => this.flags.delete(name));
        await gate('enqueue', () => {
          if (this.jobs.has(name)) return;
          const job = { buildId: id, attempt, purpose } as const;
          this.jobs.set(name, { ...job, state: 'waiting', tries: 0, by: null });
        });
      },
      cancel: async (build) => {
        const names = PURPOSES.map((purpose) => nameOf(build, purpose));
        await gate('flag', () => {
          for (const name of names) this.#flag(name);
        });
        const isAtWork = await gate('take out', () => {
          const jobs = names.flatMap((name) => this.jobs.get(name) ?? []);
          for (const job of jobs) if (job.state === 'waiting') this.jobs.delete(nameOfJob(job));
          return jobs.some(({ state }) => state === 'active');
        });
        return { isAtWork };
      },
      standing: (build, _platform, purpose) =>
        gate('standing', () => {
          const job = this.jobs.get(nameOf(build, purpose));
          if (job === undefined) return 'unknown';
          return job.state === 'over' ? 'over' : 'queued';
        }),
      order: async () => ({ active: [], waiting: [] }),
      close: async () => undefined,
    };
  }

  #flag(name: string): void {
    this.flags.add(name);
    for (const run of this.#running.values()) {
      if (run.name === name) run.control.abort(new Cancelled('cancelled'));
    }
  }

  hasWaiting(): boolean {
    return [...this.jobs.values()].some(({ state }) => state === 'waiting');
  }

  take(by: object): { job: Job; signal: AbortSignal } {
    const job = [...this.jobs.values()].find(({ state }) => state === 'waiting');
    assert.ok(job, 'a job waits');
    Object.assign(job, { state: 'active', by });
    const name = nameOfJob(job);
    const control = new AbortController();
    this.#running.set(by, { name, control });
    if (this.flags.has(name)) control.abort(new Cancelled('cancelled'));
    return { job, signal: control.signal };
  }

  /** Whether it has run out of tries. Of a job that is another's by now nothing is said. */
  end(job: Job, by: object, isDone: boolean): boolean {
    this.#running.delete(by);
    if (job.by !== by) return false;
    job.tries += 1;
    const isOver = isDone || job.tries === TRIES;
    Object.assign(job, { state: isOver ? 'over' : 'waiting', by: null });
    if (isOver && job.purpose === 'verify') this.jobs.delete(nameOfJob(job));
    return isOver && !isDone;
  }

  has(by: object): boolean {
    return [...this.jobs.values()].some((job) => job.by === by);
  }

  /** Nobody has heard of its worker for a while: the next one gets it, though the first may live. */
  stall(by: object): void {
    for (const job of this.jobs.values()) {
      if (job.by === by) Object.assign(job, { state: 'waiting', by: null });
    }
  }
}

const PURPOSES: readonly JobPurpose[] = ['build', 'verify'];
const nameOf = ({ id, attempt }: Pick<Build, 'id' | 'attempt'>, purpose: JobPurpose) =>
  `${id}-${attempt}-${purpose}`;
const jobInWords = (name: string, { state, tries, by }: Job) =>
  `${name} ${state} ${tries} ${by !== null}`;
const nameOfJob = (job: Job) => nameOf({ ...job, id: job.buildId }, job.purpose);

/** An edge that has archives, by their paths, and prefixes, each made from one of them. */
class EdgeNode {
  readonly archives = new Set<string>();
  readonly prefixes = new Map<string, string>();
  /** Workers stop as soon as it has what they staged, before they say so. */
  stopsWorkers = false;

  /** Where an archive is unpacked: never over another one's. */
  #prefixOf(own: string, archivePath: string): string {
    const isFree = [archivePath, undefined].includes(this.prefixes.get(own));
    return isFree ? own : `${own}-${archivePath.slice(-16, -10)}`;
  }

  edge(gate: Gate, world: World): Edge {
    const known = world.ports.edges.get('lab');
    assert.ok(known);
    return {
      ...known,
      profile: async () => withoutSpark().cluster,
      run: async () => ({ code: 0, timedOut: false, stdout: TRIED, stderr: '' }),
      stage: async ({ environment, revision, archive: { sha256 } }, _progress, following) => {
        const archivePath = `/srv/ferry/archives/${sha256}/churn.zip`;
        const own = `/srv/ferry/envs/${environment}/${revision}`;
        const driverPrefix = this.#prefixOf(own, archivePath);
        const place = { edge: 'lab', environment, revision, archivePath, driverPrefix, hdfs: null };
        await following?.begins(place);
        await gate('send', () => this.archives.add(archivePath));
        await gate('unpack', () => this.prefixes.set(driverPrefix, archivePath));
        if (this.stopsWorkers) throw new Cancelled('shutdown');
        return { ...withoutSpark(), ...place };
      },
      isIntact: ({ driverPrefix, archivePath }) =>
        gate('isIntact', () => {
          const isThere = this.prefixes.get(driverPrefix) === archivePath;
          return isThere && this.archives.has(archivePath);
        }),
      remove: async ({ driverPrefix, archivePath }, _archive, { keepArchive }) => {
        await gate('remove', () => {
          if (this.prefixes.get(driverPrefix) === archivePath) this.prefixes.delete(driverPrefix);
        });
        const isUsed = () => keepArchive || [...this.prefixes.values()].includes(archivePath);
        await gate('remove archive', () => isUsed() || this.archives.delete(archivePath));
      },
    };
  }
}

const withoutSpark = (): Staging => {
  const known = staging('lab');
  return { ...known, cluster: { ...known.cluster, spark: null } };
};

/** What the script of the edge prints where everything can be imported. */
const TRIED = `CONDA_FERRY_EVIDENCE ${JSON.stringify({
  ...{ npv: [], registered: null, driver: null, executors: [executor('edge')] },
})}\n`;

/** What one process has of the shared parts. */
export interface Parts {
  ports: BuildPorts & { queue: Queue };
  services: Services;
}

type Deed = (parts: Parts, life: Life) => Promise<unknown>;

/** The shared parts, and who takes part. */
export class Life implements Subject {
  readonly processes: Process[] = [];
  readonly jobs = new Jobs();
  readonly node = new EdgeNode();
  readonly store: MemoryStore;
  readonly #world: World;
  readonly #ends = new Map<string, Build['state']>();
  #now = START;

  constructor(change: Partial<BuildPorts> = {}) {
    this.#world = createLoneWorld({
      verification: { enabled: true, timeoutSeconds: 1, executors: 1 },
      ...change,
    });
    this.store = this.#world.store;
    const outcomes: Outcome[] = ['ready', 'failed', 'cancelled'];
    const subscription = { environment: NAME, owner: null, edge: null, channel: null, outcomes };
    this.store.subscriptions.set('U9', { ...subscription, user: 'U9', at: 1 });
  }

  /** What a process of this name has, asked through its gate. */
  partsOf(name: string, gate: Gate): Parts {
    const store = gated(this.store, gate);
    const queue = this.jobs.queue(gate);
    const clock = { now: () => this.#now };
    let ids = 0;
    const services = createServices({
      ...{ store, queue, clock, platform: 'linux-64', settings, errands: new MemoryErrands() },
      newId: () => `${name}${++ids}`,
    });
    const { ports } = this.#world;
    const engine = {
      ...ports.engine,
      solve: async ({ specs }: { specs: readonly { name: string }[] }) => ({
        platform: 'linux-64' as const,
        packages: specs.map((spec) => locked(spec.name)),
      }),
    };
    const packer = { ...ports.packer, pack: packing(ports.packer.pack) };
    const workspace = {
      ...ports.workspace,
      archivePath: async (fingerprint: string) => `/archives/${fingerprint}/churn.zip`,
    };
    const edges = new Map([['lab', this.node.edge(gate, this.#world)]]);
    return {
      services,
      ports: { ...ports, store, queue, clock, engine, packer, workspace, edges },
    };
  }

  /** Somebody does something once. */
  add(name: string, deed: Deed): this {
    this.processes.push({ name, begin: async (gate) => deed(this.partsOf(name, gate), this) });
    return this;
  }

  /** Takes jobs for as long as there are any; is replaced when it is killed. */
  addWorker(name: string): this {
    let by = {};
    this.processes.push({
      name,
      isReplaced: true,
      begin: (gate) => {
        by = {};
        return this.#work(this.partsOf(name, gate), gate, by);
      },
      killed: () => this.jobs.stall(by),
      mishaps: [
        {
          ...{ name: 'stall', canHappen: () => this.jobs.has(by) },
          happen: () => this.jobs.stall(by),
        },
      ],
    });
    return this;
  }

  async #work({ ports }: Parts, gate: Gate, by: object): Promise<never> {
    for (;;) {
      const { job, signal } = await gate(
        'take a job',
        () => this.jobs.take(by),
        () => this.jobs.hasWaiting(),
      );
      await this.#workOn(ports, gate, by, { job, signal });
    }
  }

  async #workOn(
    ports: BuildPorts,
    gate: Gate,
    by: object,
    { job, signal }: { job: Job; signal: AbortSignal },
  ): Promise<void> {
    const run = job.purpose === 'verify' ? runProof : runBuild;
    try {
      await run(ports, job, signal);
      await gate('end', () => this.jobs.end(job, by, true));
    } catch (error) {
      // What it may reject with is that it has to be run again.
      if (!isDoneAgain(error) && !signal.aborted) throw error;
      const isOver = await gate('end', () => this.jobs.end(job, by, signal.aborted));
      if (isOver) await abandonBuild(ports, job, error as Error);
    }
  }

  /** Before anybody is explored: has a worker do all there is. */
  async workAll(most = 99): Promise<void> {
    const { ports } = this.partsOf('before', through);
    const by = {};
    for (let done = 0; done < most && this.jobs.hasWaiting(); done += 1) {
      await this.#workOn(ports, through, by, this.jobs.take(by));
    }
  }

  /** What somebody has done before anybody is explored. */
  async before<T>(deed: (parts: Parts) => Promise<T>): Promise<T> {
    return deed(this.partsOf('before', through));
  }

  state(): string {
    const { builds, environments, notices, open, owed, settled } = this.store;
    const { jobs, flags } = this.jobs;
    return [
      ...[...builds.values(), ...environments.values()].map(digestOf),
      ...['notices', ...notices.keys(), 'settled', ...settled, 'open', ...open, 'owed', ...owed],
      ...['flags', ...flags, 'jobs', ...[...jobs].map(([name, job]) => jobInWords(name, job))],
      ...['edge', ...this.node.archives, ...[...this.node.prefixes].flat(), this.#now],
    ].join();
  }

  passTime(): void {
    this.#now += 60_000;
  }

  look(): void {
    const atWork = [...this.store.builds.values()].filter((build) => !isSettled(build));
    assert.ok(atWork.length <= 1, `two builds are at work: ${atWork.map(({ id }) => id)}`);
    for (const { id, attempt, state } of this.store.builds.values()) {
      const key = `${id}.${attempt}`;
      const ended = this.#ends.get(key);
      if (ended) assert.equal(state, ended, `${key} has ended as ${ended} before`);
      else if (!['queued', 'running'].includes(state)) this.#ends.set(key, state);
    }
  }

  async end(ended: readonly Ended[]): Promise<void> {
    for (const { name, error } of ended) {
      const isSaid = error instanceof FerryError && error.kind !== 'defect';
      if (error !== undefined) assert.ok(isSaid, `${name} ended by ${(error as Error).stack}`);
    }
    const { ports, services } = this.partsOf('end', through);
    const log: string[] = [];
    const reporting = { signal: never, log: (line: string) => log.push(line), detail() {} };
    for (let round = 0; round < 4; round += 1) {
      await reconcile(ports, reporting);
      await this.workAll();
      await removeLetGo(ports, NAME, reporting);
      this.look();
      this.#now += 45 * 60_000;
    }
    this.#now += 2 * 86_400_000;
    await removeUnproven(ports, reporting);
    this.#judge(log.join('\n'));
    await this.#endsTold();
    const { build } = await services.create(requestOf('scipy'), ANA);
    assert.equal(isSettled(build), false, 'the name is free');
  }

  #judge(log: string): void {
    const { builds, environments, open } = this.store;
    for (const { id, state, verifying } of builds.values()) {
      assert.ok(!['queued', 'running'].includes(state), `build ${id} is ${state} for ever\n${log}`);
      assert.equal(verifying, false, `build ${id} is being verified for ever\n${log}`);
    }
    assert.deepEqual([...open], [], `builds are open for ever\n${log}`);
    const revisions = environments.get(NAME)?.revisions ?? [];
    const there = revisions.filter(isThere);
    const offered = there.flatMap(({ stagings }) => stagings);
    const { prefixes, archives } = this.node;
    const expected = new Map(offered.map((each) => [each.driverPrefix, each.archivePath]));
    assert.deepEqual(sorted(prefixes), sorted(expected), `the edge has what is offered\n${log}`);
    assert.deepEqual(sorted(archives), sorted(new Set(expected.values())), `archives\n${log}`);
    const begun = [...builds.values()].flatMap((build) => build.begun);
    assert.deepEqual(begun, [], `what is begun is looked after\n${log}`);
    for (const { id, state, letGo, revision } of builds.values()) {
      if (state !== 'ready' || letGo) continue;
      const isKept = revisions.some(({ number }) => number === revision);
      assert.ok(isKept, `build ${id} is ready and nothing is kept of it\n${log}`);
    }
  }

  /** Who asked and who subscribed hear how the newest attempt of each build has ended. */
  async #endsTold(): Promise<void> {
    const { builds, notices, settled } = this.store;
    const isTold = (id: string) => notices.has(id) || settled.has(id);
    for (const { id, attempt, state } of builds.values()) {
      const key = `${id}.${attempt}`;
      // Who cancels one that nobody works at is answered that it is.
      if (state !== 'cancelled') assert.ok(isTold(`${key}.thread`), `nobody is told of ${key}`);
      assert.ok(isTold(`heard.${key}.U9`), `who subscribed is not told of ${key}`);
    }
  }
}

const sorted = <T>(values: Iterable<T>): T[] => [...values].sort();

const START = Date.parse('2026-01-05T10:00:00Z');
const never = new AbortController().signal;

/** Calls of what nobody comes between. */
const through: Gate = async (_name, call) => call();

function gated(store: MemoryStore, gate: Gate): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = value.bind(target);
      if (!CALLS.has(String(name))) return call;
      if (name === 'updateBuild') {
        return (id: string, change: (build: Build) => Build) => {
          const update = () => target.updateBuild(id, change);
          return isProgress(target.builds.get(id), change) ? update() : gate(name, update);
        };
      }
      return (...words: unknown[]) => gate(String(name), () => call(...words));
    },
  });
}

/** Whether nothing would come of it but what people see of a step: nobody has to come before that. */
function isProgress(before: Build | undefined, change: (build: Build) => Build): boolean {
  try {
    const after = before && change(before);
    if (!before || !after || isTried(before) !== isTried(after)) return false;
    return isDeepStrictEqual({ ...before, steps: [] }, { ...after, steps: [] });
  } catch {
    return false;
  }
}

/** Archives of different fingerprints are different ones. */
function packing(pack: BuildPorts['packer']['pack']): BuildPorts['packer']['pack'] {
  return async (request, progress) => {
    const packed = await pack(request, progress);
    const sha256 = createHash('sha256').update(request.output).digest('hex');
    return { ...packed, archive: { ...packed.archive, sha256 } };
  };
}
