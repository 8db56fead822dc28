import type { Environment, Revision } from '../../domain/environment.ts';
import type { Errand } from '../../domain/errands.ts';
import { userError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Progress } from '../../domain/ports.ts';
import type { BuildPorts } from '../context.ts';
import { newFilesOf } from '../steps/files-asked.ts';
import { planFrom } from './plan.ts';

/** What a build of an edited revision would have, compared with that revision. */
export async function edit(
  ports: BuildPorts,
  { id, asked: { request, edit, asker } }: Errand<'edit'>,
  progress: Progress,
): Promise<Plan> {
  const environment = await ports.store.readEnvironment(request.environment);
  const before = revisionOf(environment, request.environment, edit.revision);
  const basis = { ...edit, environment: request.environment, lock: before.lock };
  return planFrom(
    ports,
    { request, id, before, basis, asker: newFilesOf(environment, request, asker) },
    progress,
  );
}

function revisionOf(environment: Environment | null, name: string, number: number): Revision {
  const revision = environment?.revisions.find((known) => known.number === number);
  if (revision) return revision;
  throw userError({
    code: 'revision-not-found',
    message: `\`${name}\` has no revision ${number} any more.`,
    suggestion: `\`show ${name}\` lists those it has.`,
  });
}
