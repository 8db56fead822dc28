/**
 * Whether what is asked for runs on the clusters it is for, as `spark-support.ts` knows them. Looked
 * at twice: the specs before they are solved, and the packages after, because most of them only come
 * along. A Python or a pyspark that no job would run with is refused, unless the request insists;
 * where only some code breaks, a note says which.
 */
import { type FerryError, type Repair, userError } from './errors.ts';
import { additionsFor, withAddition } from './fit/additions.ts';
import { breaksPandas, judgePackages, judgePySparkAsked } from './fit/packages.ts';
import { judgePythonAsked, judgePythonSolved, pythonsFor } from './fit/python.ts';
import { type EdgeSpark, targetsOf } from './fit/target.ts';
import { joined, type Remedy, repairOf, type Verdict } from './fit/verdict.ts';
import type { Lock } from './lock.ts';
import type { Note } from './note.ts';
import { listInWords } from './phrase.ts';
import { type BuildRequest, createCommand } from './request.ts';
import {
  DATA_PACKAGES,
  type DataPackage,
  pythonsOf,
  type SparkSupport,
  specFor,
} from './spark-support.ts';
import type { Spec } from './spec.ts';

export type { EdgeSpark } from './fit/target.ts';

/**
 * What to solve: the request's specs, narrowed to what the edges' clusters run where the person left
 * it open; as they are where the request insists. Throws `unsupported-by-spark` where nothing that was asked for would run.
 */
export function fitRequest(
  request: BuildRequest,
  edges: readonly EdgeSpark[],
): { specs: Spec[]; notes: Note[] } {
  const targets = targetsOf(edges);
  const { specs: asked, force } = request;
  if (targets.length === 0 || force) return { specs: [...asked], notes: [] };
  const refused = [...judgePythonAsked(request, targets), ...judgePySparkAsked(request, targets)];
  if (refused.length > 0) throw refusal(request, refused);
  let specs = [...asked];
  const notes: Note[] = [];
  for (const addition of additionsFor(request, targets)) {
    const { name, clause, why } = addition;
    specs = withAddition(specs, addition);
    notes.push({ tone: 'added', text: `\`${name}${clause}\` was added: ${why}.`, repair: null });
  }
  return { specs, notes };
}

/**
 * What of the packages that were solved does not work there, as notes. Throws `unsupported-by-spark`
 * where no job would run; of a request that insists, that is a note, too.
 */
export function fitLock(
  request: BuildRequest,
  { packages: conda, wheels = [] }: Lock,
  edges: readonly EdgeSpark[],
): Note[] {
  const targets = targetsOf(edges);
  const packages = [...conda, ...wheels];
  const verdicts = [
    ...judgePythonSolved(packages, targets),
    ...judgePackages(request, packages, targets),
  ];
  const refused = verdicts.filter(({ isRefusal }) => isRefusal);
  if (refused.length > 0 && !request.force) throw refusal(request, refused);
  return verdicts.map(({ isRefusal, text, remedies: [remedy] }) => ({
    tone: isRefusal ? 'forced' : 'warning',
    text,
    repair: remedy ? repairOf({ ...request, force: false }, remedy) : null,
  }));
}

/**
 * Whether what goes through pandas works there, as far as is known: what was built although it does
 * not is no failure of the build.
 */
export function worksWithPandas(
  request: BuildRequest,
  { packages, wheels = [] }: Lock,
  { spark }: Pick<EdgeSpark, 'spark'>,
): boolean {
  const targets = targetsOf([{ edge: '', spark }]);
  return !request.force && !breaksPandas([...packages, ...wheels], targets);
}

/**
 * Of the versions of a package those that jobs run with on all edges: of Python, those that each Spark says
 * it runs. All of them where nothing is known of the edges, or of the package.
 */
export function runnable(
  name: string,
  versions: readonly string[],
  edges: readonly EdgeSpark[],
): string[] {
  const targets = targetsOf(edges);
  if (name !== 'python' || targets.length === 0) return [...versions];
  const releases = pythonsFor(targets);
  return versions.filter((version) => releases.includes(version.split('.').slice(0, 2).join('.')));
}

/** What the edges' clusters run, a sentence for each Spark that is known, and what runs on all of them. */
export function whatRuns(edges: readonly EdgeSpark[]): string[] {
  const targets = targetsOf(edges);
  const sentences = targets.map(({ edges: names, spark, support }) => {
    const packages = DATA_PACKAGES.map((name) => needOf(support, name)).join(', ');
    const pandasApi = DATA_PACKAGES.filter(
      (name) => support[name].breaks === 'pyspark.pandas' && support[name].below !== null,
    ).map((name) => `${name}<${support[name].below}`);
    const narrower =
      pandasApi.length === 0 ? '' : `; for pyspark.pandas also ${listInWords(pandasApi, 'and')}`;
    const where = listInWords(names, 'and');
    const verb = names.length > 1 ? 'run' : 'runs';
    return `${where} ${verb} Spark ${spark}: Python ${pythonsOf(support)}; with pandas: ${packages}${narrower}.`;
  });
  if (targets.length < 2) return sentences;
  const common = pythonsFor(targets);
  const first = common[0];
  const last = common.at(-1);
  if (first === undefined) return [...sentences, 'No Python runs on all of them.'];
  const range = first === last ? first : `${first}–${last}`;
  return [...sentences, `On all of them: Python ${range}.`];
}

/** What all that goes through pandas needs of a package; `pyspark.pandas` alone may need less. */
function needOf(support: SparkSupport, name: DataPackage): string {
  const { from, breaks } = support[name];
  return breaks === 'pandas' ? specFor(support, name) : `${name}>=${from}`;
}

/** The same request, solved as it was typed whatever the clusters run. */
export function insisting(request: BuildRequest): Repair {
  return { label: 'Build it anyway', command: createCommand({ ...request, force: true }) };
}

function refusal(request: BuildRequest, verdicts: readonly Verdict[]): FerryError {
  const [only, ...others] = verdicts;
  // What mends all of it at once; of one alone, each thing that mends it.
  const likeliest = verdicts
    .flatMap(({ remedies: [remedy] }) => remedy ?? [])
    .reduce<Remedy>(joined, {});
  const remedies = only !== undefined && others.length === 0 ? only.remedies : [likeliest];
  const repairs = remedies.flatMap((remedy) => repairOf(request, remedy) ?? []);
  const [repair] = repairs;
  return userError({
    code: 'unsupported-by-spark',
    message: verdicts.map(({ text }) => text).join(' '),
    suggestion: `${repair ? `${repair.label}, or add` : 'Add'} \`--force\` to have it all the same.`,
    repairs: [...repairs, insisting(request)],
  });
}
