import type { Answered, Errand, ErrandKind, ErrandTable } from '../../domain/errands.ts';
import { isStoreError, throwIfStopped } from '../../domain/errors.ts';
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
  try {
    return { answer: await HANDLERS[errand.kind](ports, errand, progress) };
  } catch (error) {
    throwIfStopped(progress.signal);
    if (isStoreError(error)) throw error;
    return { error: sendError(error, ports.redact) };
  }
}
