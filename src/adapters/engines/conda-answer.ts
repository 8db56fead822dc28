import type { FerryError } from '../../domain/errors.ts';
import type { Channel } from '../../domain/ports.ts';
import {
  anything,
  boolean,
  fit,
  fitOrNull,
  listOf,
  number,
  object,
  or,
  parseJson,
  type Shape,
  string,
} from '../../domain/shape.ts';
import {
  channelUnreachable,
  diskFull,
  engineFailed,
  packageChanged,
  unsatisfiable,
} from './errors.ts';
import type { EngineRecord } from './lock.ts';

/** The part of conda's JSON answers that is read here; `exception_name` only when it failed. */
export interface Answer {
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

const PACKAGE = object<PackageJson>({
  name: string,
  version: string,
  build: or(string, undefined),
  build_string: or(string, undefined),
  subdir: or(string, undefined),
  platform: or(string, undefined),
  url: or(string, undefined),
  sha256: or(string, undefined),
  md5: or(string, undefined),
  size: or(number, undefined),
});

const ANSWER: Shape<Answer> = object<Answer>({
  exception_name: or(string, undefined),
  error: or(string, undefined),
  message: or(string, undefined),
  packages: or(listOf(string), undefined),
  errors: or(
    listOf((value, at) => ANSWER(value, at)),
    undefined,
  ),
  actions: or(
    object<NonNullable<Answer['actions']>>({
      FETCH: or(listOf(PACKAGE), undefined),
      LINK: or(listOf(PACKAGE), undefined),
    }),
    undefined,
  ),
  success: or(boolean, undefined),
  solver_problems: or(listOf(string), undefined),
});

/** How far a download is: `{"fetch": "six-1.0 | 14 KB", "finished": false, …}`. */
const REPORT = object<{ fetch: string }>({ fetch: string });

/**
 * Reports of progress come first, one NUL after each; the answer is the last document. Null where
 * there is none; throws `engine-failed` for one that is no answer. `program` as in `answerError`.
 */
export function parseAnswer(stdout: string, program: string): Answer | null {
  const last = stdout.split('\0').findLast((part) => part.trim() !== '') ?? '';
  for (const text of [last, last.slice(last.indexOf('\n{\n') + 1)]) {
    // A warning of a library may stand before the answer; without it the second try counts.
    const document = parseJson(text, anything);
    if (document === null || fitOrNull(document, REPORT)) continue;
    return fit(document, ANSWER, (why) =>
      engineFailed(program, `its answer cannot be read: ${why}`),
    );
  }
  return null;
}

export function isFailure(answer: Answer): boolean {
  if (answer.exception_name !== undefined) return true;
  return answer.actions === undefined && answer.success !== true;
}

/** What a failed answer means for people; `program` is the name of the command line. */
export function answerError(
  { errors = [], ...whole }: Answer,
  channels: readonly Channel[],
  program: string,
): FerryError {
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
  return engineFailed(program, text);
}

export function noSpace(text: string): boolean {
  return /No space left on device|Errno 28\b/.test(text);
}

export function recordsOf(answer: Answer): EngineRecord[] {
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
      sha256: entry.sha256 || null,
      md5: entry.md5 || null,
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
export function missingSpec(answer: Answer): string | null {
  const listed = answer.exception_name?.startsWith('PackagesNotFound')
    ? answer.packages?.[0]
    : null;
  const text = answer.solver_problems?.join('\n') ?? answer.error ?? '';
  const told = /nothing provides requested (\S+(?: [\d=<>!~*][^\n]*?)?)(?:$|\n| needed)/.exec(text);
  const spec = listed ?? told?.[1] ?? null;
  return spec?.replace(/\[version='([^']*)'.*\]$/, '$1') ?? null;
}

interface Versioned {
  version: string;
}

const VERSIONED = listOf(object<Versioned>({ version: string }));
const OF_MICROMAMBA = object<{ result: { pkgs: Versioned[] } }>({
  result: object<{ pkgs: Versioned[] }>({ pkgs: VERSIONED }),
});

/** `conda search --json`: name → records; micromamba: `result.pkgs`. Newest last, as given. */
export function versionsIn(found: object, name: string): string[] {
  const listed = fitOrNull(found, object<Record<string, Versioned[]>>({ [name]: VERSIONED }));
  const records = listed?.[name] ?? fitOrNull(found, OF_MICROMAMBA)?.result.pkgs ?? [];
  const versions = records.map(({ version }) => version);
  return [...new Set(versions)].reverse().slice(0, 5);
}
