/** What is added to specs that a person left open, so that the solver chooses what the clusters run. */
import type { BuildRequest } from '../request.ts';
import { DATA_PACKAGES, type DataPackage, pythonsOf, specFor } from '../spark-support.ts';
import { meetsVersion, newestFirst, parseSpec, type Spec } from '../spec.ts';
import { pythonsFor, pythonsIn, releaseAfter } from './python.ts';
import { placeOf, type Target } from './target.ts';

export interface Addition {
  name: string;
  /** Of a version: `<3.12`. */
  clause: string;
  /** A clause of a sentence. */
  why: string;
}

export function additionsFor(request: BuildRequest, targets: readonly Target[]): Addition[] {
  return [
    ...pythonAdditions(request, targets),
    ...DATA_PACKAGES.flatMap((name) => dataAddition(name, request, targets)),
    ...pySparkAddition(request, targets),
  ];
}

/** The specs with an addition in them; an environment for Spark has Python anyway. */
export function withAddition(specs: readonly Spec[], { name, clause }: Addition): Spec[] {
  if (!specs.some((spec) => spec.name === name)) return [...specs, parseSpec(`${name}${clause}`)];
  return specs.map((spec) => (spec.name === name ? narrowed(spec, clause) : spec));
}

function narrowed(spec: Spec, clause: string): Spec {
  const { version } = spec;
  if (version === null) return { ...spec, version: clause };
  const known = version.includes('|') ? `(${version})` : version;
  return { ...spec, version: `${known},${clause}` };
}

function pythonAdditions({ specs }: BuildRequest, targets: readonly Target[]): Addition[] {
  const last = pythonsFor(targets).at(-1);
  const spec = specs.find(({ name }) => name === 'python');
  const allowed = pythonsIn(spec ?? parseSpec('python'));
  const isOpen =
    last !== undefined && allowed.some((release) => meetsVersion(release, `<=${last}`));
  if (!isOpen) return companions(specs, allowed, targets);
  if (allowed.every((release) => meetsVersion(release, `<=${last}`))) return [];
  const decisive = targets.filter(({ support }) => support.python[1] === last);
  const why = decisive.map((each) => `${placeOf(each)} runs Python ${pythonsOf(each.support)}`);
  return [{ name: 'python', clause: `<${releaseAfter(last)}`, why: why.join('; ') }];
}

/** What a later Python needs besides, where it is asked for in any version. */
function companions(
  specs: readonly Spec[],
  allowed: readonly string[],
  targets: readonly Target[],
): Addition[] {
  const needed = new Set(
    targets.flatMap(({ support: { laterPython } }) =>
      laterPython?.with && allowed.includes(laterPython.version) ? laterPython.with : [],
    ),
  );
  return [...needed].flatMap((text) => {
    const { name, version } = parseSpec(text);
    const isOpen = specs.some((spec) => spec.name === name && spec.version === null);
    const why = `its \`distutils\` stands in for the one this Python does not have any more`;
    return isOpen && version !== null ? [{ name, clause: version, why }] : [];
  });
}

function dataAddition(
  name: DataPackage,
  { specs }: BuildRequest,
  targets: readonly Target[],
): Addition[] {
  const spec = specs.find((each) => each.name === name);
  const isUsed = specs.some((each) => each.name === 'pandas');
  if (spec === undefined || spec.version !== null || spec.build !== null || !isUsed) return [];
  const capped = targets.filter(({ support }) => support[name].breaks === 'pandas');
  const lowest = newestFirst(capped.flatMap(({ support }) => support[name].below ?? [])).at(-1);
  const decisive = capped.find(({ support }) => support[name].below === lowest);
  if (lowest === undefined || decisive === undefined) return [];
  const why = `${placeOf(decisive)} works with \`${specFor(decisive.support, name)}\``;
  return [{ name, clause: `<${lowest}`, why }];
}

/** The cluster's own version, where any that is allowed will do. */
function pySparkAddition({ specs }: BuildRequest, targets: readonly Target[]): Addition[] {
  const spec = specs.find(({ name }) => name === 'pyspark');
  const [target] = targets;
  if (spec === undefined || target === undefined) return [];
  const { spark } = target;
  if (targets.length > 1 || spec.version === `==${spark}`) return [];
  if (!meetsVersion(spark, spec.version)) return [];
  return [{ name: 'pyspark', clause: `==${spark}`, why: `${placeOf(target)} is exactly that` }];
}
