import {
  aliasOf,
  type ExecutorEvidence,
  type LineForm,
  type Staging,
  type Verification,
} from '../domain/environment.ts';
import { counted, duration } from '../domain/figures.ts';
import { DOCUMENT_NAMES, formThatRan, isSameForm } from '../domain/lines.ts';
import { listInWords } from '../domain/phrase.ts';
import { bold, code, type Inline, list, marked, type Part, prose, words } from './document.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

/** Hosts shown over all edges; the others are counted. */
const MOST_HOSTS = 6;
const MOST_EDGES = 5;
const MOST_FAILED_IMPORTS = 2;
/** Characters of a reason that stands in one row. */
const ROOM_REASON = 200;

/** The newest verification of every edge. */
export function newestPerEdge(verifications: readonly Verification[]): Verification[] {
  return [...new Map(verifications.map((entry) => [entry.edge, entry])).values()];
}

/** One line that is shown beside the evidence. */
export interface ShownForm {
  edge: string;
  form: LineForm;
}

/**
 * What the executors themselves said, or why they were not asked. Beside lines of another form than
 * the one that ran, it says so.
 */
export function describeEvidence(
  verifications: readonly Verification[],
  stagings: readonly Staging[],
  lines: readonly ShownForm[] = [],
): Part[] {
  const shown = newestPerEdge(verifications).slice(0, MOST_EDGES);
  const hostsPerEdge = Math.max(1, Math.floor(MOST_HOSTS / Math.max(1, shown.length)));
  return shown.flatMap((verification) => {
    const staging = stagings.find((entry) => entry.edge === verification.edge) ?? null;
    // On the edge node itself numpy comes from the unpacked prefix, not from under the alias.
    const expected = verification.outcome === 'smoke-tested' ? null : staging;
    const ran = formThatRan(verification, staging);
    const others = lines
      .filter((entry) => entry.edge === verification.edge && !isSameForm(ran, entry.form))
      .map(({ form }) => form);
    return [
      prose(headline(verification, ran, others)),
      ...hosts(verification, expected, hostsPerEdge),
    ];
  });
}

/** The same of one edge in a row: what people look at first. */
export function verdictOf({ edge, outcome, executors, npv, reason }: Verification): Inline[] {
  const where = line(edge, 40);
  const why = marked(line(reason ?? 'the executors were not asked', ROOM_REASON));
  switch (outcome) {
    case 'proven': {
      const numpy = npv.length === 1 ? `, numpy ${line(npv[0] ?? '', 20)} on each` : '';
      const asked = `${counted(executors.length, 'executor')} of ${where}`;
      return words('✅ ', bold('Proven'), ` on ${asked}`, numpy);
    }
    case 'smoke-tested':
      return words('🔎 ', bold('Smoke-tested'), ` on ${where}: `, why);
    case 'failed':
      return words('❌ ', bold('Not proven'), ` on ${where}: `, why);
  }
}

/** `spark-submit in client mode` */
function formName({ purpose, tool, mode }: LineForm): string {
  return DOCUMENT_NAMES[purpose] ?? `${tool} in ${mode} mode`;
}

/** What is shown but was not run, named by what differs. */
function notRun(ran: LineForm, [first, ...more]: readonly LineForm[]): string {
  if (first === undefined) return '';
  if (more.length > 0) return 'These forms were not run.';
  const isOtherForm = first.purpose !== ran.purpose || first.mode !== ran.mode;
  const differs = [
    ...(isOtherForm ? [formName(first)] : []),
    ...(first.layout === ran.layout ? [] : [`${first.layout} layout`]),
  ];
  return `This form was not run: ${differs.join(', ')}.`;
}

function headline(
  verification: Verification,
  ran: LineForm,
  others: readonly LineForm[],
): Inline[] {
  const { edge, outcome, executors, npv, seconds, times, tables = [] } = verification;
  const took = duration(seconds * 1000);
  const reason = marked(line(verification.reason ?? '', 700));
  switch (outcome) {
    case 'proven': {
      const hosts = counted(new Set(executors.map(({ host }) => host)).size, 'host');
      const where = `${hosts}, ${took}${parted(times)}. `;
      if (others.length === 0) {
        return words(
          '✅ ',
          bold('Proven on the executors'),
          ` of ${line(edge, 40)} by ${formName(ran)}: ${where}`,
          agreement(npv),
          tried(tables),
        );
      }
      const layout = others.some((form) => form.layout !== ran.layout)
        ? ` and ${ran.layout} layout`
        : '';
      return words(
        '🔎 ',
        bold(`Proven in ${ran.mode} mode`),
        `${layout} by ${ran.tool} on ${line(edge, 40)}: ${where}`,
        ...agreement(npv),
        tried(tables),
        ' ',
        notRun(ran, others),
      );
    }
    case 'smoke-tested':
      return words(
        '🔎 ',
        bold('Smoke-tested'),
        ` on ${line(edge, 40)}: the unpacked interpreter runs there; the executors were not asked`,
        ...(verification.reason ? [': ', reason] : []),
        /[.!?]$/.test(verification.reason ?? '') ? '' : '.',
      );
    case 'failed':
      return words('❌ ', bold('Not proven'), ` on ${line(edge, 40)} (${took}). `, reason);
  }
}

