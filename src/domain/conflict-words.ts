import { type Conflict, type Need, readConflict } from './conflict.ts';
import { listChannels } from './missing-packages.ts';
import { printable } from './names.ts';
import { listInWords } from './phrase.ts';
import { formatSpec, meetsVersion, type Spec } from './spec.ts';

/** What is known of a request beside what the solver said. */
export interface Asked {
  specs: readonly Spec[];
  /** Names of its channels, in their order. */
  channels: readonly string[];
  /** Oldest glibc of the nodes. */
  glibc: string | null;
}

export interface Explanation {
  message: string;
  suggestion: string;
  /** Packages that were asked for with a constraint and have a part in it. */
  involved: readonly string[];
}

const MOST_SENTENCES = 3;

/** A solver's words as ours, or null where they say nothing that is known here. */
export function explainConflict(details: string, asked: Asked): Explanation | null {
  const conflict = readConflict(details);
  if (conflict === null) return null;
  const told = [
    () => excluded(conflict, asked),
    () => againstAsked(conflict.needs, asked),
    () => againstEachOther(conflict.needs),
  ].reduce<Reason[]>((found, look) => (found.length > 0 ? found : look()), []);
  const beyond = told.length > 0 ? [] : absent(conflict.needs, asked);
  const reasons = [...told, ...beyond];
  if (reasons.length === 0) return null;
  const shown = [...new Set(reasons.map(({ text }) => text))].slice(0, MOST_SENTENCES);
  const names = reasons.slice(0, MOST_SENTENCES).flatMap((reason) => reason.names);
  const { specs } = asked;
  const involved = specs
    .filter((spec) => names.includes(spec.name) && (spec.version ?? spec.build) !== null)
    .map(({ name }) => name);
  const suggestion = reasons[0]?.suggestion;
  const begins = told.length > 0 ? 'These packages do not go together' : 'This cannot be built';
  return {
    message: `${begins}: ${shown.join('; ')}.`,
    suggestion:
      suggestion ?? 'Loosen or leave out one of the versions named, and let the solver choose.',
    involved: [...new Set(involved)],
  };
}

interface Reason {
  text: string;
  /** Packages it speaks of. */
  names: readonly string[];
  suggestion?: string;
}

/** What is asked for, and a package that cannot live with it. */
function againstAsked(needs: readonly Need[], { specs }: Asked): Reason[] {
  return groups(needs).flatMap((group) => {
    const [first] = group;
    const spec = specs.find(({ name }) => name === first?.name);
    if (!first || !spec || (spec.version ?? spec.build) === null || first.by === null) return [];
    const wanted = { constraint: spec.version, build: spec.build };
    // What would fit but is not there says nothing of what was asked for.
    const others = group.filter((each) => !(each.isMissing && goTogether(each, wanted)));
    if (others.length === 0 || others.some((each) => goTogether(each, wanted))) return [];
    const verb = first.kind === 'constrains' ? 'allow' : 'need';
    return {
      text: `${subject(others, verb)} ${first.kind === 'constrains' ? 'only ' : ''}${object(others)}, and \`${formatSpec(spec)}\` is asked for`,
      names: [first.by, first.name, first.root ?? first.by],
    };
  });
}

/** Two packages that need different versions of a third. */
function againstEachOther(needs: readonly Need[]): Reason[] {
  const grouped = groups(needs.filter(({ by, kind }) => by !== null && kind === 'requires'));
  return grouped.flatMap((left, index) =>
    grouped.slice(index + 1).flatMap((right): Reason[] => {
      const [one, other] = [left[0], right[0]];
      if (!one || !other || one.name !== other.name || one.by === other.by) return [];
      if (left.some((each) => right.some((opposite) => goTogether(each, opposite)))) return [];
      return [
        {
          text: `${subject(left, 'need')} ${object(left)}, and ${subject(right, 'need')} ${object(right)}`,
          names: [one, other].flatMap(({ by, root }) => [by ?? '', root ?? '']),
        },
      ];
    }),
  );
}

/** What no channel has, and what no node has. */
function absent(needs: readonly Need[], asked: Asked): Reason[] {
  const isAsked = (name: string) =>
    asked.specs.some((spec) => spec.name === name && (spec.version ?? spec.build) !== null);
  const missing = groups(needs.filter(({ isMissing, name }) => isMissing && !isAsked(name)));
  return missing.flatMap((group): Reason[] => {
    const [first] = group;
    if (!first) return [];
    // conda names what is missing without saying what needs it; of one package it can only be that.
    const only = asked.specs.length === 1 ? asked.specs[0]?.name : undefined;
    const by = first.by ?? (only === first.name ? undefined : only) ?? null;
    if (by === null && asked.specs.some(({ name }) => name === first.name)) return [];
    const root = first.root !== null && first.root !== first.by ? ` (for \`${first.root}\`)` : '';
    const needer = by === null ? 'Something of it' : `\`${by}\``;
    const who = first.by === null ? `${needer} needs` : subject(group, 'need', root);
    const names = [by ?? '', first.root ?? ''];
    const suggestion =
      by === null
        ? {}
        : { suggestion: `Leave out \`${first.root ?? by}\`, or ask for another version of it.` };
    if (first.name.startsWith('__')) {
      return [{ text: `${who} ${machine(first, asked)}`, names, ...suggestion }];
    }
    const text = `${who} ${object(group)}, which is not in ${listChannels(asked.channels)}`;
    return [{ text, names, ...suggestion }];
  });
}

