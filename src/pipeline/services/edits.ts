import { edgesOf } from '../../domain/defaults.ts';
import { requirePlatform } from '../../domain/edge-platforms.ts';
import type { Edit } from '../../domain/edit.ts';
import { type Environment, latestRevision, revisionLabel } from '../../domain/environment.ts';
import { type FerryError, userError } from '../../domain/errors.ts';
import { closest } from '../../domain/near-names.ts';
import { mayBuild } from '../../domain/policy.ts';
import type { Store } from '../../domain/ports.ts';
import { KEPT_PLAN } from '../../domain/sent-plan.ts';
import type { Edits } from '../../domain/services/edits.ts';
import { listOf, string } from '../../domain/shape.ts';
import { freeName } from './names.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';
import { servedPlatform } from './workers.ts';

/** A person waits for it; solves that take longer are very rare. */
const WAIT_MS = 120_000;

/** Under this id: those of the plans that were kept last, of which a mistyped one may mean one. */
const NEWEST_PLANS = 'plans';
const MOST_MEANT = 50;

/** Edited requests, solved by a worker, and kept until they are built. */
export function edits(ports: ServicePorts): Edits {
  const { store, errands, settings, newId } = ports;
  return {
    async planEdit({ request: asked, edit }, requester) {
      const request = { ...asked, edges: edgesOf(asked, settings) };
      await requireBuildable(ports, null, request, requester);
      const environment = await store.readEnvironment(request.environment);
      if (environment && !mayBuild(environment, [requester.user], settings)) {
        throw await notTheirs(ports, environment, edit);
      }
      const before = environment?.revisions.find(({ number }) => number === edit.revision);
      if (before) requirePlatform(before.lock, asked, settings);
      const platform = await servedPlatform(ports, asked);
      const { user, channel } = requester;
      const asker = { user, channel };
      return errands.ask('edit', { request, edit, asker }, { platform, waitMs: WAIT_MS });
    },
    async keepPlan(kept) {
      const id = newId();
      await store.keep(id, kept);
      const newest = [id, ...(await newestPlans(store))].slice(0, MOST_MEANT);
      await store.keep(NEWEST_PLANS, newest);
      return id;
    },
    async keptPlan(id) {
      const kept = await store.readKept(id, KEPT_PLAN);
      if (kept === null) {
        const near = closest(id, await newestPlans(store));
        throw userError({
          code: 'plan-forgotten',
          message: `There is no plan \`${id}\`: plans are kept for a week.`,
          suggestion: near
            ? `Did you mean \`${near}\`?`
            : 'Say again what is to change, and build what is shown then.',
        });
      }
      if (kept.newest === null) return kept;
      const name = kept.plan.request.environment;
      const environment = await store.readEnvironment(name);
      const newest = environment && latestRevision(environment);
      if (newest?.number === kept.newest) return kept;
      throw userError({
        code: 'plan-outdated',
        message: newest
          ? `\`${name}\` has become \`${revisionLabel(name, newest.number)}\` since this was planned.`
          : `There is no environment \`${name}\` any more.`,
        suggestion: `Plan it again: \`${kept.command}\`.`,
        repairs: [{ label: 'Plan again', command: kept.command }],
      });
    },
  };
}

async function newestPlans(store: Pick<Store, 'readKept'>): Promise<string[]> {
  return (await store.readKept(NEWEST_PLANS, listOf(string))) ?? [];
}

/** What belongs to somebody else is copied first, and the copy changed. */
async function notTheirs(
  { store }: Pick<ServicePorts, 'store'>,
  { name, owner }: Environment,
  { revision }: Edit,
): Promise<FerryError> {
  const free = await freeName(store, name);
  const copy = `clone ${revisionLabel(name, revision)} as ${free}`;
  return userError({
    code: 'name-taken',
    message: [`\`${name}\` belongs to `, { person: owner }, '.'],
    suggestion: `Copy it under a name of your own, \`${copy}\`, and change the copy.`,
    repairs: [
      { label: `Copy it as ${free}`, command: copy },
      { label: `Use ${name}`, command: `run ${name}` },
    ],
  });
}
