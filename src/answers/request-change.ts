import type { Revision } from '../domain/environment.ts';
import { everyPackage } from '../domain/lock.ts';
import { formatRequirement } from '../domain/pip.ts';
import { formatSpec } from '../domain/spec.ts';
import { bold, code, type Inline, list, type Part, prose, words } from './document.ts';

/** What was asked for, and the bytes of people's own code. */
export type Asked = Pick<Revision, 'request' | 'projects'>;

/** How two requests differ in anything but their packages' versions; nothing where they do not. */
export function describeRequestChange(
  before: Asked & Pick<Revision, 'lock'>,
  after: Asked,
): Part[] {
  const there = new Set(everyPackage(before.lock).map(({ name }) => name));
  const rows = [
    ...namedRows(specsOf(before), specsOf(after), there),
    ...namedRows(requirementsOf(before), requirementsOf(after), there),
    ...namedRows(projectsOf(before), projectsOf(after)),
    ...FIELDS.flatMap(({ label, of }) => fieldRow(label, of(before), of(after))),
  ];
  return rows.length === 0 ? [] : [prose(bold('Asked for:')), list(rows)];
}

const FIELDS: readonly { label: string; of: (asked: Asked) => string }[] = [
  { label: 'channels', of: ({ request }) => request.channels.join(', ') || 'the usual' },
  { label: 'layout', of: ({ request }) => request.layout },
  { label: 'format', of: ({ request }) => request.format },
];

function specsOf({ request }: Asked): Map<string, string> {
  return new Map(request.specs.map((spec) => [spec.name, formatSpec(spec)]));
}

function requirementsOf({ request }: Asked): Map<string, string> {
  return new Map(request.pip.map((each) => [each.name, `--pip ${formatRequirement(each)}`]));
}

/** The name of a project with what tells its bytes from others. */
function projectsOf({ projects }: Asked): Map<string, string> {
  return new Map(
    projects.map(({ name, origin, sha256 }) => [name, `${name} ${origin} ${sha256.slice(0, 8)}`]),
  );
}

function namedRows(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  there: ReadonlySet<string> = new Set(),
): Inline[][] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)];
    if (from === to) return [];
    if (from === undefined) {
      const because = there.has(name) ? ', which came along before' : '';
      return [words('also ', code(to ?? ''), because)];
    }
    if (to === undefined) return [words('no longer ', code(from))];
    return [words(code(from), ' → ', code(to))];
  });
}

function fieldRow(label: string, from: string, to: string): Inline[][] {
  return from === to ? [] : [words(`${label} `, code(from), ' → ', code(to))];
}
