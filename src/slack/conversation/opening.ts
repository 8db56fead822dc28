/** Opens modals, which Slack allows for three seconds after somebody did something. */
import type { BuildRequest } from '../../domain/request.ts';
import type { Services } from '../../domain/services.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { createForm } from '../modals/create-form.ts';
import { offeredTo, runsOn } from '../offered.ts';
import type { Place } from '../place.ts';

export interface Opening {
  /** The id of the modal; null when it could not be opened. */
  open(view: Parameters<Chat['openView']>[1], place: Place): Promise<string | null>;
  /** The form for a new environment; false when it could not be opened. */
  openForm(initial: Partial<BuildRequest>, place: Place): Promise<boolean>;
}

export function createOpening(chat: Chat, services: Services, log: Log): Opening {
  const open: Opening['open'] = async (view, { trigger }) => {
    if (trigger === null) return null;
    try {
      return await chat.openView(trigger, view);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code }, 'a modal could not be opened');
      return null;
    }
  };

  return {
    open,
    async openForm(initial, place) {
      const origin = { channel: place.channel || null, thread: place.thread };
      const [offered, runs] = await Promise.all([
        offeredTo(place.user, services),
        runsOn(initial.edges ?? [], services),
      ]);
      return (await open(createForm(offered, initial, origin, { runs }), place)) !== null;
    },
  };
}
