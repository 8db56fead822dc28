/** Which Pythons the Sparks of a request run, and whether one that is asked for is among them. */
import type { BuildRequest } from '../request.ts';
import { pythonsOf, type SparkSupport } from '../spark-support.ts';
import { formatSpec, meetsVersion, parseSpec, type Spec } from '../spec.ts';
import { type Installed, placeOf, type Target } from './target.ts';
import type { Remedy, Verdict } from './verdict.ts';

/** Every minor release that some Spark of the table runs, and those after them. */
const RELEASES = ['2.7', ...Array.from({ length: 15 }, (_, index) => `3.${index + 3}`)];
/** No minor release of Python has had as many. */
const MOST_PATCHES = 30;

/** Minor releases that every target says it runs, oldest first. */
export function pythonsFor(targets: readonly Target[]): string[] {
  return RELEASES.filter((release) => targets.every(({ support }) => runs(support, release)));
}

/** The first release that is too new: `3.12` where 3.11 is the last. */
export function releaseAfter(release: string): string {
  const [major, minor] = release.split('.').map(Number);
  return `${major}.${Number(minor) + 1}`;
}

/** Minor releases that a spec allows some version of. */
export function pythonsIn({ version, build }: Spec): string[] {
  return RELEASES.filter(
    (release) =>
      version === null ||
      Array.from({ length: MOST_PATCHES }, (_, patch) => `${release}.${patch}`).some((each) =>
        meetsVersion(each, version, build !== null),
      ),
  );
}

/** What is wrong with the Python that is asked for; nothing where some version of it will do. */
export function judgePythonAsked(request: BuildRequest, targets: readonly Target[]): Verdict[] {
  const common = pythonsFor(targets);
  if (common.length === 0) return [noCommonPython(targets)];
  const spec = request.specs.find(({ name }) => name === 'python');
  if (spec === undefined) return [];
  const allowed = pythonsIn(spec);
  return targets.flatMap((target) => {
    const { support } = target;
    if (allowed.some((release) => runs(support, release))) return [];
    const later = allowed.includes(support.laterPython?.version ?? '') ? support.laterPython : null;
    const companion = later?.with ?? null;
    if (later && (companion === null || isAskedFor(companion, request))) return [];
    const found = `\`${formatSpec(spec)}\` is asked for`;
    return [refusal(target, found, companion, common)];
  });
}

/** The same of the Python that was solved. */
export function judgePythonSolved(
  packages: readonly Installed[],
  targets: readonly Target[],
): Verdict[] {
  const python = packages.find(({ name }) => name === 'python');
  if (!python) return [];
  const release = python.version.split('.').slice(0, 2).join('.');
  const common = pythonsFor(targets);
  return targets.flatMap((target) => {
    const { support } = target;
    if (runs(support, release)) return [];
    const later = support.laterPython?.version === release ? support.laterPython : null;
    const companion = later?.with ?? null;
    const found = `this has Python ${python.version}`;
    if (later === null || (companion !== null && !isThere(companion, packages))) {
      return [refusal(target, found, companion, common)];
    }
    const besides = companion === null ? '' : ` with \`${companion}\``;
    return [
      {
        isRefusal: false,
        text: `${said(target)}; ${release} is not among them, but was seen to run${besides}.`,
        remedies: remediesOf(common, null),
      },
    ];
  });
}

function refusal(
  target: Target,
  found: string,
  companion: string | null,
  common: readonly string[],
): Verdict {
  const instead =
    companion === null ? '' : ` With \`${companion}\` it was seen to run all the same.`;
  return {
    isRefusal: true,
    text: `${said(target)}, and ${found}.${instead}`,
    remedies: remediesOf(common, companion),
  };
}

function remediesOf(common: readonly string[], companion: string | null): Remedy[] {
  const last = common.at(-1);
  return [
    ...(last === undefined ? [] : [{ specs: [`python=${last}`] }]),
    ...(companion === null ? [] : [{ specs: [companion] }]),
  ];
}

function noCommonPython(targets: readonly Target[]): Verdict {
  return {
    isRefusal: true,
    text: `No Python runs on all of these edges: ${targets.map(said).join('; ')}.`,
    remedies: targets.map(({ edges }) => ({ edges })),
  };
}

function said(target: Target): string {
  return `${placeOf(target)} runs Python ${pythonsOf(target.support)}`;
}

function runs({ python: [first, last] }: SparkSupport, release: string): boolean {
  return meetsVersion(release, `>=${first},<=${last}`);
}

/** Whether a request names the package, so that its version can still be chosen. */
function isAskedFor(companion: string, { specs }: BuildRequest): boolean {
  const { name } = parseSpec(companion);
  return specs.some((spec) => spec.name === name);
}

function isThere(companion: string, packages: readonly Installed[]): boolean {
  const { name, version } = parseSpec(companion);
  const found = packages.find((entry) => entry.name === name);
  return found !== undefined && meetsVersion(found.version, version);
}
