/**
 * What a build can live through, for `explore`: people who ask, workers, duties, over one store, one queue
 * and one edge in memory, each of which is asked by calls that others come between.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Build, isSettled, isTried } from '../../src/domain/build.ts';
import { FerryError, isDoneAgain } from '../../src/domain/errors.ts';
import { createEvents } from '../../src/domain/events.ts';
import type { Store } from '../../src/domain/ports.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import type { Services, Settings } from '../../src/domain/services.ts';
import type { Outcome } from '../../src/domain/subscription.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { type ReconcilingPorts, reconcile } from '../../src/pipeline/reconciling.ts';
import { removeLetGo } from '../../src/pipeline/removing.ts';
import { abandonBuild, runBuild, runProof } from '../../src/pipeline/run.ts';
import { createServices } from '../../src/pipeline/services.ts';
import { removeUnproven } from '../../src/pipeline/unproven.ts';
import { settings } from '../answers/samples.ts';
import { MemoryErrands, type MemoryStore } from '../slack/memory.ts';
import { digestOf, type Ended, type Gate, type Process, type Subject } from './driving.ts';
import { EdgeNode } from './edge-node.ts';
import { type Job, Jobs, jobInWords } from './jobs.ts';
import { judge } from './judging.ts';
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

/** What one process has of the shared parts. */
export interface Parts {
  ports: ReconcilingPorts;
  services: Services;
  /** Nobody answers them, unless somebody is given to it who does. */
  errands: MemoryErrands;
}

export type Deed = (parts: Parts, life: Life) => Promise<unknown>;

export interface LifeOptions extends Partial<Omit<BuildPorts, 'edges'>> {
  /** Names of those there are. */
  edges?: readonly string[];
  settings?: Settings;
}

/** The shared parts, and who takes part. */
export class Life implements Subject {
  readonly processes: Process[] = [];
  readonly jobs = new Jobs();
  readonly nodes: ReadonlyMap<string, EdgeNode>;
  readonly store: MemoryStore;
  readonly world: World;
  readonly settings: Settings;
  readonly #ends = new Map<string, Build['state']>();
  readonly #ids = new Map<string, number>();
  now = START;
  /** What packs where a process of this name runs: another one makes other bytes of the same fingerprint. */
  packedBy = (_name: string): string => 'an engine';

  constructor({ edges = ['lab'], settings: other = settings, ...change }: LifeOptions = {}) {
    this.world = createLoneWorld({
      verification: { enabled: true, timeoutSeconds: 1, executors: 1 },
      ...change,
    });
    this.settings = other;
    this.nodes = new Map(edges.map((name) => [name, new EdgeNode(name)]));
    this.store = this.world.store;
    this.store.now = () => this.now;
    const outcomes: Outcome[] = ['ready', 'failed', 'cancelled'];
    const subscription = { environment: NAME, owner: null, edge: null, channel: null, outcomes };
    this.store.subscriptions.set('U9', { ...subscription, user: 'U9', at: 1 });
  }

  /** The first edge. */
  get node(): EdgeNode {
    const [node] = this.nodes.values();
    assert.ok(node);
    return node;
  }

  /** Whether others may come before this call of the store. */
  protected isAsked(call: string): boolean {
    return CALLS.has(call);
  }

  /** How far ahead its clock is, in milliseconds. */
  protected clockOf(_name: string): number {
    return 0;
  }

  #newId(name: string): string {
    const count = (this.#ids.get(name) ?? 0) + 1;
    this.#ids.set(name, count);
    return `${name}${count}`;
  }

