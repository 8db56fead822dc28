import type { Revision } from './environment.ts';
import { revisionLabel } from './environment.ts';
import { type FerryError, userError } from './errors.ts';
import { everyPackage } from './lock.ts';
import { printable } from './names.ts';
import { closest } from './near-names.ts';
import { listInWords } from './phrase.ts';
import type { PipRequirement } from './pip.ts';
import type { BuildRequest } from './request.ts';
import { formatSpec, type Spec } from './spec.ts';

/** What is to become of a revision's packages; all others stay where they are, if they can. */
export interface Edit {
  /** The revision it begins with. */
  revision: number;
  /** Packages that are to be as new as the request allows. */
  lift: readonly string[];
  /** Packages that are to be gone: where another one needs one of them, the edit is refused. */
  drop: readonly string[];
}

/** An edited request, and how its packages come about. */
export interface Edited {
  request: BuildRequest;
  edit: Edit;
}

type Base = Pick<Revision, 'number' | 'request' | 'lock'>;

/**
 * Asks for more packages, or for others of a name: a spec takes the place of the one with its name,
 * and so does a requirement of pip. Throws `duplicate-package` for two specs of one name that cannot
 * be joined.
 */
export function addPackages(
  base: Base,
  specs: readonly Spec[],
  pip: readonly PipRequirement[],
): Edited {
  const others = base.request.pip.filter(({ name }) => !pip.some((each) => each.name === name));
  return {
    request: { ...withSpecs(base.request, specs), pip: [...others, ...pip] },
    edit: { revision: base.number, lift: [], drop: [] },
  };
}

/**
 * Lifts packages as far as the request lets them; a constraint that is given takes the place of the
 * one there was. No specs: everything that was asked for; `latest`: whatever there is. Throws
 * `not-in-environment` and what `addPackages` throws.
 */
export function updatePackages(base: Base, specs: readonly Spec[], latest: boolean): Edited {
  requireThere(base, specs);
  const constrained = specs.filter(
    ({ version, build, channel }) => (version ?? build ?? channel) !== null,
  );
  const asked = [...base.request.specs, ...base.request.pip];
  const ofPip = constrained.find(({ name }) => isOfPip(base.request, name));
  if (ofPip) throw otherOfPip(base.request.environment, ofPip);
  const named = specs.length > 0 ? specs : asked;
  const lift = (latest ? everyPackage(base.lock) : named).map(({ name }) => name);
  return {
    request: withSpecs(base.request, constrained),
    edit: { revision: base.number, lift: [...new Set(lift)], drop: [] },
  };
}

/** Throws `not-in-environment`, `python-stays` and `nothing-left`. */
export function removePackages(base: Base, specs: readonly Spec[]): Edited {
  requireThere(base, specs);
  const drop = [...new Set(specs.map(({ name }) => name))];
  const { environment } = base.request;
  if (drop.includes('python')) {
    throw userError({
      code: 'python-stays',
      message: 'No environment is without `python`: PySpark runs on it.',
      suggestion: `\`add ${environment} python=3.11\` asks for another version of it.`,
    });
  }
  const left = base.request.specs.filter(({ name }) => !drop.includes(name));
  const pip = base.request.pip.filter(({ name }) => !drop.includes(name));
  if (left.length === 0) {
    throw userError({
      code: 'nothing-left',
      message: `Nothing that was asked for would be left of \`${environment}\`.`,
      suggestion: 'Leave one of the packages in.',
    });
  }
  return {
    request: { ...base.request, specs: left, pip },
    edit: { revision: base.number, lift: [], drop },
  };
}

/** What remains of a removal because others need it, and who does. */
export function neededError(
  environment: string,
  drop: readonly string[],
  needs: readonly { name: string; by: readonly string[] }[],
): FerryError {
  const told = needs.map(({ name, by }) =>
    by.length === 0
      ? `\`${name}\` cannot be left out: another package needs it`
      : `\`${name}\` cannot be left out: ${listInWords(codes(by), 'and')} ${by.length === 1 ? 'needs' : 'need'} it`,
  );
  const all = [...new Set([...drop, ...needs.flatMap(({ by }) => by)])];
  const command = `remove ${environment} ${all.join(' ')}`;
  const isWhole = needs.every(({ by }) => by.length > 0) && !all.includes('python');
  return userError({
    code: 'package-needed',
    message: `${told.join('; ')}.`,
    suggestion: isWhole ? `\`${command}\` removes all of them.` : 'Remove what needs it first.',
    repairs: isWhole ? [{ label: `Remove ${all.join(' ')}`, command }] : [],
  });
}

/** A request for these specs, too; each takes the place of the one of its name. */
function withSpecs(request: BuildRequest, added: readonly Spec[]): BuildRequest {
  const specs = new Map(request.specs.map((spec) => [spec.name, spec]));
  const given = new Map<string, Spec>();
  for (const spec of added) {
    const other = given.get(spec.name);
    given.set(spec.name, other === undefined ? spec : joined(other, spec));
  }
  for (const [name, spec] of given) specs.set(name, spec);
  return { ...request, specs: [...specs.values()] };
}

/** Both constraints of one package at once. */
function joined(one: Spec, other: Spec): Spec {
  if (JSON.stringify(one) === JSON.stringify(other)) return one;
  const versions = [one.version, other.version].filter((version) => version !== null);
  const rest = [one, other].map((spec) => JSON.stringify({ ...spec, version: null }));
  const isPlain = one.build === null && !versions.some((version) => /[|()]/.test(version));
  if (isPlain && rest[0] === rest[1]) return { ...one, version: versions.join(',') || null };
  throw userError({
    code: 'duplicate-package',
    message: `\`${one.name}\` is asked for twice, differently.`,
    suggestion: `Say once what \`${one.name}\` is to be.`,
  });
}

function requireThere({ number, request, lock }: Base, specs: readonly Spec[]): void {
  const names = new Set(
    [...everyPackage(lock), ...request.specs, ...request.pip].map(({ name }) => name),
  );
  const missing = specs.map(({ name }) => name).filter((name) => !names.has(name));
  if (missing.length === 0) return;
  const label = revisionLabel(request.environment, number);
  const near = missing.flatMap((name) => closest(name, [...names]) ?? []);
  throw userError({
    code: 'not-in-environment',
    message: `${listInWords(codes(missing.map((name) => printable(name))), 'and')} ${missing.length === 1 ? 'is' : 'are'} not in \`${label}\`.`,
    suggestion:
      near.length > 0
        ? `Did you mean ${listInWords(codes([...new Set(near)]), 'and')}?`
        : `\`show ${label}\` lists what is.`,
  });
}

function isOfPip({ specs, pip }: BuildRequest, name: string): boolean {
  return pip.some((each) => each.name === name) && !specs.some((spec) => spec.name === name);
}

function otherOfPip(environment: string, spec: Spec): FerryError {
  return userError({
    code: 'package-of-pip',
    message: `\`${spec.name}\` comes from pip here, and \`${formatSpec(spec)}\` is a spec of conda’s.`,
    suggestion: `Write it as pip does: \`add ${environment} --pip "${spec.name}>=1"\`.`,
  });
}

function codes(names: readonly string[]): string[] {
  return names.map((name) => `\`${name}\``);
}
