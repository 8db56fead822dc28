import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rattlerCredentials } from '../../domain/credential.ts';
import { type FerryError, outsideError, throwIfStopped } from '../../domain/errors.ts';
import type { Lock, LockedPackage, Platform } from '../../domain/lock.ts';
import type {
  Channel,
  CreatePrefixRequest,
  CreateSomeRequest,
  Engine,
  EngineDescription,
  Progress,
  SolveRequest,
} from '../../domain/ports.ts';
import { listOf, number, object, or, parseJson, readJson, string } from '../../domain/shape.ts';
import { parseSpec } from '../../domain/spec.ts';
import { createFetcher, type Fetcher } from '../host/fetch.ts';
import { installationOf } from '../host/installation.ts';
import { certificatesIn } from '../host/network.ts';
import type { OutputStream } from '../host/output.ts';
import {
  cleanEnvironment,
  isHung,
  type Program,
  run,
  type ServiceEnd,
  signalOf,
} from '../host/process.ts';
import { confine } from '../host/sandbox.ts';
import {
  badSpec,
  channelUnreachable,
  diskFull,
  engineFailed,
  engineHung,
  engineKilled,
  packageChanged,
  packageNotFound,
  packageUnsafe,
  prefixExists,
  unsatisfiable,
  versionNotFound,
} from './errors.ts';
import { Indexes } from './indexes.ts';
import { solveKeeping } from './keeping.ts';
import { KnownAnswers } from './known-answers.ts';
import { type EngineRecord, lockFrom, verifyPrefix } from './lock.ts';
import { exactly, matchSpec, rattlerText } from './match-spec.ts';
import type { EngineOptions } from './options.ts';
import { localFolders, PackageCache } from './package-cache.ts';
import { Resident } from './resident.ts';

const PROGRAM = join(import.meta.dirname, 'rattler-engine.py');
/** A record is about 400 bytes; the largest environments have a thousand. */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;
/** All that is remembered together: about 30 MB. */
const MOST_KNOWN_PACKAGES = 50_000;
const DESCRIBE_SECONDS = 60;
/** A channel that takes longer is read by whoever asks. */
const WARMING_MS = 180_000;

/** Its sandbox may be `required` as `preferred`: no code of packages runs here. */
export interface RattlerOptions extends EngineOptions {
  /** The interpreter that has py-rattler, made on first use. */
  python: () => Promise<string>;
  /** Milliseconds; when channels are asked again whether they have changed hangs on it. */
  now?: () => number;
}

/** A line of the program's standard output while it is at work. */
interface Report {
  type: string;
  detail: string;
  line: string;
}

const REPORT = object<Report>({ type: string, detail: or(string, ''), line: or(string, '') });

/** Its last line. */
interface Result {
  packages: EngineRecord[];
  version: string;
}

const RESULT = object<Result>({
  packages: or(
    listOf(
      object<EngineRecord>({
        ...{ name: string, version: string, build: string, subdir: string, url: string },
        sha256: or(string, null),
        md5: or(string, null),
        size: or(number, null),
      }),
    ),
    [],
  ),
  version: or(string, ''),
});

/** The same when it refuses. */
interface Refusal {
  code: string;
  message: string;
  suggestion: string | null;
  details: string | null;
}

/** Refusals that follow from the request and the channels' indexes alone. */
const LASTING = ['package-not-found', 'version-not-found', 'unsatisfiable', 'bad-spec'];

const REFUSAL = object<Refusal>({
  ...{ code: string, message: string },
  suggestion: or(string, null),
  details: or(string, null),
});

/** What the program says in the end. */
type Answer = { result: Result } | { refusal: Refusal };

/**
 * The embedded engine: py-rattler. Solves are answered by a process that stays and keeps what it has
 * read of the channels; the same one again, while no index has changed, from memory. A prefix is
 * created by a process of its own, so that a cancel is a kill, and in the sandbox: no script of a package runs,
 * but what others packed is unpacked and linked.
 */
export class RattlerEngine implements Engine {
  readonly name = 'rattler';
  readonly #options: RattlerOptions;
  readonly #resident: Resident;
  readonly #fetcher: Fetcher;
  readonly #indexes: Indexes;
  readonly #known = new KnownAnswers<Answer>(MOST_KNOWN_PACKAGES);
  readonly #packages: PackageCache;
  #version: string | null = null;

