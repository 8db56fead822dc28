import { type Refusal, refusal } from '../../domain/reply.ts';
import { unreadable } from '../attachments.ts';
import { ChatError } from '../chat/error.ts';
import type { Log } from '../log.ts';

/** What `read` answers, or why Slack does not let us read. */
export async function readable<T>(log: Log, read: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    log.warn({ code: error.code, needed: error.needed }, 'what is asked about cannot be read');
    return refusal(unreadable(error), null);
  }
}
