import type { PackagesFile } from '../../commands/command.ts';
import type { Way } from '../domain/build.ts';
import type { Message } from './blocks.ts';

/** Where somebody is, and the ways to answer them there. */
export interface Place {
  user: string;
  /** Empty where there is none: the Home tab. */
  channel: string;
  team: string | null;
  /** The thread to answer in; null for the channel itself. */
  thread: string | null;
  /** That thread only begins with our answer: until then nobody sees there what is for one person. */
  isThreadNew: boolean;
  /**
   * Answers are simply posted: a direct conversation, or a mention, which everybody saw and whose
   * answer would be lost if it were for one person (Slack shows that in living threads only).
   */
  open: boolean;
  /** Slack's own way back to this person, good for half an hour; null where there is none. */
  respond: ((message: Message & { thread: string | null }) => Promise<void>) | null;
  /** Puts a message in the place of the one a button was pressed on; null elsewhere. */
  replace: ((message: Message) => Promise<void>) | null;
  /** The modal a button was pressed in; null elsewhere. */
  view: string | null;
  /** Lets a modal be opened for three seconds; null where Slack gives none. */
  trigger: string | null;
  /** How they got here. */
  way: Way;
  /** A file of packages that came with what was said; null for none. */
  file: PackagesFile | null;
  /** Logs that came with it. */
  logs: readonly Uint8Array[];
}

/** A place with what is known of it; all else is as where there is no way but a direct message. */
export function placeOf(
  user: string,
  known: Pick<Place, 'way'> & Partial<Omit<Place, 'user'>>,
): Place {
  return {
    user,
    channel: '',
    team: null,
    thread: null,
    isThreadNew: false,
    open: false,
    respond: null,
    replace: null,
    view: null,
    trigger: null,
    file: null,
    logs: [],
    ...known,
  };
}

/** The same place for an answer that is for this person alone, wherever others would read it. */
export function privately(place: Place): Place {
  if (!place.open || isDirect(place.channel)) return place;
  return { ...place, open: false, thread: place.isThreadNew ? null : place.thread };
}

/** A conversation of two people, ours or not: nobody sees an ephemeral message there later. */
export function isDirect(channel: string): boolean {
  return channel.startsWith('D');
}
