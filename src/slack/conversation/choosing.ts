/** The answer to a question of ours: which of several is meant. */
import { messageOf } from '../blocks.ts';
import type { Log } from '../log.ts';
import type { Place } from '../place.ts';
import type { Answer } from './answer.ts';
import type { Documents } from './documents.ts';
import type { Modals } from './modals.ts';
import { patiently } from './patience.ts';
import type { Runner } from './runner.ts';
import type { Ways } from './ways.ts';

export interface ChoosingOptions {
  log: Log;
  runner: Runner;
  ways: Ways;
  documents: Documents;
  answer: Answer;
  modals: Modals;
}

/** Puts the answer to a command in the place of the answer that asked which one is meant. */
export type Choose = (text: string, place: Place) => Promise<void>;

export function createChoose(options: ChoosingOptions): Choose {
  const { log, runner, ways, documents, answer, modals } = options;
  return async (text, place) => {
    const title = runner.titleOf(text);
    if (title === null) return answer(await runner.run('help', place), place);
    if (place.view !== null) return modals.fill(place.view, title, runner.run(text, place), place);
    const reply = await runner.run(text, place);
    const { replace } = place;
    // A refusal stands beside the question, which can be asked again.
    if (replace === null || reply.kind === 'refusal') return answer(reply, place, text);
    const message = messageOf(await documents.sharable(reply, place, text));
    try {
      await patiently(() => replace(message));
    } catch (error) {
      log.warn({ error: String(error) }, 'an answer could not take the place of its question');
      await ways.deliver(message, place);
    }
  };
}
