import type { Errands } from '../../domain/errands.ts';
import type { Events } from '../../domain/events.ts';
import type { Channels, Clock, Queue, Store } from '../../domain/ports.ts';
import type { Settings } from '../../domain/services.ts';

/** What every service stands on. */
export interface ServicePorts {
  store: Store;
  queue: Queue;
  errands: Errands;
  clock: Clock;
  settings: Settings;
  channels: Channels;
  events: Events;
  /**
   * Who is logged in where the command line is run: there, who asks is only said. Null where Slack
   * says who asks.
   */
  login: string | null;
  /** How long who asks for an environment waits for its solve, in milliseconds; left out, 15 s. */
  followAfterMs?: number;
  /** A new id: of a build, or of what is kept. */
  newId(): string;
}
