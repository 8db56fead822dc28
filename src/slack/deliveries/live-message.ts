import { describeLive } from '../../answers/live.ts';
import type { Build } from '../../domain/build.ts';
import { type Outlook, withoutTime } from '../../domain/estimate.ts';
import type { Settings } from '../../domain/services.ts';
import { type Message, messageOf } from '../blocks.ts';

/** The one message that everybody follows a build in, as its record is now. */
export interface LiveMessage {
  message: Message;
  /** What of it is worth an edit: not that a second has gone by. */
  lasting: Message;
}

/** `outlook` asks what is to be expected of the build; the message does without where nothing answers. */
export async function liveMessage(
  build: Build,
  settings: Settings,
  outlook: (build: Build) => Promise<Outlook | null>,
): Promise<LiveMessage> {
  const expected = await outlook(build).catch(() => null);
  const shown = (told: Outlook | null) => messageOf(describeLive(build, settings, told));
  return { message: shown(expected), lasting: shown(withoutTime(expected)) };
}

/** Builds asked for in a terminal have no conversation in Slack. */
export function isConversation(channel: string): boolean {
  return /^[CDG][A-Z0-9]{2,30}$/.test(channel);
}