  /** What a process of this name has, asked through its gate. */
  partsOf(name: string, gate: Gate): Parts {
    const store = gated(this.store, gate, (name) => this.isAsked(name));
    const queue = this.jobs.queue(gate);
    const clock = { now: () => this.now + this.clockOf(name) };
    const errands = new MemoryErrands();
    // So many are explored that keeping them would fill the memory.
    const events = createEvents([]);
    const services = createServices({
      ...{ store, queue, clock, errands, events },
      settings: this.settings,
      newId: () => this.#newId(name),
    });
    const { ports } = this.world;
    const engine = {
      ...ports.engine,
      solve: async ({ specs }: { specs: readonly { name: string }[] }) => ({
        platform: 'linux-64' as const,
        packages: specs.map((spec) => locked(spec.name)),
      }),
    };
    const packer = { ...ports.packer, pack: packing(ports.packer.pack, this.packedBy(name)) };
    const workspace = {
      ...ports.workspace,
      archivePath: async (fingerprint: string) => `/archives/${fingerprint}/churn.zip`,
    };
    const edges = new Map(
      [...this.nodes].map(([each, node]) => [each, node.edge(gate, this.world)]),
    );
    return {
      ...{ services, errands },
      ports: { ...ports, services, store, queue, clock, engine, packer, workspace, edges, events },
    };
  }

  /** Somebody does something once. */
  add(name: string, deed: Deed): this {
    this.processes.push({ name, begin: async (gate) => deed(this.partsOf(name, gate), this) });
    return this;
  }

  /** Takes jobs for as long as there are any; is replaced when it is killed. */
  addWorker(name: string): this {
    this.processes.push(this.workerOf(name));
    return this;
  }

  protected workerOf(name: string): Process {
    let by = {};
    return {
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
    };
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
      ...[...this.nodes.values()].flatMap((node) => [
        ...[node.name, ...node.archives],
        ...[...node.prefixes].flat(),
      ]),
      this.now,
    ].join();
  }

  passTime(): void {
    this.now += 60_000;
  }

  look(): void {
    const atWork = new Map<string, string>();
    for (const build of this.store.builds.values()) {
      if (isSettled(build)) continue;
      const { environment } = build.request;
      const other = atWork.get(environment);
      assert.equal(other, undefined, `two builds are at work: ${other} and ${build.id}`);
      atWork.set(environment, build.id);
    }
    for (const { id, attempt, state } of this.store.builds.values()) {
      const key = `${id}.${attempt}`;
      const ended = this.#ends.get(key);
      if (ended) assert.equal(state, ended, `${key} has ended as ${ended} before`);
      else if (!['queued', 'running'].includes(state)) this.#ends.set(key, state);
    }
  }

  async end(ended: readonly Ended[]): Promise<void> {
    requireSaid(ended);
    const { ports, services } = this.partsOf('end', through);
    const log: string[] = [];
    const reporting = { signal: never, log: (line: string) => log.push(line), detail() {} };
    for (let round = 0; round < 4; round += 1) {
      await reconcile(ports, reporting);
      await this.workAll();
      await removeLetGo(ports, NAME, reporting);
      this.look();
      this.now += 45 * 60_000;
    }
    this.now += 2 * 86_400_000;
    await removeUnproven(ports, reporting);
    judge(this, log);
    this.#endsTold();
    const { build } = await services.create(requestOf('scipy'), ANA);
    assert.equal(isSettled(build), false, 'the name is free');
  }

  /** Who asked and who subscribed hear how the newest attempt of each build has ended. */
  #endsTold(): void {
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

/** Whoever was refused something was told why. */
export function requireSaid(ended: readonly Ended[]): void {
  for (const { name, error } of ended) {
    const isSaid = error instanceof FerryError && error.kind !== 'defect';
    if (error !== undefined) assert.ok(isSaid, `${name} ended by ${(error as Error).stack}`);
  }
}

const START = Date.parse('2026-01-05T10:00:00Z');
export const never = new AbortController().signal;

/** Calls of what nobody comes between. */
export const through: Gate = async (_name, call) => call();

function gated(store: MemoryStore, gate: Gate, isAsked: (name: string) => boolean): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = value.bind(target);
      if (!isAsked(String(name))) return call;
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

/** Archives of different fingerprints are different ones, and so are those of who packs in another way. */
function packing(pack: BuildPorts['packer']['pack'], by: string): BuildPorts['packer']['pack'] {
  return async (request, progress) => {
    const packed = await pack(request, progress);
    const sha256 = createHash('sha256').update(`${by} ${request.output}`).digest('hex');
    return { ...packed, archive: { ...packed.archive, sha256 } };
  };
}
