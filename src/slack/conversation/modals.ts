/** Answers in modals, where text can be selected; in words where no modal opens. */
import { describe } from '../../answers/describe.ts';
import type { Reply } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { diagnoseForm } from '../modals/diagnose-form.ts';
import { linesView } from '../modals/lines-view.ts';
import { loadingView } from '../modals/loading-view.ts';
import { replyView } from '../modals/reply-view.ts';
import type { Place } from '../place.ts';
import type { Answer } from './answer.ts';
import type { Opening } from './opening.ts';

export interface ModalOptions {
  chat: Chat;
  settings: Settings;
  log: Log;
  opening: Opening;
  answer: Answer;
}

export interface Modals {
  /** The answer in a modal of its own; in the channel when no modal opens. */
  show(title: string, reply: Promise<Reply>, place: Place): Promise<void>;
  /** Puts the answer into the modal that is open under this id. */
  fill(view: string, title: string, reply: Promise<Reply>, place: Place): Promise<void>;
  /** The form for the log of a failed job; in words where no form opens. */
  openDiagnose(place: Place): Promise<void>;
}

export function createModals({ chat, settings, log, opening, answer }: ModalOptions): Modals {
  const fill: Modals['fill'] = async (view, title, reply, place) => {
    const settled = await reply;
    const filled =
      settled.kind === 'invocation'
        ? linesView(title, settled.lines)
        : replyView(title, describe(settled, settings));
    try {
      await chat.updateView(view, filled);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code }, 'a modal could not be filled');
      await answer(settled, place);
    }
  };

  return {
    fill,
    async show(title, reply, place) {
      // The trigger lives three seconds, the answer may take longer: open first, fill in after.
      const view = await opening.open(loadingView(title), place);
      return view === null ? answer(await reply, place) : fill(view, title, reply, place);
    },
    async openDiagnose(place) {
      if ((await opening.open(diagnoseForm(), place)) !== null) return;
      const text = `Paste the traceback after \`${settings.command} diagnose\`, or attach the log to a message that mentions me with \`diagnose\`.`;
      return answer({ kind: 'notice', tone: 'information', text }, place);
    },
  };
}
