/** Packages that nothing new is made with, until an operator unblocks them. */
import { userError } from './errors.ts';
import { everyPackage, type Lock } from './lock.ts';
import { listInWords, type Person } from './phrase.ts';
import { type BuildRequest, createCommand } from './request.ts';
import { meetsSpec } from './search.ts';
import { formatSpec, type Spec } from './spec.ts';

export interface Block {
  /** A name, and the versions of it; nothing else. */
  spec: Spec;
  why: string;
  user: string;
  at: number;
}

/** Throws `bad-block` for a spec that says more than a package and its versions. */
export function requireBlockable(spec: Spec): void {
  const plain = { name: spec.name, version: spec.version, build: null, channel: null };
  if (formatSpec(plain) === formatSpec(spec)) return;
  const meant = formatSpec(plain);
  throw userError({
    code: 'bad-block',
    message: 'A package is blocked by its name and its versions, wherever it comes from.',
    suggestion: `Did you mean \`${meant}\`?`,
  });
}

/** The blocks that packages of a lock fall under. */
export function blocksIn(blocks: readonly Block[], lock: Lock): Block[] {
  const packages = everyPackage(lock);
  return blocks.filter(({ spec }) => packages.some((entry) => meetsSpec(entry, spec)));
}

const OPPOSITE: Readonly<Record<string, string>> = {
  ...{ '<': '>=', '>=': '<', '>': '<=', '<=': '>' },
  ...{ '==': '!=', '!=': '==', '=': '!=' },
};

/**
 * The versions of a package that are not blocked, as a constraint: `>=3.0.15` for `openssl<3.0.15`;
 * null where no version is left, or the rest cannot be said.
 */
export function allowedVersions({ spec: { version } }: Block): string | null {
  if (version === null || /[()]/.test(version)) return null;
  const choices = version.split('|').map((clauses) => clauses.split(',').map(opposite));
  if (choices.flat().includes(null)) return null;
  const several = (texts: readonly (string | null)[]) => texts.length > 1 && choices.length > 1;
  return choices
    .map((texts) => (several(texts) ? `(${texts.join('|')})` : texts.join('|')))
    .join(',');
}

function opposite(clause: string): string | null {
  const [, operator = '', value = ''] = /^([!<>=]=|[=<>])(.+)$/.exec(clause) ?? [];
  const core = value.replace(/\.?\*$/, '');
  if (core === '') return null;
  // `=1.2` and `=1.2.*` are the same, and so are `!=1.2.*` and all but these.
  if (operator === '=') return `!=${core}.*`;
  if (operator === '!=' && core !== value) return `=${core}.*`;
  const other = OPPOSITE[operator];
  return other === undefined ? null : `${other}${value}`;
}

/**
 * Throws `package-blocked` where the lock has packages that are blocked, with who blocked them and
 * why. `isGiven`: the packages were not solved for this, so others may do.
 */
export function requireUnblocked(
  blocks: readonly Block[],
  lock: Lock,
  request: BuildRequest,
  isGiven: boolean,
): void {
  const broken = blocksIn(blocks, lock);
  if (broken.length === 0) return;
  const names = broken.map(({ spec }) => spec.name);
  const specs = request.specs.filter(({ name }) => !names.includes(name));
  const pip = request.pip.filter(({ name }) => !names.includes(name));
  const isAsked = specs.length + pip.length < request.specs.length + request.pip.length;
  const without = createCommand({ ...request, specs, pip });
  throw userError({
    code: 'package-blocked',
    message: blockedWords(broken),
    suggestion: isGiven
      ? 'Let the packages asked for be solved again: then others are taken where there are any.'
      : isAsked
        ? 'Leave it out, or ask an operator to `unblock` it.'
        : 'Other packages need it: ask an operator to `unblock` it.',
    repairs: isGiven
      ? [{ label: 'Solve again', command: createCommand(request) }]
      : isAsked && specs.length > 0
        ? [{ label: `Build without ${listInWords(names, 'and')}`, command: without }]
        : [],
  });
}

/** `` `openssl<3.0.15`: @U024BE7LH blocked it at 2026-03-02 09:00 UTC: CVE-2024-9143. `` */
export function blockedWords(blocks: readonly Block[]): (string | Person)[] {
  return blocks.flatMap(({ spec, user, at, why }, index) => {
    const when = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
    return [
      `${index === 0 ? '' : ' '}\`${formatSpec(spec)}\` is blocked: `,
      { person: user },
      ` blocked it at ${when} UTC: ${why}${/[.!?…]$/.test(why) ? '' : '.'}`,
    ];
  });
}
