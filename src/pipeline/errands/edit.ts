import type { Revision } from '../../domain/environment.ts';
import type { Errand } from '../../domain/errands.ts';
import { userError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildPorts } from '../context.ts';
import { planFrom } from './plan.ts';

/** What a build of an edited revision would have, compared with that revision. */
export async function edit(
  ports: BuildPorts,
  { id, asked: { request, edit } }: Errand<'edit'>,
  progress: Progress,
): Promise<Plan> {
  const before = await revisionOf(ports, request.environment, edit.revision);
  const basis = { ...edit, environment: request.environment, lock: before.lock };
  return planFrom(ports, { request, id, before, basis }, progress);
}

async function revisionOf(
  { store }: Pick<BuildPorts, 'store'>,
  name: string,
  number: number,
): Promise<Revision> {
  const environment = await store.readEnvironment(name);
  const revision = environment?.revisions.find((known) => known.number === number);
  if (revision) return revision;
  throw userError({
    code: 'revision-not-found',
    message: `\`${name}\` has no revision ${number} any more.`,
    suggestion: `\`show ${name}\` lists those it has.`,
  });
}
