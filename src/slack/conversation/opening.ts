/** Opens modals, which Slack allows for three seconds after somebody did something. */
import type { BuildRequest } from '../../domain/request.ts';
import type { Services, Settings } from '../../domain/services.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { createForm } from '../modals/create-form.ts';
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
      const offered = await settingsFor(place.user, services);
      return (await open(createForm(offered, initial, origin), place)) !== null;
    },
  };
}

/** Channels and edges that the person may use; all of them while that cannot be known. */
async function settingsFor(user: string, { settings, standing }: Services): Promise<Settings> {
  const known = await standing({ user }).catch(() => null);
  const open = (kind: 'channels' | 'edges') =>
    settings[kind].filter(({ name }) => !known?.withheld[kind].includes(name));
  return { ...settings, channels: open('channels'), edges: open('edges') };
}
