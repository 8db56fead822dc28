import { channelsOf } from '../../src/domain/defaults.ts';
import { channelsFor } from '../../src/domain/edge-platforms.ts';
import { type Revision, revisionLabel } from '../../src/domain/environment.ts';
import { runnable } from '../../src/domain/fit.ts';
import { everyPackage, type LockedPackage } from '../../src/domain/lock.ts';
import { listInWords } from '../../src/domain/phrase.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { formatSpec, newestFirst, type Spec } from '../../src/domain/spec.ts';
import type { CommandContext } from '../command.ts';

/** Newer versions are told of so many packages. */
const MOST_NEWER = 3;

/**
 * Why an edit changes nothing: what is there of all that was named, what holds it there, and the
 * edit that asks for the newer version there is. `offer`: its command; null offers none.
 */
export async function unchanged(
  { number, request, lock }: Revision,
  specs: readonly Spec[],
  offer: ((spec: string) => string) | null,
  services: CommandContext['services'],
): Promise<string> {
  const asked = [...request.specs, ...request.pip];
  const names = (specs.length > 0 ? specs : asked).map(({ name }) => name);
  const there = everyPackage(lock).filter(({ name }) => names.includes(name));
  const holding = request.specs.filter(
    ({ name, version, build }) => names.includes(name) && (version ?? build) !== null,
  );
  const label = `\`${revisionLabel(request.environment, number)}\``;
  const has =
    specs.length > 0
      ? `${label} has ${listInWords(there.map(labelOf), 'and')}`
      : `there is nothing newer for ${label}`;
  const held = holding.map((spec) => `\`${formatSpec(spec)}\``);
  const stuck = there.filter(({ name }) => holding.some((spec) => spec.name === name));
  const newer = offer ? await newerThan(stuck, request, services) : [];
  const [first] = newer;
  return [
    `Nothing changes: ${has}${held.length > 0 ? `, held by ${listInWords(held, 'and')}` : ''}.`,
    first &&
      `There is ${listInWords(newer.map(labelOf), 'and')}: \`${offer?.(releaseOf(first))}\`.`,
  ]
    .filter(Boolean)
    .join(' ');
}

type Version = Pick<LockedPackage, 'name' | 'version'>;

function labelOf({ name, version }: Version): string {
  return `\`${name} ${version}\``;
}

/** The newest that the channels have and the edges run, of those that have a newer one. */
async function newerThan(
  packages: readonly Version[],
  request: BuildRequest,
  services: CommandContext['services'],
): Promise<Version[]> {
  const names = packages.map(({ name }) => name);
  const asked = channelsOf(request, services.settings);
  const contents = (await channelsFor(request, services).read(asked, names)) ?? [];
  const sparks = await services.sparks(request.edges).catch(() => []);
  const newer = packages.flatMap(({ name, version }) => {
    const holder = contents.find((content) => content.has(name));
    const [newest = version] = newestFirst([
      version,
      ...runnable(name, holder?.versions(name) ?? [], sparks),
    ]);
    return newest === version ? [] : [{ name, version: newest }];
  });
  return newer.slice(0, MOST_NEWER);
}

/** `numpy=2.2` of numpy 2.2.6. */
function releaseOf({ name, version }: Version): string {
  return `${name}=${version.split('.').slice(0, 2).join('.')}`;
}
