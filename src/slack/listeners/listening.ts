import type { Command } from '../../../commands/command.ts';
import type { Meters } from '../../domain/metrics.ts';
import type { Services } from '../../domain/services.ts';
import type { Chat } from '../chat.ts';
import type { IsFirst } from '../connection/once.ts';
import type { Conversation } from '../conversation.ts';
import type { Homes } from '../homes.ts';
import type { Lane } from '../lane.ts';
import type { Log } from '../log.ts';

/** What listeners have to hear and answer with. */
export interface Listening {
  commands: readonly Command[];
  services: Services;
  chat: Chat;
  conversation: Conversation;
  homes: Homes;
  log: Log;
  isFirst: IsFirst;
  /** What is done once a delivery is acknowledged. */
  lane: Lane;
  meters: Meters;
}