  constructor(options: RattlerOptions) {
    this.#options = options;
    this.#fetcher = createFetcher(options.network, options.credentials);
    this.#indexes = new Indexes(this.#fetcher, options.now);
    this.#packages = new PackageCache(join(this.#home, 'packages'), options.cacheBytes);
    this.#resident = new Resident({
      launch: () => this.#launch(['--stay', this.#home]),
      explain: (end) => unanswered(end),
    });
  }

  async describe(): Promise<EngineDescription> {
    const { signal } = new AbortController();
    const progress: Progress = { signal, log: () => {}, detail: () => {} };
    const program = await this.#launch([]);
    const { version } = await this.#run(
      program,
      { do: 'describe' },
      DESCRIBE_SECONDS,
      [],
      progress,
    );
    // Replaced in place: what the one before it holds and has said is another engine's.
    if (this.#version !== null && this.#version !== version) {
      this.#resident.renew();
      this.#known.clear();
    }
    this.#version = version;
    const executable = await this.#options.python();
    return { name: 'rattler', version, executable, reason: this.#options.reason };
  }

  solve(request: SolveRequest, progress: Progress): Promise<Lock> {
    return solveKeeping(request, progress, (pinned) => this.#solve(pinned, progress));
  }

  async #solve(request: SolveRequest, progress: Progress): Promise<Lock> {
    const specs = request.specs.map((spec) => rattlerText(matchSpec(spec, request.channels)));
    const { platform, glibc, channels, keep } = request;
    const urls = channels.map((channel) => channel.url);
    const constraints = keep.map((entry) => rattlerText(exactly(entry)));
    const input = { do: 'solve', specs, constraints, platform, glibc, channels: urls };
    const index = await this.#indexes.read(channels, platform);
    throwIfStopped(progress.signal);
    const key = index.every(({ tag }) => tag !== null) ? digest({ input, index }) : null;
    const known = key === null ? null : this.#known.get(key);
    if (known) progress.log('the channels are what they were when the same was solved');
    const answer = known ?? (await this.#ask({ ...input, index }, progress));
    if (key !== null && isLasting(answer)) this.#known.put(key, answer, weightOf(answer));
    return lockFrom(platform, this.#resultOf(answer, channels).packages, channels);
  }

  /** By a solve of what nearly every environment has: its process then holds what any other needs first. */
  async warm(channels: readonly Channel[], platform: Platform, progress: Progress): Promise<void> {
    const signal = AbortSignal.any([progress.signal, AbortSignal.timeout(WARMING_MS)]);
    const specs = [parseSpec('python')];
    await this.#solve(
      { specs, channels, platform, glibc: null, keep: [] },
      { ...progress, signal },
    );
  }

  create({ lock, prefix }: CreatePrefixRequest, progress: Progress): Promise<void> {
    return this.#create(prefix, lock, [], progress);
  }

  createSome({ lock, prefix, names }: CreateSomeRequest, progress: Progress): Promise<void> {
    const packages = lock.packages.filter(({ name }) => names.includes(name));
    // What is for every platform is placed by the Python beside it.
    const python = lock.packages.filter(({ name }) => name === 'python' && !names.includes(name));
    return this.#create(prefix, { ...lock, packages }, python, progress);
  }

  /** `beside` are packages that are taken to be in the prefix, and do not come into it. */
  async #create(
    prefix: string,
    lock: Lock,
    beside: readonly LockedPackage[],
    progress: Progress,
  ): Promise<void> {
    if (existsSync(prefix)) throw prefixExists(prefix);
    const { platform, packages } = lock;
    const channels = [...new Set([...packages, ...beside].map((entry) => entry.channel))];
    const named = channels.map((name) => ({ name, url: '' }));
    const seconds = this.#options.limits.createSeconds;
    const request = { do: 'create', platform, packages, beside, prefix };
    await this.#packages.markUsed(packages);
    try {
      await mkdir(dirname(prefix), { recursive: true });
      const program = await this.#confined(prefix, [...packages, ...beside], progress);
      await this.#run(program, request, seconds, named, progress);
      await verifyPrefix(prefix, lock);
      await this.#packages.prune();
    } catch (error) {
      // Half a prefix is worth nothing, and the next attempt needs the place.
      await rm(prefix, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    await this.#resident.close();
  }

  /** Asks the process that stays. */
  async #ask(request: object, progress: Progress): Promise<Answer> {
    // A solve says nothing before it is done.
    const { solveSeconds, idleSeconds } = this.#options.limits;
    const seconds = Math.min(solveSeconds, idleSeconds);
    const line = await this.#resident
      .ask({ ...request, credentials: this.#credentials }, seconds, progress.signal)
      .catch(hungOrNot);
    const answer = readAnswer(line);
    if (answer) return answer;
    throw unreadable(line.slice(0, 200));
  }

  /** Runs the program on one request; its last line is the answer. */
  async #run(
    program: Program,
    request: Record<string, unknown>,
    timeoutSeconds: number,
    channels: readonly Channel[],
    progress: Progress,
  ): Promise<Result> {
    const { stdout, ...end } = await run({
      ...program,
      signal: progress.signal,
      timeoutSeconds,
      idleSeconds: this.#options.limits.idleSeconds,
      input: `${JSON.stringify({ ...request, cache: this.#home, credentials: this.#credentials })}\n`,
      outputLimit: MOST_OUTPUT_BYTES,
      onLine: (text, stream) => report(text, stream, progress),
    }).catch(hungOrNot);
    const answer = readAnswer(stdout.trimEnd().split('\n').at(-1) ?? '');
    if (answer === null) throw unanswered(end);
    return this.#resultOf(answer, channels);
  }

  /** The program where it sees what it needs to link packages, and may write its home and beside the prefix. */
  async #confined(
    prefix: string,
    packages: readonly LockedPackage[],
    progress: Progress,
  ): Promise<Program> {
    const program = await this.#launch([]);
    const { network, sandbox } = this.#options;
    const view = {
      readable: [
        ...[PROGRAM, ...installationOf(program.file), ...certificatesIn(network)],
        ...localFolders(packages),
      ],
      writable: [dirname(prefix)],
      directory: this.#home,
      hasNetwork: true,
    };
    return confine(program, view, sandbox, (line) => progress.log(line));
  }

  async #launch(words: readonly string[]): Promise<Program> {
    const file = await this.#options.python();
    const home = this.#home;
    await mkdir(home, { recursive: true });
    // Its threads come and go with each solve; an arena for each would keep what it had at most.
    const named = { ...this.#options.network, MALLOC_ARENA_MAX: '1' };
    const env = cleanEnvironment({ home, named });
    return { file, args: ['-I', PROGRAM, ...words], cwd: home, env };
  }

  /** They reach the program by its standard input alone: no file of them lies anywhere. */
  get #credentials() {
    return rattlerCredentials(this.#options.credentials ?? []);
  }

  get #home(): string {
    return join(this.#options.dataDirectory, 'rattler');
  }

  #resultOf(answer: Answer, channels: readonly Channel[]): Result {
    if ('result' in answer) return answer.result;
    throw this.#translate(answer.refusal, channels);
  }

  #translate(refusal: Refusal, channels: readonly Channel[]): FerryError {
    const details = refusal.details ?? refusal.message;
    const candidates = refusal.suggestion?.split(', ') ?? [];
    const errors: Readonly<Record<string, () => FerryError>> = {
      'package-not-found': () => packageNotFound(refusal.message, candidates, channels, details),
      'version-not-found': () => versionNotFound(refusal.message, candidates, channels, details),
      unsatisfiable: () => unsatisfiable(details),
      'bad-spec': () => badSpec(refusal.message),
      'channel-unreachable': () => channelUnreachable(channels, details),
      'package-changed': () => packageChanged(details),
      'package-unsafe': () =>
        packageUnsafe(
          refusal.message,
          refusal.suggestion === 'command' ? 'command' : 'file',
          details,
        ),
      'disk-full': () => diskFull(details),
    };
    return errors[refusal.code]?.() ?? engineFailed('rattler', details);
  }
}

