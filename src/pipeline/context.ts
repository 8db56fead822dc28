import { type Build, isSettled, type Step, type StepName } from '../domain/build.ts';
import type { Verification } from '../domain/environment.ts';
import {
  Cancelled,
  isDoneAgain,
  isStoreError,
  stoppedBy,
  throwIfStopped,
  toFailure,
} from '../domain/errors.ts';
import { type Events, eventOf, secondsBetween } from '../domain/events.ts';
import type { Platform } from '../domain/lock.ts';
import type {
  Channel,
  Channels,
  Clock,
  Edge,
  Engine,
  Packer,
  Pip,
  Progress,
  Projects,
  Queue,
  Store,
  Workspace,
} from '../domain/ports.ts';
import type { History, Retention } from '../domain/retention.ts';
import type { Shape } from '../domain/shape.ts';
import { NO_SPANS, type Span } from '../domain/spans.ts';

/** Everything a build needs from outside, assembled by `src/worker.ts`. */
export interface BuildPorts {
  store: Store;
  engine: Engine;
  projects: Projects;
  pip: Pip;
  packer: Packer;
  workspace: Workspace;
  edges: ReadonlyMap<string, Edge>;
  clock: Clock;
  /** Where a build goes on with its proof. */
  queue: Pick<Queue, 'enqueue'>;
  platform: Platform;
  /** Configured channels; those marked default are used when a request names none. */
  channels: readonly (Channel & { default: boolean })[];
  /** What they hold; left out, that is only known to the engine. */
  contents?: Channels;
  verification: { enabled: boolean; timeoutSeconds: number; executors: number };
  /** Builds that took longer also send their notice as a direct message. */
  directNoticeAfterSeconds: number;
  retention: Retention;
  /** Signs manifests; null where the operator named no key. */
  sign: ((text: string) => Promise<string>) | null;
  history: History;
  /** Where what happens is told of, for the operator's log and figures. */
  events: Events;
  /** Left out: no traces. */
  span?: Span;
  /** Removes secrets from text before it is kept. */
  redact(text: string): string;
}

/**
 * Why an edge could not be had, for people and without a secret. Throws again what says nothing of the
 * edge: that the work was stopped, or that the store is away.
 */
export function whyUnreached(
  { redact }: Pick<BuildPorts, 'redact'>,
  error: unknown,
  signal: AbortSignal,
): string {
  throwIfStopped(signal);
  if (isStoreError(error)) throw error;
  return redact(toFailure(error).message);
}

/** That it was stopped is no failure, and its own words say by what. */
const whyEnded = (error: unknown): string =>
  error instanceof Cancelled ? error.message : toFailure(error).message;

/** How often a step's changing detail is written: each write is an edit of a Slack message. */
const DETAIL_INTERVAL_MS = 1000;
const LOG_INTERVAL_MS = 500;

