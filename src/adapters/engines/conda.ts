import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FerryError } from '../../domain/errors.ts';
import type { Lock, LockedPackage, Platform } from '../../domain/lock.ts';
import { closest } from '../../domain/near-names.ts';
import { ARCHITECTURES } from '../../domain/platform.ts';
import type {
  Channel,
  CreatePrefixRequest,
  Engine,
  EngineDescription,
  Progress,
  SolveRequest,
} from '../../domain/ports.ts';
import { letRead } from '../host/bubblewrap.ts';
import { installationOf } from '../host/installation.ts';
import type { OutputStream } from '../host/output.ts';
import { type CommandResult, cleanEnvironment, isHung, run, signalOf } from '../host/process.ts';
import { isTooMuch, runSandboxed, type SandboxLimits } from '../host/sandbox.ts';
import { inScratch } from '../host/scratch.ts';
import {
  type Answer,
  answerError,
  isFailure,
  missingSpec,
  noSpace,
  parseAnswer,
  recordsOf,
  versionsIn,
} from './conda-answer.ts';
import { writeCredentials } from './conda-credentials.ts';
import { dropUnrepeatable, lackingPackages, noteChecksums, refuseChanged } from './conda-prefix.ts';
import {
  diskFull,
  engineFailed,
  engineHung,
  engineKilled,
  linkedTooMuch,
  packageNotFound,
  prefixExists,
  unsatisfiable,
  versionNotFound,
} from './errors.ts';
import { solveKeeping } from './keeping.ts';
import { lockFrom, verifyPrefix } from './lock.ts';
import { condaLine, exactly, matchSpec } from './match-spec.ts';
import type { EngineOptions } from './options.ts';
import { PackageCache, unpackedIn } from './package-cache.ts';
import { refuseUnsafe } from './package-paths.ts';

export interface CondaOptions extends EngineOptions {
  executable: string;
}

/**
 * Our CONDARC, the only one conda reads besides the system's. `always_copy`: an archive must not
 * hold links into the package cache, and pip must not write through them. The full repodata,
 * because `current_repodata.json` hides older versions and so makes other locks.
 */
const CONDARC = `channel_priority: strict
repodata_fns: [repodata.json]
always_copy: true
always_yes: true
auto_update_conda: false
notify_outdated_conda: false
add_pip_as_python_dependency: true
safety_checks: enabled
extra_safety_checks: true
show_channel_urls: true
`;

/** What is true of every node of a cluster, whatever this build host is. */
const KERNEL = '4.18';
/** An environment may be larger than a project; conda's own home for a while is not. */
const ROOM_LIMITS: Partial<SandboxLimits> = { fileBytes: 32 * 1024 ** 3, processes: 1024 };
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Where packages are linked, and so their scripts run: all that can be seen of this host, besides the system. */
interface Room {
  readable: readonly string[];
  /** conda's home for the while. */
  home: string;
  /** What the prefix is made in. */
  parent: string;
}

/** Any conda-compatible command line: conda, mamba or micromamba. */
export class CondaEngine implements Engine {
  readonly name = 'conda';
  /** Packages for every platform it places, and compiles, by the Python that is in the prefix. */
  readonly createSome = null;
  readonly #options: CondaOptions;
  readonly #home: string;
  readonly #packages: PackageCache;
  /** Of conda alone; null is conda's own default. */
  #solver: string | null = null;

  constructor(options: CondaOptions) {
    this.#options = options;
    this.#home = join(options.dataDirectory, 'conda');
    this.#packages = new PackageCache(join(this.#home, 'packages'), options.cacheBytes);
  }

  /** `micromamba`, `conda` */
  get #program(): string {
    return basename(this.#options.executable);
  }