/** Virtual packages are facts of the nodes (conda, "Managing virtual packages"). */
function machine({ name, constraint, build }: Need, { glibc }: Asked): string {
  const version = pretty(constraint);
  const words: Readonly<Record<string, string>> = {
    __cuda: `CUDA${version} on the node, and no node is known to have it`,
    __glibc: `glibc${version}, and the nodes have ${glibc === null ? 'an older one' : `glibc ${glibc}`}`,
    __archspec: `a processor of the kind \`${build ?? constraint ?? ''}\`, and packages are chosen for every node`,
    __win: 'Windows',
    __osx: `macOS${version}`,
    __linux: `Linux${version}, and the nodes may have an older one`,
  };
  return words[name] ?? `\`${name}\`${version}, which the nodes do not have`;
}

function excluded(conflict: Conflict, { channels }: Asked): Reason[] {
  if (conflict.excluded.length === 0) return [];
  const names = [...new Set(conflict.excluded)];
  const list = listInWords(
    names.map((name) => `\`${name}\``),
    'and',
  );
  const last = channels.at(-1);
  return [
    {
      text: `${list} ${names.length > 1 ? 'come' : 'comes'} only from the first of ${listChannels(channels)} that has it, and what is needed is in a later one`,
      names,
      suggestion: `Name the channel, as in \`${last}::${names[0]}\`, or give \`--channel\` in another order.`,
    },
  ];
}

/** Needs of one package for another, together: alternatives of its versions. */
function groups(needs: readonly Need[]): Need[][] {
  const grouped = new Map<string, Need[]>();
  for (const each of needs) {
    const key = `${each.by} ${each.name} ${each.kind}`;
    const group = grouped.get(key);
    if (group) group.push(each);
    else grouped.set(key, [each]);
  }
  return [...grouped.values()];
}

/** `scipy` 1.15.3 needs, `pure` 1.0 and 0.9 need */
function subject(group: readonly Need[], verb: string, root = ''): string {
  const versions = [...new Set(group.flatMap((each) => each.versions))];
  const told =
    versions.length <= 2 ? versions.join(' and ') : `${versions[0]} to ${versions.at(-1)}`;
  const name = `\`${printable(group[0]?.by ?? '')}\``;
  return `${name}${told === '' ? '' : ` ${told}`}${root} ${verb}${versions.length > 1 ? '' : 's'}`;
}

function object(group: readonly Need[]): string {
  const wanted = [
    ...new Set(
      group.map(({ constraint, build }) =>
        `${pretty(constraint)}${build === null ? '' : ` (build ${build})`}`.trim(),
      ),
    ),
  ];
  const told = listInWords(wanted.filter((text) => text !== '').slice(0, 3), 'or');
  return `\`${printable(group[0]?.name ?? '')}\`${told === '' ? '' : ` ${told}`}`;
}

/** ` >=3.11,<3.12`: conda's `<3.12.0a0` keeps pre-releases out, which people need not know. */
function pretty(constraint: string | null): string {
  if (constraint === null) return '';
  const plain = constraint.replace(/(?:\.0)?\.?0?a0\b/g, '').replace(/^=(?=.*\*$)/, '');
  return ` ${plain.replace(/^=(?!=)(.*[^*])$/, '$1')}`;
}

interface Wanted {
  constraint: string | null;
  build: string | null;
}

/**
 * Whether one version could meet both constraints. Versions are tried at and just above every
 * number that they name: where two ranges meet at all, they do at one of these.
 */
function goTogether(left: Wanted, right: Wanted): boolean {
  if (left.build !== null && right.build !== null && !left.build.includes('*')) {
    if (!right.build.includes('*') && left.build !== right.build) return false;
  }
  const numbers = `${left.constraint ?? ''} ${right.constraint ?? ''}`.match(/\d[\w.]*/g) ?? ['1'];
  const tried = numbers
    .map((number) => number.replace(/\.+$/, ''))
    .flatMap((number) => [number, `${number}.1`, `${number}.0.1`, '0.0.1']);
  return tried.some(
    (version) => meetsVersion(version, left.constraint) && meetsVersion(version, right.constraint),
  );
}
