import { edgesOf } from '../../domain/defaults.ts';
import { requirePlatform } from '../../domain/edge-platforms.ts';
import type { Edit } from '../../domain/edit.ts';
import { type Environment, latestRevision, revisionLabel } from '../../domain/environment.ts';
import { type FerryError, userError } from '../../domain/errors.ts';
import { mayBuild } from '../../domain/policy.ts';
import { KEPT_PLAN } from '../../domain/sent-plan.ts';
import type { Edits } from '../../domain/services/edits.ts';
import { freeName } from './names.ts';
import type { ServicePorts } from './ports.ts';
import { requireBuildable } from './roles.ts';
import { servedPlatform } from './workers.ts';

/** A person waits for it; solves that take longer are very rare. */
const WAIT_MS = 120_000;

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
      return id;
    },
    async keptPlan(id) {
      const kept = await store.readKept(id, KEPT_PLAN);
      if (kept === null) {
        throw userError({
          code: 'plan-forgotten',
          message: `There is no plan \`${id}\`: plans are kept for a week.`,
          suggestion: 'Say again what is to change, and build what is shown then.',
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
