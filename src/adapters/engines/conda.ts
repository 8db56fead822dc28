import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FerryError } from '../../domain/errors.ts';
import type { Lock, Platform } from '../../domain/lock.ts';
import type {
  Channel,
  CreatePrefixRequest,
  Engine,
  EngineDescription,
  Progress,
  SolveRequest,
} from '../../domain/ports.ts';
import { closest } from '../../domain/tokens.ts';
import { type CommandResult, cleanEnvironment, run } from '../host/process.ts';
import {
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
import type { EngineLimits } from './limits.ts';
import { type EngineRecord, lockFrom, readInstalled, verifyPrefix } from './lock.ts';
import { condaLine, matchSpec } from './match-spec.ts';

export interface CondaOptions {
  executable: string;
  dataDirectory: string;
  /** Proxies and certificates, from `networkEnvironment`. */
  network: Readonly<Record<string, string>>;
  /** Why this engine was chosen, for people. */
  reason: string;
  limits: EngineLimits;
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
const ARCHITECTURE: Readonly<Record<Platform, string>> = {
  'linux-64': 'x86_64',
  'linux-aarch64': 'aarch64',
};
const KERNEL = '4.18';
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The part of conda's JSON answers that is read here; `exception_name` only when it failed. */
interface Answer {
  exception_name?: string;
  error?: string;
  message?: string;
  packages?: string[];
  /** Of CondaMultiError: the errors themselves. */
  errors?: Answer[];
  actions?: { FETCH?: PackageJson[]; LINK?: PackageJson[] };
  success?: boolean;
  /** micromamba explains an unsolvable request here. */
  solver_problems?: string[];
}

/** conda's LINK entries name a package; FETCH entries, and mamba's LINK entries, describe it. */
interface PackageJson {
  name: string;
  version: string;
  build?: string;
  build_string?: string;
  subdir?: string;
  platform?: string;
  url?: string;
  sha256?: string;
  md5?: string;
  size?: number;
}

/** Any conda-compatible command line: conda, mamba or micromamba. */
export class CondaEngine implements Engine {
  readonly name = 'conda';
  readonly #options: CondaOptions;
  readonly #home: string;
  /** Of conda alone; null is conda's own default. */
  #solver: string | null = null;

  constructor(options: CondaOptions) {
    this.#options = options;
    this.#home = join(options.dataDirectory, 'conda');
  }

  async describe(): Promise<EngineDescription> {
    const { executable, reason } = this.#options;
    const signal = AbortSignal.timeout(60_000);
    const result = await this.#run(['--version'], { signal, log() {}, detail() {} }, 60);
    const [line = ''] = result.stdout.trim().split('\n');
    if (result.code !== 0) throw engineFailed(basename(executable), result.tail.join('\n'));
    const version = /^\d/.test(line) ? `${basename(executable)} ${line}` : line;
    return { name: 'conda', version, executable, reason };
  }

  async solve(request: SolveRequest, progress: Progress): Promise<Lock> {
    const { channels, platform, glibc } = request;
    const lines = request.specs.map((spec) => condaLine(matchSpec(spec, channels)));
    return this.#inFolder(async (folder) => {
      const file = join(folder, 'specs.txt');
      await writeFile(file, `${lines.join('\n')}\n`);
      const args = [
        ...['create', '--dry-run', '--json', '--yes', '--strict-channel-priority'],
        ...['--prefix', join(folder, 'prefix'), '--file', file, ...channelArguments(channels)],
      ];
      // Packages are never fetched into this cache, so conda reports every one as still to be
      // fetched: only there does it say the sha256.
      const caches = { CONDA_PKGS_DIRS: join(this.#home, 'solve') };
      const named = { ...caches, ...platformEnvironment(platform, glibc) };
      const seconds = this.#options.limits.solveSeconds;
      const answer = await this.#ask(args, progress, seconds, named);
      const names = request.specs.map((spec) => spec.name);
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
      const args = ['create', '--json', '--yes', '--prefix', prefix, '--file', file];
      // The flag of the article, for a reader of the process list; CONDARC says the same to mamba.
      if (!basename(this.#options.executable).includes('mamba')) args.push('--copy');
      const packages = join(this.#home, 'packages');
      const named = { CONDA_PKGS_DIRS: packages, ...platformEnvironment(lock.platform, null) };
      const seconds = this.#options.limits.createSeconds;
      try {
        const answer = await this.#ask(args, progress, seconds, named);
        if (isFailure(answer)) throw this.#translate(answer, channelsOf(lock));
        await verifyFetched(packages, lock, progress);
        await dropUnrepeatable(prefix);
        await verifyPrefix(prefix, lock);
      } catch (error) {
        // Half a prefix is worth nothing, and the next attempt needs the place.
        await rm(prefix, { recursive: true, force: true });
        throw error;
      }
    });
  }

  async #inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    await mkdir(join(this.#home, 'work'), { recursive: true });
    await writeFile(join(this.#home, 'condarc'), CONDARC);
    const folder = await mkdtemp(join(this.#home, 'work', 'request-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Runs conda and returns its JSON answer, whatever its exit code: the answer says more. */
  async #ask(
    args: readonly string[],
    progress: Progress,
    seconds: number,
    named: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const result = await this.#run(args, progress, seconds, named);
    // Of an explicit file conda has nothing to say when all went well; the prefix is verified.
    const ended = result.code === 0 || isCrash(result);
    const silent = ended && result.stdout.trim() === '' && args.includes('--copy');
    const answer = silent ? { success: true } : parseAnswer(result.stdout);
    const name = basename(this.#options.executable);
    const words = result.tail.join('\n');
    if (answer === null) throw noSpace(words) ? diskFull(words) : engineFailed(name, words);
    // A conda whose default solver is not installed says which ones are.
    const solvers = /not recognized\. Choose one of: ([\w, -]+)/.exec(answer.error ?? '')?.[1];
    if (solvers && this.#solver === null) {
      const installed = solvers.split(', ');
      this.#solver = installed.find((solver) => solver !== 'classic') ?? 'classic';
      return this.#ask(args, progress, seconds, named);
    }
    if (result.code !== 0 && !isFailure(answer) && !isCrash(result))
      throw engineFailed(name, words);
    return answer;
  }

  async #run(
    args: readonly string[],
    progress: Progress,
    timeoutSeconds: number,
    named: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    await mkdir(this.#home, { recursive: true });
    const { executable, network, limits } = this.#options;
    return run({
      file: executable,
      args,
      cwd: this.#home,
      env: cleanEnvironment({
        home: this.#home,
        named: {
          ...network,
          CONDARC: join(this.#home, 'condarc'),
          MAMBARC: join(this.#home, 'condarc'),
          // The Python of a new prefix, run to compile packages, leaves no files of its own there.
          PYTHONDONTWRITEBYTECODE: '1',
          // See isCrash: an answer in a buffer would be lost.
          PYTHONUNBUFFERED: '1',
          MAMBA_ROOT_PREFIX: join(this.#home, 'root'),
          CONDA_ENVS_DIRS: join(this.#home, 'envs'),
          ...(this.#solver === null ? {} : { CONDA_SOLVER: this.#solver }),
          ...named,
        },
      }),
      signal: progress.signal,
      timeoutSeconds,
      idleSeconds: limits.idleSeconds,
      outputLimit: MOST_OUTPUT_BYTES,
      onLine: (line, stream) => report(line, stream, progress),
    }).catch((error: unknown) => {
      const isHung = error instanceof FerryError && error.code === 'program-hung';
      throw isHung ? engineHung(basename(executable), error) : error;
    });
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
    if (missing === null) return this.#translate(answer, channels);
    const details = answer.error ?? answer.message ?? missing;
    const name = /^(?:.*::)?([^\s=<>!~[]+)/.exec(missing)?.[1] ?? missing;
    // What only another package needs is nothing that anybody typed.
    if (!asked.includes(name.toLowerCase())) return unsatisfiable(details);
    const search = async (pattern: string) => {
      const args = ['search', '--json', ...channelArguments(channels), pattern];
      return this.#ask(args, progress, 120, named).catch(() => ({})) as Promise<
        Record<string, unknown>
      >;
    };
    const versions = versionsIn(await search(name), name);
    if (versions.length > 0) return versionNotFound(missing, versions, channels, details);
    const near = Object.keys(await search(`${name.slice(0, 2)}*`));
    return packageNotFound(name, closestNames(name, near), channels, details);
  }

  #translate({ errors = [], ...whole }: Answer, channels: readonly Channel[]): FerryError {
    const [answer = whole] = errors;
    const exception = answer.exception_name ?? '';
    const problems = answer.solver_problems?.join('\n');
    const text = problems ?? answer.error ?? answer.message ?? JSON.stringify(answer);
    if (noSpace(text)) return diskFull(text);
    const rules: readonly [RegExp, (details: string) => FerryError][] = [
      [/Unsatisfiable|SpecsConfigurationConflict/, unsatisfiable],
      [/HTTP|Channel|Connection|Proxy|SSL/, (details) => channelUnreachable(channels, details)],
      [/Checksum/, packageChanged],
      [/NoSpaceLeft|Disk/, diskFull],
    ];
    const rule = rules.find(([pattern]) => pattern.test(exception));
    if (rule) return rule[1](text);
    if (problems || /could not solve|nothing provides/i.test(text)) return unsatisfiable(text);
    if (/download|connect|resolve host|HTTP/i.test(text)) return channelUnreachable(channels, text);
    return engineFailed(basename(this.#options.executable), text);
  }
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
    CONDA_OVERRIDE_ARCHSPEC: ARCHITECTURE[platform],
    CONDA_OVERRIDE_LINUX: KERNEL,
    CONDA_OVERRIDE_CUDA: '',
    ...(glibc === null ? {} : { CONDA_OVERRIDE_GLIBC: glibc }),
  };
}

function isFailure(answer: Answer): boolean {
  if (answer.exception_name !== undefined) return true;
  return answer.actions === undefined && answer.success !== true;
}

/**
 * Taking down conda's Python while threads of its solver still run sometimes crashes (seen with
 * conda 26.7 and the rattler solver), after everything has been done and said.
 */
function isCrash({ signal }: CommandResult): boolean {
  return signal === 'SIGSEGV' || signal === 'SIGABRT';
}

function noSpace(text: string): boolean {
  return /No space left on device|Errno 28\b/.test(text);
}

/** Reports of progress come first, one NUL after each; the answer is the last document. */
function parseAnswer(stdout: string): Answer | null {
  const last = stdout.split('\0').findLast((part) => part.trim() !== '') ?? '';
  for (const text of [last, last.slice(last.indexOf('\n{\n') + 1)]) {
    try {
      return JSON.parse(text);
    } catch {
      // A warning of a library may stand before the answer; without it the second try counts.
    }
  }
  return null;
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

function recordsOf(answer: Answer): EngineRecord[] {
  const fetched = (answer.actions?.FETCH ?? []).map((entry) => [identity(entry), entry] as const);
  const described = new Map(fetched);
  return (answer.actions?.LINK ?? []).map((link) => {
    const entry = link.url && link.sha256 ? link : (described.get(identity(link)) ?? link);
    if (!entry.url) {
      throw engineFailed('conda', `no address for ${entry.name} in ${JSON.stringify(link)}`);
    }
    return {
      name: entry.name,
      version: entry.version,
      build: buildOf(entry),
      subdir: subdirOf(entry),
      url: entry.url,
      sha256: entry.sha256 ?? null,
      md5: entry.md5 ?? null,
      size: entry.size ?? null,
    };
  });
}

function identity(entry: PackageJson): string {
  return `${subdirOf(entry)}/${entry.name}-${entry.version}-${buildOf(entry)}`;
}

function buildOf(entry: PackageJson): string {
  return entry.build ?? entry.build_string ?? '';
}

/** In FETCH `platform` is `linux`; in conda's LINK, which has no `subdir`, it is the subdir. */
function subdirOf(entry: PackageJson): string {
  return entry.subdir ?? entry.platform ?? '';
}

/** The first spec that conda could not find, as it was asked for; null for any other failure. */
function missingSpec(answer: Answer): string | null {
  const listed = answer.exception_name?.startsWith('PackagesNotFound')
    ? answer.packages?.[0]
    : null;
  const text = answer.solver_problems?.join('\n') ?? answer.error ?? '';
  const told = /nothing provides requested (\S+(?: [\d=<>!~*][^\n]*?)?)(?:$|\n| needed)/.exec(text);
  const spec = listed ?? told?.[1] ?? null;
  return spec?.replace(/\[version='([^']*)'.*\]$/, '$1') ?? null;
}

/** `conda search --json`: name → records; micromamba: `result.pkgs`. Newest last, as given. */
function versionsIn(found: Record<string, unknown>, name: string): string[] {
  const result = found.result as { pkgs?: PackageJson[] } | undefined;
  const records = (found[name] as PackageJson[] | undefined) ?? result?.pkgs ?? [];
  const versions = Array.isArray(records) ? records.map((record) => record.version) : [];
  return [...new Set(versions)].reverse().slice(0, 5);
}

function closestNames(name: string, candidates: readonly string[]): string[] {
  const best = closest(name, candidates);
  return best === null ? [] : [best];
}

/**
 * Checks the fetched bytes themselves. conda compares no checksum for a `file://` channel and
 * writes into conda-meta whatever the explicit file claims (seen with conda 26.7).
 * A wrong package is taken out of the cache, or it would come back in the next build.
 */
async function verifyFetched(cache: string, lock: Lock, progress: Progress): Promise<void> {
  for (const { name, version, url, sha256 } of lock.packages) {
    progress.signal.throwIfAborted();
    const file = join(cache, basename(url));
    const folder = file.replace(/\.conda$|\.tar\.bz2$/, '');
    const found = existsSync(file) ? await sha256Of(file) : await recordedSha256(folder);
    if (found === sha256) continue;
    await rm(file, { force: true });
    await rm(folder, { recursive: true, force: true });
    throw packageChanged(`${name} ${version}: expected sha256 ${sha256}, got ${found ?? 'none'}`);
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** mamba checks what it fetches, notes the checksum and may then drop the archive. */
async function recordedSha256(folder: string): Promise<string | null> {
  try {
    return JSON.parse(await readFile(join(folder, 'info/repodata_record.json'), 'utf8')).sha256;
  } catch {
    return null;
  }
}

/**
 * Takes out what would differ between two prefixes of one lock, and what rattler does not make:
 * compiled files of noarch packages, which carry the time of their source, and conda's diary.
 */
async function dropUnrepeatable(prefix: string): Promise<void> {
  await rm(join(prefix, 'conda-meta', 'created_at'), { force: true });
  await writeFile(join(prefix, 'conda-meta', 'history'), '');
  for (const { noarch, files, path } of await readInstalled(prefix)) {
    const compiled = new Set(noarch === 'python' ? files.filter((file) => isCompiled(file)) : []);
    if (compiled.size === 0) continue;
    for (const file of compiled) await rm(join(prefix, file), { force: true });
    const record = JSON.parse(await readFile(path, 'utf8'));
    record.files = files.filter((file) => !compiled.has(file));
    const paths: { _path: string }[] | undefined = record.paths_data?.paths;
    if (paths) record.paths_data.paths = paths.filter((entry) => !compiled.has(entry._path));
    await writeFile(path, JSON.stringify(record, null, 2));
  }
}

function isCompiled(file: string): boolean {
  return file.includes('__pycache__/') && file.endsWith('.pyc');
}
