import { withoutDefaultEdges } from '../domain/defaults.ts';
import { revisionLabel } from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import { counted, roughly, size } from '../domain/figures.ts';
import {
  bytesOf,
  compareLocks,
  countChanges,
  everyPackage,
  type LockedPackage,
} from '../domain/lock.ts';
import type { Plan } from '../domain/plan.ts';
import type { Reply } from '../domain/reply.ts';
import { createCommand, planCommand } from '../domain/request.ts';
import type { Settings } from '../domain/services.ts';
import { sayButtons } from './buttons.ts';
import { describeDifference, labelOf, sizeOf } from './difference.ts';
import {
  block,
  bold,
  buttons,
  code,
  codes,
  type Document,
  heading,
  list,
  type Part,
  prose,
  small,
  words,
} from './document.ts';
import { andMore } from './lists.ts';
import { describeNotes, repairsOf } from './notes.ts';
import { engineName, line } from './outside.ts';

/** Of the packages that come along, the largest are named. */
const MOST_LARGE = 4;
/** Room for the list of every package, in characters. */
const ROOM = 7_000;

/** What a build would have: what was asked for, what comes along and what changes. */
export function describePlan(
  { plan, whole, insists, id, seconds = null }: Extract<Reply, { kind: 'plan' }>,
  settings: Settings,
): Document {
  const { request, lock, before, format, engine } = plan;
  const packages = everyPackage(lock);
  const title = `${request.environment} would have ${weigh(packages)}`;
  const change = before && countChanges(compareLocks(before.lock, lock));
  return {
    summary: before ? `${title}: ${change} since @${before.number}` : title,
    parts: [
      heading(`📋 ${title}`),
      small(
        'nothing is built yet',
        seconds === null || plan.staged !== null ? '' : `, ${roughly(seconds * 1000)} to build`,
        ' · to ',
        codes(request.edges, 160),
        ` · ${request.layout} layout · ${format} · ${lock.platform} · ${engineName(engine)}`,
      ),
      ...(whole ? wholeList(packages) : folded(plan)),
      ...describeNotes(plan.notes),
      ...describeChange(plan),
      ...buttons(sayButtons(nextSteps(plan, { whole, insists, id }, settings))),
    ],
  };
}

/** `34 packages, 98 MB` */
function weigh(packages: readonly LockedPackage[]): string {
  const bytes = bytesOf(packages);
  return `${counted(packages.length, 'package')}${bytes > 0 ? `, ${size(bytes)}` : ''}`;
}

/** Those asked for, each on its line; the rest counted, with the largest by name. */
function folded({ request, lock }: Plan): Part[] {
  const packages = everyPackage(lock);
  const asked = new Set([...request.specs, ...request.pip].map(({ name }) => name));
  const wanted = packages.filter(({ name }) => asked.has(name));
  const rest = packages.filter(({ name }) => !asked.has(name));
  const large = rest
    .filter((entry) => entry.size !== null)
    .toSorted((left, right) => (right.size ?? 0) - (left.size ?? 0))
    .slice(0, MOST_LARGE);
  return [
    list(wanted.map((entry) => words(code(labelOf(entry)), sizeOf(entry)))),
    ...(rest.length === 0
      ? []
      : [
          small(
            `and ${weigh(rest)} that ${rest.length === 1 ? 'comes' : 'come'} along`,
            large.length > 0 ? ', the largest: ' : '',
            ...large.flatMap((entry, index) =>
              words(index === 0 ? '' : ', ', code(labelOf(entry)), sizeOf(entry)),
            ),
          ),
        ]),
  ];
}

function wholeList(packages: readonly LockedPackage[]): Part[] {
  const width = (of: (entry: LockedPackage) => string) =>
    Math.max(...packages.map((entry) => of(entry).length));
  const [names, versions] = [width(({ name }) => name), width(({ version }) => version)];
  const rows: string[] = [];
  let used = 0;
  for (const entry of packages) {
    const { name, version, channel } = entry;
    const text = `${name.padEnd(names)}  ${version.padEnd(versions)}  ${channel}${sizeOf(entry)}`;
    const row = line(text, 200);
    used += row.length + 1;
    if (used > ROOM) break;
    rows.push(row);
  }
  const hidden = packages.length - rows.length;
  return [block(rows.join('\n')), ...andMore(hidden, counted(hidden, 'more package'))];
}

function describeChange({ request, lock, before, staged }: Plan): Part[] {
  const { environment } = request;
  if (staged !== null) {
    const label = code(revisionLabel(environment, staged));
    return [prose('✅ ', bold('Nothing to build: '), 'this is exactly ', label, '.')];
  }
  if (before === null) return [];
  const title = `Since ${revisionLabel(environment, before.number)}`;
  return describeDifference(compareLocks(before.lock, lock), title);
}

function nextSteps(
  { request, staged, notes }: Plan,
  { whole, insists, id }: Omit<Extract<Reply, { kind: 'plan' }>, 'kind' | 'plan'>,
  settings: Settings,
): Repair[] {
  const asked = withoutDefaultEdges(request, settings);
  const name = request.environment;
  return [
    staged !== null
      ? { label: 'Line', command: `run ${revisionLabel(name, staged)}` }
      : { label: `Build ${name}`, command: id ? `apply ${id}` : createCommand(asked, insists) },
    ...repairsOf(notes),
    ...(whole || id
      ? []
      : [{ label: 'All packages', command: `${planCommand(asked, insists)} --all` }]),
  ];
}
