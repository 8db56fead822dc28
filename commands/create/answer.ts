import type { Reply } from '../../src/domain/reply.ts';
import type { Created } from '../../src/domain/services/create.ts';
import type { CommandContext } from '../command.ts';

/** People wait this long without a word. */
const SILENTLY_MS = 2_000;

/** What came of asking for a build: a new one is for everybody, all else for who asked. */
export async function answerTo(created: Created): Promise<Reply> {
  if (!('known' in created)) {
    const { build, joined } = created;
    return { kind: 'build', build, audience: joined ? 'requester' : 'channel' };
  }
  const { means } = created;
  const { number, request, stagings, verifications, lock } = created.known;
  const packages = lock.packages.map(({ name }) => name);
  const { latestVerification, lineFor } = await import('../../src/domain/lines.ts');
  const lines = stagings.map((staging) =>
    lineFor({ staging, packages }, latestVerification(verifications, staging.edge)),
  );
  return { kind: 'known', environment: request.environment, revision: number, means, lines };
}

/** Says that an environment is being solved, once that takes longer than people wait for silently. */
export async function whileSolving<T>(
  environment: string,
  work: Promise<T>,
  tell: CommandContext['tell'],
): Promise<T> {
  const timer = setTimeout(() => tell?.(`Solving \`${environment}\`…`), SILENTLY_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