/** What of it Spark needed to begin, and what we needed then. */
function parted(times: Verification['times']): string {
  if (times === undefined) return '';
  const [application, executors, asking] = [times.application, times.executors, times.asking].map(
    (seconds) => duration(seconds * 1000),
  );
  return ` (${application} until Spark's application ran, ${executors} until its executors were there, ${asking} to ask them)`;
}

/** The article's check, `set(sc.parallelize(…).map(npv).collect())`: one element when all agree. */
function agreement(npv: readonly string[]): Inline[] {
  const [only] = npv;
  if (npv.length === 0 || only === undefined) return [];
  if (npv.length === 1) return words('numpy on every executor: ', code(`{'${only}'}`, 40), ' ✔');
  const versions = npv.slice(0, 6).join(', ');
  return words('executors disagree on numpy: ', code(versions, 100), ' ✖');
}

/** Beside RDDs. */
function tried(tables: readonly string[]): string {
  return tables.length === 0 ? '' : ` It also ran ${listInWords(tables.slice(0, 6), 'and')}.`;
}

function hosts(verification: Verification, staging: Staging | null, most: number): Part[] {
  const perHost = [
    ...new Map(verification.executors.map((executor) => [executor.host, executor])).values(),
  ];
  if (perHost.length === 0) return [];
  const items = perHost.slice(0, most).map((executor) => hostLine(executor, staging));
  const hidden = perHost.length - items.length;
  const disagreeing = perHost.slice(most).filter((executor) => !isClean(executor, staging));
  const as = disagreeing.length === 0 ? 'all the same ✔' : `${disagreeing.length} with problems ✖`;
  return [list(items), ...andMore(hidden, `${counted(hidden, 'more host')}, ${as}`)];
}

function hostLine(executor: ExecutorEvidence, staging: Staging | null): Inline[] {
  const failed = Object.entries(executor.failedImports);
  const pieces: Inline[] = words(code(executor.host, 60), ` Python ${line(executor.python, 20)}`);
  if (executor.glibc) pieces.push(...words(`, glibc ${line(executor.glibc, 12)}`));
  if (executor.numpyFile) {
    const under = isUnderAlias(executor, staging);
    pieces.push(...words(', numpy from ', code(shortPath(executor.numpyFile, staging), 90)));
    if (staging !== null)
      pieces.push(
        ...words(under ? ' ✔' : ` ✖ not under ${line(staging ? aliasOf(staging) : '', 40)}`),
      );
  }
  if (failed.length > 0) {
    pieces.push(...words(`; cannot import `));
    for (const [index, [name, reason]] of failed.slice(0, MOST_FAILED_IMPORTS).entries()) {
      pieces.push(...words(index > 0 ? ', ' : '', code(name, 40), ` (${line(reason, 60)})`));
    }
    const more = failed.length - MOST_FAILED_IMPORTS;
    if (more > 0) pieces.push(...words(` and ${more} more`));
    pieces.push(...words(' ✖'));
  }
  return pieces;
}

function isClean(executor: ExecutorEvidence, staging: Staging | null): boolean {
  const numpyFits = executor.numpyFile === null || isUnderAlias(executor, staging);
  return numpyFits && Object.keys(executor.failedImports).length === 0;
}

function isUnderAlias(executor: ExecutorEvidence, staging: Staging | null): boolean {
  return staging === null || (executor.numpyFile ?? '').split('/').includes(aliasOf(staging));
}

/** Container folders are long and say nothing; from the alias on the path is what people know. */
function shortPath(path: string, staging: Staging | null): string {
  const parts = path.split('/');
  const alias = staging === null ? -1 : parts.indexOf(aliasOf(staging));
  return alias < 0 ? path : `./${parts[alias]}/…/${parts.slice(-2).join('/')}`;
}
