import type { Block } from '../../domain/block.ts';
import type { Requester } from '../../domain/build.ts';
import { requirePlatform } from '../../domain/edge-platforms.ts';
import { updatePackages } from '../../domain/edit.ts';
import {
  type Environment,
  latestRevision,
  type Revision,
  revisionLabel,
  tagLabel,
} from '../../domain/environment.ts';
import { FerryError, isStoreError, type Repair, userError } from '../../domain/errors.ts';
import { everyPackage } from '../../domain/lock.ts';
import { listInWords } from '../../domain/phrase.ts';
import type { Plan } from '../../domain/plan.ts';
import { changesInWords } from '../../domain/schedule.ts';
import { type Found, meetsSpec } from '../../domain/search.ts';
import type { Affected, Rebuilds } from '../../domain/services/rebuilds.ts';
import { formatSpec, type Spec } from '../../domain/spec.ts';
import { edits } from './edits.ts';
import type { ServicePorts } from './ports.ts';
import { servedPlatform } from './workers.ts';

/** A solve takes seconds, and people who wait for theirs have the other slots of a build host. */
const AT_ONCE = 2;
const WAIT_MS = 120_000;
/** Revisions looked at for one asking: their solves take hours by then. */
const MOST = 2_000;

/** Plans what has a package that it should not have, and asks the owners. */
export function rebuilds(ports: ServicePorts): Rebuilds {
  const { store } = ports;
  return {
    async askOwners(asked, requester, tell) {
      const blocks = await store.readBlocks();
      const specs = asked.length > 0 ? [...asked] : blocks.map(({ spec }) => spec);
      if (specs.length === 0) throw nothingBlocked();
      const { found } = await store.searchPackages(specs, { all: false, start: 0, limit: MOST });
      const subjects = Map.groupBy(found, ({ environment }) => environment);
      const asking = { ports, specs, blocks, requester };
      const affected = new Map<string, Affected>();
      const left = subjects.entries();
      let done = 0;
      const work = async () => {
        for (const [name, own] of left) {
          const environment = await store.readEnvironment(name);
          // Forgotten while others were looked at, nobody has it any more.
          if (environment) affected.set(name, await askOwner(asking, { environment, found: own }));
          done += 1;
          tell(done, subjects.size);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      const rows = [...subjects.keys()].flatMap((name) => affected.get(name) ?? []);
      return { specs, affected: rows };
    },
  };
}

interface Asking {
  ports: ServicePorts;
  specs: readonly Spec[];
  blocks: readonly Block[];
  requester: Requester;
}

interface Subject {
  environment: Environment;
  /** Its revisions that have one of the packages; at least one. */
  found: Found[];
}

async function askOwner(asking: Asking, subject: Subject): Promise<Affected> {
  const { environment, found } = subject;
  const { name, owner } = environment;
  const chosen = found.find(({ isDefault }) => isDefault) ?? found.at(-1);
  if (chosen === undefined) throw new Error(`nothing of ${name} was found`);
  const outcome = chosen.isDefault
    ? await askToBuild(asking, subject, chosen)
    : await askToMove(asking, subject);
  return {
    ...{ environment: name, owner, revision: chosen.revision, outcome },
    tags: found.flatMap(({ tags }) => tags),
    packages: chosen.packages.map(({ name, version }) => ({ name, version })),
  };
}

/** The owner builds it, so what they may is looked at then; a plan changes nothing. */
async function askToBuild(
  asking: Asking,
  subject: Subject,
  chosen: Found,
): Promise<Affected['outcome']> {
  const { ports, specs } = asking;
  const { environment } = subject;
  const base = environment.revisions.find(({ number }) => number === chosen.revision);
  if (base === undefined) throw new Error(`${environment.name} has lost a revision`);
  try {
    const names = [...new Set(chosen.packages.map(({ name }) => name))];
    const lifted = names.map((name) => ({ name, version: null, build: null, channel: null }));
    const edited = updatePackages(base, lifted, false);
    requirePlatform(base.lock, edited.request, ports.settings);
    const options = { platform: await servedPlatform(ports, edited.request), waitMs: WAIT_MS };
    const plan = await ports.errands.ask('edit', edited, options);
    const stays = everyPackage(plan.lock).filter((entry) =>
      specs.some((spec) => meetsSpec(entry, spec)),
    );
    if (stays.length > 0) return { kind: 'cannot', why: staysInWords(stays) };
    await propose(asking, subject, base, plan);
    return { kind: 'asked', changes: changesInWords(base.lock, plan.lock) };
  } catch (error) {
    if (!(error instanceof FerryError) || isStoreError(error)) throw error;
    // Without a build host each of the others would wait as long for nothing.
    if (error.code === 'errand-unanswered') throw error;
    return { kind: 'cannot', why: error.said.message };
  }
}

async function propose(
  asking: Asking,
  { environment, found }: Subject,
  base: Revision,
  plan: Plan,
): Promise<void> {
  const { name } = environment;
  const newest = latestRevision(environment)?.number ?? base.number;
  const command = `update ${name} --latest`;
  const planId = await edits(asking.ports).keepPlan({ plan, newest, command });
  const tagged = found.filter(({ revision, tags }) => revision !== base.number && tags.length > 0);
  const others = tagged.flatMap(({ tags }) => tags.map((tag) => `\`${tagLabel(name, tag)}\``));
  const more =
    others.length === 0
      ? ''
      : ` ${listInWords(others, 'and')} ${others.length === 1 ? 'has' : 'have'} it, too: a tag is moved by \`tag\`.`;
  await tellOwner(asking, environment, {
    ...{ planId, about: plan.fingerprint.slice(0, 16) },
    text: `${whatIsWrong(asking, found, base.number)}${more}`,
    repairs: [{ label: `Build ${name}`, command: `apply ${planId}` }],
  });
}

/** What the name alone means has none of it: then that is what the tags should mean. */
async function askToMove(
  asking: Asking,
  { environment, found }: Subject,
): Promise<Affected['outcome']> {
  const { name } = environment;
  const to = environment.defaultRevision ?? latestRevision(environment)?.number;
  if (to === undefined) throw new Error(`${name} has no revision`);
  const label = revisionLabel(name, to);
  const tags = found.flatMap((each) => each.tags);
  const first = found.find((each) => each.tags.length > 0);
  await tellOwner(asking, environment, {
    ...{ planId: null, about: `${to}.${tags.join('.')}` },
    text: `${whatIsWrong(asking, found, first?.revision ?? to)} \`${label}\` has not.`,
    repairs: tags
      .slice(0, 3)
      .map((tag) => ({ label: `Move ${tag} to @${to}`, command: `tag ${label} ${tag}` })),
  });
  return { kind: 'move', to };
}

/** Asked again for the same, it is the same notice. */
async function tellOwner(
  { ports: { store, clock }, requester }: Asking,
  { name }: Environment,
  said: { planId: string | null; about: string; text: string; repairs: Repair[] },
): Promise<void> {
  const { about, ...rest } = said;
  await store.addNotice({
    ...{ id: `affected.${name}.${about}`, kind: 'affected', environment: name },
    ...{ by: requester.user, dueAt: clock.now(), ...rest },
  });
}

/** `` `churn@3` has `openssl 3.0.14`. `openssl<3.0.15` is blocked: CVE-2024-9143. `` */
function whatIsWrong({ specs, blocks }: Asking, found: readonly Found[], number: number): string {
  const [one] = found.filter(({ revision }) => revision === number);
  if (one === undefined) return '';
  const has = one.packages.map(({ name, version }) => `\`${name} ${version}\``);
  const texts = specs.map(formatSpec);
  const why = blocks
    .filter(({ spec }) => texts.includes(formatSpec(spec)) && isOf(one, spec))
    .map(
      ({ spec, why }) =>
        ` \`${formatSpec(spec)}\` is blocked: ${why}${/[.!?…]$/.test(why) ? '' : '.'}`,
    );
  return `\`${revisionLabel(one.environment, number)}\` has ${listInWords(has, 'and')}.${why.join('')}`;
}

function isOf({ packages }: Found, spec: Spec): boolean {
  return packages.some(({ name }) => name === spec.name);
}

function staysInWords(packages: readonly { name: string; version: string }[]): string {
  const names = packages.map(({ name, version }) => `\`${name} ${version}\``);
  return `With all that is asked for, ${listInWords(names, 'and')} ${names.length === 1 ? 'is' : 'are'} the newest.`;
}

function nothingBlocked() {
  return userError({
    code: 'nothing-blocked',
    message: 'No package is named, and none is blocked.',
    suggestion:
      'Say which: `rebuild --affected "openssl<3.0.15"`, or keep it out of everything new first: `block "openssl<3.0.15" --why CVE-2024-9143`.',
  });
}