/** One build on its way: the record, the ports, and where its steps report. */
export class BuildRun {
  readonly ports: BuildPorts;
  readonly signal: AbortSignal;
  build: Build;
  #lines: string[] = [];
  #flushing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(ports: BuildPorts, build: Build, signal: AbortSignal) {
    this.ports = ports;
    this.build = build;
    this.signal = signal;
  }

  /**
   * Writes a change of the record and keeps the newest one here. Throws what says that the job is
   * somebody else's by now where the build was tried again or ended since: a worker that was held up,
   * whose job another one was given, begins nothing that is over again.
   */
  async update(change: (build: Build) => Build): Promise<void> {
    const isOpen = !isSettled(this.build);
    await this.#write((current) => {
      if (isOpen && isSettled(current)) throw new Cancelled('lock-lost');
      return change(current);
    });
  }

  /** Throws the same where it is somebody else's by now, and where it was forgotten. */
  async requireOpen(): Promise<void> {
    const { id, attempt } = this.build;
    const current = await this.ports.store.readBuild(id);
    if (current?.attempt !== attempt || isSettled(current)) throw new Cancelled('lock-lost');
  }

  /** The same for the change that ends it; one that has ended stays as it is. Answers whether it had not. */
  async end(change: (build: Build) => Build): Promise<boolean> {
    let isOurs = false;
    await this.#write((current) => {
      isOurs = !isSettled(current);
      return isOurs ? change(current) : current;
    });
    return isOurs;
  }

  async #write(change: (build: Build) => Build): Promise<void> {
    const { id, attempt } = this.build;
    this.build = await this.ports.store.updateBuild(id, (current) => {
      if (current.attempt !== attempt) throw new Cancelled('lock-lost');
      return change(current);
    });
  }

  /**
   * Runs one step: its status and times go to the record, its lines to the log. The result of
   * `work` may carry a last detail for people.
   */
  async step<T>(name: StepName, work: (progress: Progress) => Promise<T>): Promise<T> {
    const result = await this.beginStep(name, work);
    await this.#change(name, { status: 'complete', finishedAt: this.ports.clock.now() });
    this.#ended(name, 'complete');
    return result;
  }

  /** The same of a step that somebody else, or a later run, goes on with: it stays in progress. */
  async beginStep<T>(name: StepName, work: (progress: Progress) => Promise<T>): Promise<T> {
    throwIfStopped(this.signal);
    const known = this.build.steps.find((step) => step.name === name);
    const isGoingOn = known?.status === 'in_progress';
    const startedAt = isGoingOn ? known.startedAt : this.ports.clock.now();
    await this.#change(name, { status: 'in_progress', startedAt, finishedAt: null });
    const reporter = this.#reporter(name);
    const { span = NO_SPANS } = this.ports;
    const { id, attempt } = this.build;
    try {
      const result = await span(`step ${name}`, { build: id, attempt }, () =>
        work(reporter.progress),
      );
      await reporter.settle();
      return result;
    } catch (error) {
      await reporter.settle();
      // Whatever a step that was stopped threw, why it was stopped is the truth.
      const reason = this.signal.aborted && !isStoreError(error) ? stoppedBy(this.signal) : error;
      // Whoever does it again goes on with it.
      if (isDoneAgain(reason)) this.#ended(name, 'interrupted', reason);
      else {
        await this.#change(name, { status: 'error', finishedAt: this.ports.clock.now() });
        this.#ended(name, reason instanceof Cancelled ? 'cancelled' : 'failed', reason);
      }
      throw reason;
    } finally {
      await this.flushLog();
    }
  }

  /** Takes back that a step has begun. */
  async putBack(name: StepName): Promise<void> {
    await this.#change(name, { status: 'pending', detail: null, startedAt: null });
  }

  /** Marks a step that had nothing to do. */
  async skip(name: StepName, detail: string): Promise<void> {
    const now = this.ports.clock.now();
    await this.#change(name, { status: 'complete', detail, startedAt: now, finishedAt: now });
    this.#ended(name, 'skipped');
  }

  /** Says why a step has not begun that would. */
  async wait(name: StepName, why: string): Promise<void> {
    this.log(why);
    await this.#change(name, { detail: why });
  }

  /** The result of a step from an earlier run of this build, or a new one, kept for the next. */
  async checkpoint<T>(name: StepName, shape: Shape<T>, work: () => Promise<T>): Promise<T> {
    const known = await this.ports.store.readCheckpoint(this.build.id, name, shape);
    if (known !== null) return known;
    const result = await work();
    await this.ports.store.writeCheckpoint(this.build.id, name, result);
    return result;
  }

  /** Where work reports that is no step of its own: in the log alone. */
  get aside(): Progress {
    return { signal: this.signal, log: (line) => this.log(line), detail: () => undefined };
  }

  log(line: string): void {
    const time = new Date(this.ports.clock.now()).toISOString().slice(11, 19);
    this.#lines.push(`${time} ${this.ports.redact(line)}`);
    this.#timer ??= setTimeout(() => void this.flushLog(), LOG_INTERVAL_MS);
  }

  /** Sends collected lines to the store. A log that cannot be kept does not fail a build. */
  async flushLog(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) {
      this.#flushing = this.#flushing
        .then(() => this.ports.store.appendLog(this.build.id, lines))
        .catch(() => undefined);
    }
    await this.#flushing;
  }

  #reporter(name: StepName) {
    let last = 0;
    let writing: Promise<void> = Promise.resolve();
    let pending: string | null = null;
    const write = () => {
      const detail = pending;
      if (detail === null) return;
      pending = null;
      last = this.ports.clock.now();
      writing = writing.then(() => this.#change(name, { detail })).catch(() => undefined);
    };
    const progress: Progress = {
      ...this.aside,
      detail: (text) => {
        pending = this.ports.redact(text);
        if (this.ports.clock.now() - last >= DETAIL_INTERVAL_MS) write();
      },
    };
    const settle = async () => {
      write();
      await writing;
    };
    return { progress, settle };
  }

  /** Tells of a line that people have, once its edge has found nothing wrong. */
  lineShown({ edge, outcome }: Verification): void {
    const { build, ports } = this;
    if (outcome === 'failed') return;
    const seconds = secondsBetween(build.queuedAt, ports.clock.now());
    const { revision } = build;
    ports.events.emit('line-shown', { ...eventOf(build), edge, revision, seconds });
  }

  /** Tells of the end of a step, or of this worker's part in it; `error`: why it went no further. */
  #ended(name: StepName, outcome: string, error: unknown = null): void {
    const { build, ports } = this;
    const step = build.steps.find((known) => known.name === name);
    const now = step?.finishedAt ?? ports.clock.now();
    const why = error === null ? (step?.detail ?? null) : whyEnded(error);
    ports.events.emit('step-ended', {
      ...eventOf(build),
      ...{ step: name, outcome, seconds: secondsBetween(step?.startedAt ?? now, now) },
      reason: why && ports.redact(why),
    });
  }

  async #change(name: StepName, change: Partial<Step>): Promise<void> {
    await this.update((build) => ({
      ...build,
      steps: build.steps.map((step) => (step.name === name ? { ...step, ...change } : step)),
    }));
  }
}
