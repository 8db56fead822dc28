/**
 * From what somebody typed or pressed to what they see: run it, choose who sees the answer, and
 * find a way to show it. Knows Slack's places, but no Bolt.
 */
import type { Command } from '../../commands/command.ts';
import type { Meters } from '../domain/metrics.ts';
import type { Services } from '../domain/services.ts';
import type { Span } from '../domain/spans.ts';
import type { Chat } from './chat.ts';
import { type Answer, createAnswer } from './conversation/answer.ts';
import { type Choose, createChoose } from './conversation/choosing.ts';
import { createDocuments } from './conversation/documents.ts';
import { createSendFile } from './conversation/files.ts';
import { createModals, type Modals } from './conversation/modals.ts';
import { createOpening, type Opening } from './conversation/opening.ts';
import { createRunner, type Runner } from './conversation/runner.ts';
import { createSaying, type Saying } from './conversation/saying.ts';
import { createShare, type Share } from './conversation/sharing.ts';
import { createWays } from './conversation/ways.ts';
import type { Deliveries } from './deliveries.ts';
import type { Log } from './log.ts';

export interface Conversation
  extends Saying,
    Modals,
    Pick<Runner, 'run' | 'attempt' | 'review'>,
    Pick<Opening, 'openForm'> {
  answer: Answer;
  share: Share;
  choose: Choose;
}

export interface ConversationOptions {
  commands: readonly Command[];
  services: Services;
  chat: Chat;
  deliveries: Pick<Deliveries, 'announce'>;
  log: Log;
  meters?: Meters;
  span?: Span;
}

export function createConversation(options: ConversationOptions): Conversation {
  const { services, chat, log } = options;
  const { settings } = services;
  const runner = createRunner(options);
  const ways = createWays(chat, log);
  const opening = createOpening(chat, services, log);
  const documents = createDocuments(chat, settings, runner);
  const sendFile = createSendFile(chat, settings, log);
  const parts = { ...options, settings, runner, ways, opening, documents, sendFile };
  const answer = createAnswer(parts);
  const modals = createModals({ ...parts, answer });
  const { run, attempt, review } = runner;
  return {
    ...{ run, attempt, review, answer },
    ...modals,
    ...createSaying({ ...parts, answer, modals }),
    openForm: opening.openForm,
    share: createShare({ ...parts, answer }),
    choose: createChoose({ ...parts, answer, modals }),
  };
}
