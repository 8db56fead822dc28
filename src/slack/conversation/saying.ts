/** What somebody said, from a text to its answer. */
import type { CommandContext } from '../../../commands/command.ts';
import type { Settings } from '../../domain/services.ts';
import { renderMessage } from '../blocks.ts';
import type { Chat } from '../chat.ts';
import { isDirect, type Place, privately } from '../place.ts';
import type { Answer } from './answer.ts';
import type { Modals } from './modals.ts';
import type { Opening } from './opening.ts';
import type { Runner } from './runner.ts';
import type { Ways } from './ways.ts';

export interface SayingOptions {
  chat: Chat;
  settings: Settings;
  runner: Runner;
  ways: Ways;
  opening: Opening;
  answer: Answer;
  modals: Modals;
}

export interface Saying {
  /** Decoded text after the slash command, after a mention, or in a direct message. */
  say(text: string, place: Place): Promise<void>;
  /** Says a command from where there is no channel: in a modal when it only reads, else directly. */
  sayInView(text: string, place: Place): Promise<void>;
}

export function createSaying(options: SayingOptions): Saying {
  const { chat, settings, runner, ways, opening, answer, modals } = options;

  async function say(text: string, asked: Place): Promise<void> {
    const place = runner.isPrivate(text) ? privately(asked) : asked;
    if (place.file === null && runner.asksForForm(text)) {
      if (await opening.openForm({}, place)) return;
      const form = renderMessage({ kind: 'form', form: 'create', initial: {} }, settings);
      return ways.deliver(form, place);
    }
    return answer(await runner.run(text, place, tellIn(place, answer)), place, text);
  }

  return {
    say,
    async sayInView(text, place) {
      const title = runner.titleOf(text);
      if (title !== null) {
        const reply = runner.run(text, place);
        return place.view === null
          ? modals.show(title, reply, place)
          : modals.fill(place.view, title, reply, place);
      }
      const channel = await chat.openDirect(place.user);
      return say(text, { ...place, channel, open: true });
    },
  };
}

/** A word while an answer takes its time, where only who waits reads it. */
export function tellIn(place: Place, answer: Answer): CommandContext['tell'] {
  if (place.open && !isDirect(place.channel)) return undefined;
  return (text) => void answer({ kind: 'notice', tone: 'information', text }, place);
}
