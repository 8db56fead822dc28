/** What a build has changed, or would have, that a schedule asked for. */
import type { Build } from './build.ts';
import { defaultRevision, type Environment, type Revision } from './environment.ts';
import { changesInWords } from './schedule.ts';

/** `before`: what the environment's name meant until this build; `changes` in words since then. */
export function changedBy(
  environment: Environment,
  build: Build,
): { before: Revision | null; changes: string } {
  const { revision, replaces } = build;
  const isBefore = ({ number }: Revision) =>
    replaces === null ? number < (revision ?? 0) : number === replaces;
  const before =
    build.state === 'ready'
      ? (environment.revisions.findLast(isBefore) ?? null)
      : defaultRevision(environment);
  const changes = build.lock === null ? '' : changesInWords(before?.lock ?? null, build.lock);
  return { before, changes };
}