  async describe(): Promise<EngineDescription> {
    const { executable, reason } = this.#options;
    const signal = AbortSignal.timeout(60_000);
    const result = await this.#run(['--version'], { signal, log() {}, detail() {} }, 60);
    const [line = ''] = result.stdout.trim().split('\n');
    if (result.code !== 0) throw engineFailed(this.#program, result.tail.join('\n'));
    const version = /^\d/.test(line) ? `${this.#program} ${line}` : line;
    return { name: 'conda', version, executable, reason };
  }

  solve(request: SolveRequest, progress: Progress): Promise<Lock> {
    return solveKeeping(request, progress, (pinned) => this.#solve(pinned, progress));
  }

  async #solve(request: SolveRequest, progress: Progress): Promise<Lock> {
    const { channels, platform, glibc, keep } = request;
    const lines = request.specs.map((spec) => condaLine(matchSpec(spec, channels)));
    return this.#inFolder(async (folder) => {
      const file = join(folder, 'specs.txt');
      await writeFile(file, `${lines.join('\n')}\n`);
      // Pins say what a package is wherever it is needed; as specs they would ask for it.
      const condarc = join(folder, 'condarc');
      await writeFile(condarc, CONDARC + pins(keep));
      const args = [
        ...['create', '--dry-run', '--json', '--yes', '--strict-channel-priority'],
        ...['--prefix', join(folder, 'prefix'), '--file', file, ...channelArguments(channels)],
      ];
      // Packages are never fetched into this cache, so conda reports every one as still to be
      // fetched: only there does it say the sha256.
      const caches = { CONDA_PKGS_DIRS: join(this.#home, 'solve') };
      const configuration = { CONDARC: condarc, MAMBARC: condarc };
      const opening = await writeCredentials(this.#options.credentials ?? [], folder);
      const named = {
        ...caches,
        ...configuration,
        ...opening,
        ...platformEnvironment(platform, glibc),
      };
      const seconds = this.#options.limits.solveSeconds;
      const answer = await this.#ask(args, progress, seconds, named);
      // What is missing beside pins may be one of them; the solve without any tells it apart.
      const names = keep.length > 0 ? [] : request.specs.map((spec) => spec.name);
      if (isFailure(answer)) throw await this.#explain(answer, names, channels, named, progress);
      return lockFrom(platform, recordsOf(answer), channels);
    });
  }

  async create({ lock, prefix }: CreatePrefixRequest, progress: Progress): Promise<void> {
    if (existsSync(prefix)) throw prefixExists(prefix);
    await this.#inFolder(async (folder) => {
      const file = join(folder, 'explicit.txt');
      // Every version of every tool reads an md5 here; the sha256 is checked below.
      const urls = lock.packages.map(({ url, md5, sha256 }) => `${url}#${md5 ?? sha256}`);
      await writeFile(file, `@EXPLICIT\n${urls.join('\n')}\n`);
      await this.#packages.markUsed(lock.packages);
      try {
        await this.#fetch(lock, file, progress);
        await noteChecksums(this.#cache, lock.packages);
        await refuseUnsafe(this.#cache, lock.packages);
        await this.#link(lock, prefix, file, progress);
        await verifyPrefix(prefix, lock);
        await dropUnrepeatable(prefix);
        await this.#packages.prune();
      } catch (error) {
        // Half a prefix is worth nothing, and the next attempt needs the place.
        await rm(prefix, { recursive: true, force: true });
        throw error;
      }
    });
  }

  /**
   * Has every package unpacked in the cache before anything of one is linked, each with the sha256 of the lock.
   * Nothing of a package runs here.
   */
  async #fetch(lock: Lock, file: string, progress: Progress): Promise<void> {
    const lacking = await lackingPackages(this.#cache, lock.packages, progress.signal);
    if (lacking.length === 0) return;
    // conda 26.7 links explicit packages although they are only to be fetched: no folder can be made there.
    const prefix = join(file, 'none');
    const args = ['create', '--json', '--yes', '--download-only', '--prefix', prefix];
    const seconds = this.#options.limits.createSeconds;
    const opening = await writeCredentials(this.#options.credentials ?? [], dirname(file));
    const named = {
      ...{ CONDA_PKGS_DIRS: this.#cache, ...opening },
      ...platformEnvironment(lock.platform, null),
    };
    const answer = await this.#ask([...args, '--file', file], progress, seconds, named);
    const missing = await lackingPackages(this.#cache, lacking, progress.signal);
    await refuseChanged(this.#cache, missing);
    if (missing.length > 0) throw answerError(answer, channelsOf(lock), this.#program);
  }

  /** Link scripts of packages run here, and the Python among them, which compiles others. */
  async #link(lock: Lock, prefix: string, file: string, progress: Progress): Promise<void> {
    const args = ['create', '--json', '--yes', '--offline', '--prefix', prefix, '--file', file];
    // The flag of the article, for a reader of the process list; CONDARC says the same to mamba.
    if (!this.#program.includes('mamba')) args.push('--copy');
    const home = join(dirname(file), 'home');
    await mkdir(home);
    const parent = dirname(prefix);
    await mkdir(parent, { recursive: true });
    const { executable } = this.#options;
    const readable = [this.#cache, join(this.#home, 'condarc'), file];
    const unpacked = lock.packages.map(({ url }) => unpackedIn(this.#cache, url));
    await letRead([join(this.#home, 'condarc'), file, ...unpacked]);
    const room = { readable: [...installationOf(executable), ...readable], home, parent };
    // Nobody who is in there writes into the cache, from which others are linked, too.
    const caches = `${join(home, 'packages')},${this.#cache}`;
    const named = { CONDA_PKGS_DIRS: caches, ...platformEnvironment(lock.platform, null) };
    const seconds = this.#options.limits.createSeconds;
    const answer = await this.#ask(args, progress, seconds, named, room);
    if (isFailure(answer)) throw answerError(answer, channelsOf(lock), this.#program);
  }

  /** conda keeps nothing running. */
  async close(): Promise<void> {}

  async #inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    await mkdir(this.#home, { recursive: true });
    await writeFile(join(this.#home, 'condarc'), CONDARC);
    return inScratch(this.#options.dataDirectory, work);
  }

  /** Runs conda and returns its JSON answer, whatever its exit code: the answer says more. */
  async #ask(
    args: readonly string[],
    progress: Progress,
    seconds: number,
    named: Readonly<Record<string, string>>,
    room: Room | null = null,
  ): Promise<Answer> {
    const result = await this.#run(args, progress, seconds, named, room);
    // Of an explicit file conda has nothing to say when all went well; the prefix is verified.
    const ended = result.code === 0 || isCrash(result);
    const silent = ended && result.stdout.trim() === '' && args.includes('--copy');
    const answer = silent ? { success: true } : parseAnswer(result.stdout, this.#program);
    const words = wordsOf(result);
    const killer = signalOf(result);
    if (killer && (answer === null || !isCrash(result)))
      throw engineKilled(this.#program, killer, words);
    if (answer === null)
      throw noSpace(words) ? diskFull(words) : engineFailed(this.#program, words);
    // A conda whose default solver is not installed says which ones are.
    const solvers = /not recognized\. Choose one of: ([\w, -]+)/.exec(answer.error ?? '')?.[1];
    if (solvers && this.#solver === null) {
      const installed = solvers.split(', ');
      this.#solver = installed.find((solver) => solver !== 'classic') ?? 'classic';
      return this.#ask(args, progress, seconds, named, room);
    }
    if (result.code !== 0 && !isFailure(answer) && !isCrash(result))
      throw engineFailed(this.#program, words);
    return answer;
  }

  async #run(
    args: readonly string[],
    progress: Progress,
    timeoutSeconds: number,
    named: Readonly<Record<string, string>> = {},
    room: Room | null = null,
  ): Promise<CommandResult> {
    await mkdir(this.#home, { recursive: true });
    const { executable: file, network, limits, sandbox } = this.#options;
    const { signal } = progress;
    const output = { idleSeconds: limits.idleSeconds, outputLimit: MOST_OUTPUT_BYTES };
    const hear = (line: string, stream: OutputStream) => report(line, stream, progress);
    const running =
      room === null
        ? run({
            ...{ file, args, signal, timeoutSeconds, ...output, onLine: hear },
            cwd: this.#home,
            env: cleanEnvironment({
              home: this.#home,
              named: { ...network, ...this.#settings(this.#home), ...named },
            }),
          })
        : runSandboxed(
            {
              ...{ file, args, signal, ...output, log: hear },
              ...{ readable: room.readable, directory: room.home, writable: [room.parent] },
              named: { ...this.#settings(room.home), ...named },
              limits: { ...ROOM_LIMITS, seconds: timeoutSeconds },
            },
            sandbox,
          );
    return running.catch((error: unknown) => {
      if (isHung(error)) throw engineHung(this.#program, error);
      throw isTooMuch(error) ? linkedTooMuch(this.#program, error) : error;
    });
  }

  /** What every run is told; `home` is for what conda makes besides prefixes. */
  #settings(home: string): Record<string, string> {
    return {
      CONDARC: join(this.#home, 'condarc'),
      MAMBARC: join(this.#home, 'condarc'),
      // The Python of a new prefix, run to compile packages, leaves no files of its own there.
      PYTHONDONTWRITEBYTECODE: '1',
      // See isCrash: an answer in a buffer would be lost.
      PYTHONUNBUFFERED: '1',
      MAMBA_ROOT_PREFIX: join(home, 'root'),
      CONDA_ENVS_DIRS: join(home, 'envs'),
      ...(this.#solver === null ? {} : { CONDA_SOLVER: this.#solver }),
    };
  }

  get #cache(): string {
    return join(this.#home, 'packages');
  }

  /** Asks conda what there is instead; costs a second, and only when the request has failed. */
  async #explain(
    answer: Answer,
    asked: readonly string[],
    channels: readonly Channel[],
    named: Readonly<Record<string, string>>,
    progress: Progress,
  ): Promise<FerryError> {
    const missing = missingSpec(answer);
    if (missing === null) return answerError(answer, channels, this.#program);
    const details = answer.error ?? answer.message ?? missing;
    const name = /^(?:.*::)?([^\s=<>!~[]+)/.exec(missing)?.[1] ?? missing;
    // What only another package needs is nothing that anybody typed.
    if (!asked.includes(name.toLowerCase())) return unsatisfiable(details);
    const search = async (pattern: string) => {
      const args = ['search', '--json', ...channelArguments(channels), pattern];
      return this.#ask(args, progress, 120, named).catch((): Answer => ({}));
    };
    const versions = versionsIn(await search(name), name);
    if (versions.length > 0) return versionNotFound(missing, versions, channels, details);
    const near = Object.keys(await search(`${name.slice(0, 2)}*`));
    return packageNotFound(name, closestNames(name, near), channels, details);
  }
}

function pins(keep: readonly LockedPackage[]): string {
  const lines = keep.map((entry) => `- "${condaLine(exactly(entry))}"\n`);
  return lines.length === 0 ? '' : `pinned_packages:\n${lines.join('')}`;
}

function channelArguments(channels: readonly Channel[]): string[] {
  return ['--override-channels', ...channels.flatMap(({ url }) => ['--channel', url])];
}

function channelsOf(lock: Lock): Channel[] {
  const names = [...new Set(lock.packages.map((entry) => entry.channel))];
  return names.map((name) => ({ name, url: '' }));
}

/** The virtual packages of the target instead of this host's: conda, "Managing virtual packages". */
function platformEnvironment(platform: Platform, glibc: string | null): Record<string, string> {
  return {
    CONDA_SUBDIR: platform,
    CONDA_OVERRIDE_ARCHSPEC: ARCHITECTURES[platform],
    CONDA_OVERRIDE_LINUX: KERNEL,
    CONDA_OVERRIDE_CUDA: '',
    ...(glibc === null ? {} : { CONDA_OVERRIDE_GLIBC: glibc }),
  };
}

/**
 * Taking down conda's Python while threads of its solver still run sometimes crashes (seen with
 * conda 26.7 and the rattler solver), after everything has been done and said.
 */
function isCrash(result: CommandResult): boolean {
  return ['SIGSEGV', 'SIGABRT'].includes(signalOf(result) ?? '');
}

/** Its last lines for people, without those that only say how far it is. */
function wordsOf({ tail }: CommandResult): string {
  return tail.filter((line) => !/^\0?\{"fetch":/.test(line)).join('\n');
}

/** Forwards what conda says while it works; the answer itself is not for the log. */
function report(line: string, stream: 'stdout' | 'stderr', progress: Progress): void {
  if (stream === 'stderr') {
    if (line.trim() !== '') progress.log(line);
    return;
  }
  const fetched = /^\{"fetch": ?"([^"]+)", ?"finished": ?true/.exec(line)?.[1];
  if (fetched) progress.log(`fetch ${fetched}`);
}

function closestNames(name: string, candidates: readonly string[]): string[] {
  const best = closest(name, candidates);
  return best === null ? [] : [best];
}
