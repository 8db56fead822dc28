/** Shows everybody the answer that one person got. */
import { code, small, user } from '../../answers/document.ts';
import type { Settings } from '../../domain/services.ts';
import { messageOf } from '../blocks.ts';
import { ChatError } from '../chat/error.ts';
import type { Log } from '../log.ts';
import type { Place } from '../place.ts';
import type { Answer } from './answer.ts';
import { type Documents, withFirst } from './documents.ts';
import { isLongFile, type SendFile } from './files.ts';
import { notShared } from './notes.ts';
import type { Runner } from './runner.ts';
import { sharedBy } from './shared-by.ts';
import type { Ways } from './ways.ts';

export interface SharingOptions {
  settings: Settings;
  log: Log;
  runner: Runner;
  ways: Ways;
  documents: Documents;
  sendFile: SendFile;
  answer: Answer;
}

/** Posts the answer to a command that only reads for everybody, naming who shared it. */
export type Share = (text: string, place: Place) => Promise<void>;

export function createShare(options: SharingOptions): Share {
  const { settings, log, runner, ways, documents, sendFile, answer } = options;
  return async (text, place) => {
    if (!runner.reads(text)) return answer(await runner.run('help', place), place);
    const reply = await runner.run(text, place);
    if (sharedBy(reply, text) === null) return answer(reply, place);
    const document = await documents.documentFor(reply, text);
    const typed = code(`${settings.command} ${text}`, 200);
    const shared = withFirst(document, [small(user(place.user), ' shared this: ', typed)]);
    try {
      if (isLongFile(reply)) await sendFile.here(reply, place);
      await ways.post(messageOf(shared), place);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      return ways.deliver(messageOf(notShared(error)), place);
    }
    const done = withFirst(document, [small('You shared this here.')]);
    await place.replace?.(messageOf(done)).catch((error) => {
      log.warn({ error: String(error) }, 'a private answer still offers to be shared');
    });
  };
}