/** Null where the line is no answer. Throws `engine-failed` for one that cannot be read. */
function readAnswer(line: string): Answer | null {
  const type = parseJson(line, REPORT)?.type;
  if (type === 'result') return { result: readJson(line, RESULT, unreadable) };
  if (type === 'error') return { refusal: readJson(line, REFUSAL, unreadable) };
  return null;
}

function isLasting(answer: Answer): boolean {
  return 'result' in answer || LASTING.includes(answer.refusal.code);
}

/** In packages; a refusal is about as long as one or two. */
function weightOf(answer: Answer): number {
  return 'result' in answer ? answer.result.packages.length + 1 : 2;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Forwards what a line tells people; anything that is not ours goes to the log as it is. */
function report(text: string, stream: OutputStream, progress: Progress): void {
  const line = stream === 'stdout' ? parseJson(text, REPORT) : null;
  if (line?.type === 'progress') progress.detail(line.detail);
  else if (line?.type === 'log') progress.log(line.line);
  else if (stream === 'stderr') progress.log(text);
}

const unreadable = (why: string): FerryError =>
  engineFailed('rattler', `its answer cannot be read: ${why}`);

/** What it means that the program ended without an answer. */
function unanswered({ tail, ...end }: ServiceEnd): FerryError {
  // How far it was is told while it is at work, and is no reason.
  const words = tail.filter((line) => parseJson(line, REPORT) === null).join('\n');
  if (words.includes("No module named 'rattler'")) return missing(words);
  const signal = signalOf(end);
  if (signal !== null) return engineKilled('rattler', signal, words);
  return engineFailed('rattler', words || `it ended with ${end.code} and said nothing`);
}

function hungOrNot(error: unknown): never {
  throw isHung(error) ? engineHung('rattler', error) : error;
}

function missing(details: string): FerryError {
  return outsideError({
    code: 'engine-missing',
    message: 'The embedded engine is not there: its interpreter has no py-rattler.',
    suggestion:
      'Remove the private virtual environment so that it is made again, or install deploy/requirements.txt into it.',
    details,
  });
}
