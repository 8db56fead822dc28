import type { Answered, Errand, ErrandKind, ErrandTable } from '../../domain/errands.ts';
import { isStoreError, throwIfStopped } from '../../domain/errors.ts';
import { secondsBetween } from '../../domain/events.ts';
import { plainPhrase } from '../../domain/phrase.ts';
import type { Progress } from '../../domain/ports.ts';
import { sendError } from '../../domain/sent-error.ts';
import type { BuildPorts } from '../context.ts';
import { edit } from './edit.ts';
import { plan } from './plan.ts';
import { point } from './point.ts';
import { unstage } from './unstage.ts';
import { uses } from './uses.ts';

type Handler<K extends ErrandKind> = (
  ports: BuildPorts,
  errand: Errand<K>,
  progress: Progress,
) => Promise<ErrandTable[K]['answer']>;

const HANDLERS: { readonly [K in ErrandKind]: Handler<K> } = { plan, edit, point, unstage, uses };

/**
 * Does an errand; what goes wrong with it is an answer, too, and holds no secret. Rejects only when
 * it has to be done again, or not at all: stopped, or the store away.
 */
export async function runErrand<K extends ErrandKind>(
  ports: BuildPorts,
  errand: Errand<K>,
  progress: Progress,
): Promise<Answered<K>> {
  const begunAt = ports.clock.now();
  const awaited = { ...progress, isAwaited: true };
  let answered: Answered<K>;
  try {
    answered = { answer: await HANDLERS[errand.kind](ports, errand, awaited) };
  } catch (error) {
    throwIfStopped(progress.signal);
    if (isStoreError(error)) throw error;
    answered = { error: sendError(error, ports.redact) };
  }
  tellEnded(ports, errand, answered, begunAt);
  return answered;
}

function tellEnded(
  { events, clock }: BuildPorts,
  { id, kind, asked }: Errand,
  answered: Answered,
  begunAt: number,
): void {
  const error = 'error' in answered ? answered.error : null;
  const lock = 'answer' in answered && 'lock' in answered.answer ? answered.answer.lock : null;
  events.emit('errand-ended', {
    ...{ kind, errand: id },
    user: 'asker' in asked ? (asked.asker?.user ?? null) : null,
    environment: 'request' in asked ? asked.request.environment : asked.environment,
    outcome: error ? 'failed' : 'answered',
    packages: lock?.packages.length ?? null,
    seconds: secondsBetween(begunAt, clock.now()),
    code: error?.code ?? null,
    reason: error && plainPhrase(error.message),
    details: error?.kind === 'defect' ? (error.details ?? null) : null,
  });
}
