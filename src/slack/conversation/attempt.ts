/** What people learn when something goes wrong on our side: never a stack, always what to do. */
import { randomUUID } from 'node:crypto';
import { FerryError, outsideError } from '../../domain/errors.ts';
import { followedBy } from '../../domain/phrase.ts';
import { type Refusal, refusal } from '../../domain/reply.ts';
import type { Log } from '../log.ts';

/** Does `work`; what it throws becomes a refusal, and a defect a number to quote. */
export async function attempt<Result>(
  work: () => Promise<Result>,
  log: Log,
): Promise<Result | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FerryError && error.kind !== 'defect') {
      return withStoreSentence(refusal(error, null));
    }
    // People get a number to quote; what happened is in the log alone.
    const incident = randomUUID().slice(0, 8);
    log.error(
      { incident, error: error instanceof Error ? error.stack : String(error) },
      'a command failed',
    );
    const defect = outsideError({
      code: 'defect',
      message: 'Conda Ferry met an error it does not know.',
      suggestion: `Tell the operator the number \`${incident}\`: the log of the bot has the whole story.`,
    });
    return refusal(defect, null);
  }
}

/** When the store is away a person must know that nothing of their request is kept. */
export function withStoreSentence({ kind, error }: Refusal): Refusal {
  if (error.code !== 'store-unavailable') return { kind, error };
  const message = followedBy(error.message, 'Nothing was recorded: send it again later.');
  return { kind, error: { ...error, message } };
}
