import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FerryError, outsideError } from '../../domain/errors.ts';
import type { Lock } from '../../domain/lock.ts';
import type {
  Channel,
  CreatePrefixRequest,
  Engine,
  EngineDescription,
  Progress,
  SolveRequest,
} from '../../domain/ports.ts';
import { listOf, number, object, or, parseJson, readJson, string } from '../../domain/shape.ts';
import { cleanEnvironment, type OutputStream, run } from '../host/process.ts';
import {
  badSpec,
  channelUnreachable,
  diskFull,
  engineFailed,
  engineHung,
  packageChanged,
  packageNotFound,
  prefixExists,
  unsatisfiable,
  versionNotFound,
} from './errors.ts';
import { solveKeeping } from './keeping.ts';
import type { EngineLimits } from './limits.ts';
import { type EngineRecord, lockFrom, verifyPrefix } from './lock.ts';
import { exactly, matchSpec, rattlerText } from './match-spec.ts';

const PROGRAM = join(import.meta.dirname, 'rattler-engine.py');
/** A record is about 400 bytes; the largest environments have a thousand. */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;
const DESCRIBE_SECONDS = 60;

export interface RattlerOptions {
  /** The interpreter that has py-rattler, made on first use. */
  python: () => Promise<string>;
  dataDirectory: string;
  /** Proxies and certificates, from `networkEnvironment`. */
  network: Readonly<Record<string, string>>;
  /** Why this engine was chosen, for people. */
  reason: string;
  limits: EngineLimits;
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

const REFUSAL = object<Refusal>({
  ...{ code: string, message: string },
  suggestion: or(string, null),
  details: or(string, null),
});

/** The embedded engine: py-rattler, one process for each request, so that a cancel is a kill. */
export class RattlerEngine implements Engine {
  readonly name = 'rattler';
  readonly #options: RattlerOptions;

  constructor(options: RattlerOptions) {
    this.#options = options;
  }

  async describe(): Promise<EngineDescription> {
    const { signal } = new AbortController();
    const progress: Progress = { signal, log: () => {}, detail: () => {} };
    const { version } = await this.#ask({ do: 'describe' }, DESCRIBE_SECONDS, [], progress);
    const executable = await this.#options.python();
    return { name: 'rattler', version, executable, reason: this.#options.reason };
  }

  solve(request: SolveRequest, progress: Progress): Promise<Lock> {
    return solveKeeping(request, progress, (pinned) => this.#solve(pinned, progress));
  }

  async #solve(request: SolveRequest, progress: Progress): Promise<Lock> {
    const specs = request.specs.map((spec) => rattlerText(matchSpec(spec, request.channels)));
    const { platform, glibc, channels, keep } = request;
    const seconds = this.#options.limits.solveSeconds;
    const urls = channels.map((channel) => channel.url);
    const constraints = keep.map((entry) => rattlerText(exactly(entry)));
    const input = { do: 'solve', specs, constraints, platform, glibc, channels: urls };
    const result = await this.#ask(input, seconds, channels, progress);
    return lockFrom(platform, result.packages, channels);
  }

  async create({ lock, prefix }: CreatePrefixRequest, progress: Progress): Promise<void> {
    if (existsSync(prefix)) throw prefixExists(prefix);
    const { platform, packages } = lock;
    const channels = [...new Set(packages.map((entry) => entry.channel))];
    const named = channels.map((name) => ({ name, url: '' }));
    const seconds = this.#options.limits.createSeconds;
    try {
      await this.#ask({ do: 'create', platform, packages, prefix }, seconds, named, progress);
      await verifyPrefix(prefix, lock);
    } catch (error) {
      // Half a prefix is worth nothing, and the next attempt needs the place.
      await rm(prefix, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs the program on one request; its last line is the answer. */
  async #ask(
    request: Record<string, unknown>,
    timeoutSeconds: number,
    channels: readonly Channel[],
    progress: Progress,
  ): Promise<Result> {
    const python = await this.#options.python();
    const cache = join(this.#options.dataDirectory, 'rattler');
    await mkdir(cache, { recursive: true });
    const { code, signal, stdout, tail } = await run({
      file: python,
      args: ['-I', PROGRAM],
      cwd: cache,
      env: this.#environment(),
      signal: progress.signal,
      timeoutSeconds,
      idleSeconds: this.#options.limits.idleSeconds,
      input: `${JSON.stringify({ ...request, cache })}\n`,
      outputLimit: MOST_OUTPUT_BYTES,
      onLine: (text, stream) => report(text, stream, progress),
    }).catch((error: unknown) => {
      const isHung = error instanceof FerryError && error.code === 'program-hung';
      throw isHung ? engineHung('rattler', error) : error;
    });
    const answer = stdout.trimEnd().split('\n').at(-1) ?? '';
    const type = parseJson(answer, REPORT)?.type;
    if (type === 'result') return readJson(answer, RESULT, unreadable);
    if (type === 'error') throw this.#translate(readJson(answer, REFUSAL, unreadable), channels);
    const words = tail.join('\n');
    if (words.includes("No module named 'rattler'")) throw missing(python, words);
    throw engineFailed('rattler', words || `it ended with ${signal ?? code} and said nothing`);
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
      'disk-full': () => diskFull(details),
    };
    return errors[refusal.code]?.() ?? engineFailed('rattler', details);
  }

  #environment(): Record<string, string> {
    const home = join(this.#options.dataDirectory, 'rattler');
    return cleanEnvironment({ home, named: this.#options.network });
  }
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

function missing(python: string, details: string): FerryError {
  return outsideError({
    code: 'engine-missing',
    message: `The embedded engine is not there: ${python} has no py-rattler.`,
    suggestion:
      'Remove the private virtual environment so that it is made again, or install deploy/requirements.txt into it.',
    details,
  });
}
