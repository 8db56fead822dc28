import { describeLive } from '../../answers/live.ts';
import type { Build } from '../../domain/build.ts';
import type { Settings } from '../../domain/services.ts';
import { type Message, messageOf } from '../blocks.ts';

/** The one message that everybody follows a build in, as its record is now. */
export function liveMessage(build: Build, settings: Settings): Message {
  return messageOf(describeLive(build, settings));
}

/** Builds asked for in a terminal have no conversation in Slack. */
export function isConversation(channel: string): boolean {
  return /^[CDG][A-Z0-9]{2,30}$/.test(channel);
}
