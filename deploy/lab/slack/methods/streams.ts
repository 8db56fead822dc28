/** chat.*Stream: a message that grows. Chunks: markdown_text, task_update, plan_update, blocks. */
import { messageFaults } from '../block-kit/surfaces.ts';
import { messageContent, parsed, withIds } from '../content.ts';
import { type JsonObject, objectsIn, stringOr } from '../json.ts';
import { ApiError, refusedBecause, type Slack } from '../slack.ts';
import { messageObject } from '../wire.ts';
import type { Message } from '../workspace.ts';
import { byTheApp, ownMessage } from './chat.ts';
import { writableChannel } from './conversations.ts';
import { type Methods, required } from './method.ts';

/** Slack's limit of one piece of streamed markdown. */
const MARKDOWN_LIMIT = 12_000;

const richText = (text: string): JsonObject => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});

/** A streamed task as the card a person sees; streams give details as text, blocks as rich text. */
function taskCard(chunk: JsonObject): JsonObject {
  const rich = (name: string): JsonObject =>
    typeof chunk[name] === 'string' && chunk[name] !== '' ? { [name]: richText(chunk[name]) } : {};
  return {
    type: 'task_card',
    task_id: chunk.id,
    title: chunk.title,
    status: chunk.status,
    ...rich('details'),
    ...rich('output'),
    ...(chunk.sources ? { sources: chunk.sources } : {}),
  };
}

/** Adds what a start, append or stop call brings to `message`. */
function grow(message: Message, args: JsonObject): void {
  const chunks = objectsIn(parsed(args.chunks, 'invalid_chunks'));
  const markdown = stringOr(args.markdown_text, '');
  if (markdown && chunks.length > 0) throw new ApiError('invalid_arguments');
  const blocks = [...(message.blocks ?? [])].map((block) => ({ ...block }));
  const plan = (): JsonObject => {
    const found = blocks.find(({ type }) => type === 'plan');
    if (found) return found;
    const made = { type: 'plan', title: 'Working', tasks: [] };
    blocks.push(made);
    return made;
  };
  const addText = (text: string): void => {
    if (text.length > MARKDOWN_LIMIT) throw new ApiError('msg_too_long');
    const last = blocks.at(-1);
    if (last?.type === 'markdown') last.text = String(last.text) + text;
    else blocks.push({ type: 'markdown', text });
    message.text += text;
  };
  const handlers: Record<string, (chunk: JsonObject) => void> = {
    markdown_text: (chunk) => addText(stringOr(chunk.text, '')),
    task_update: (chunk) => {
      const tasks = objectsIn(plan().tasks);
      const earlier = tasks.find(({ task_id }) => task_id === chunk.id);
      const next = taskCard({ title: earlier?.title, status: earlier?.status, ...chunk });
      plan().tasks = earlier
        ? tasks.map((task) => (task === earlier ? { ...earlier, ...next } : task))
        : [...tasks, next];
    },
    plan_update: (chunk) => {
      plan().title = chunk.title;
    },
    blocks: (chunk) => {
      blocks.push(...withIds(chunk.blocks));
    },
  };
  if (markdown) addText(markdown);
  for (const chunk of chunks) {
    const handler = Object.hasOwn(handlers, String(chunk.type))
      ? handlers[String(chunk.type)]
      : undefined;
    if (!handler) throw new ApiError('invalid_chunks');
    handler(chunk);
  }
  const faults = messageFaults(blocks);
  if (faults.length > 0) throw refusedBecause('invalid_chunks', faults);
  if (blocks.length > 0) message.blocks = withIds(blocks);
}

function streamed(args: JsonObject, slack: Slack): Message {
  const message = ownMessage(args, slack, 'message_not_owned_by_app');
  if (!message.streaming) throw new ApiError('message_not_in_streaming_state');
  return message;
}

export const streams: Methods = {
  'chat.startStream': {
    scopes: ['chat:write'],
    run: (args, slack) => {
      const channel = writableChannel(slack, required(args, 'channel'));
      const thread = required(args, 'thread_ts');
      if (!slack.workspace.findMessage(channel.id, thread)) throw new ApiError('thread_not_found');
      if (channel.kind !== 'im') {
        if (!args.recipient_user_id) throw new ApiError('missing_recipient_user_id');
        if (!args.recipient_team_id) throw new ApiError('missing_recipient_team_id');
      }
      const draft: Message = {
        type: 'message',
        team: '',
        ts: '',
        user: '',
        channel: channel.id,
        text: '',
      };
      grow(draft, args);
      const message = slack.workspace.add({
        channel: channel.id,
        ...byTheApp(slack),
        text: draft.text,
        ...(draft.blocks ? { blocks: draft.blocks } : {}),
        thread_ts: thread,
        streaming: true,
      });
      return { channel: channel.id, ts: message.ts };
    },
  },
  'chat.appendStream': {
    scopes: ['chat:write'],
    run: (args, slack) => {
      const message = streamed(args, slack);
      grow(message, args);
      slack.workspace.changed();
      return { channel: message.channel, ts: message.ts };
    },
  },
  'chat.stopStream': {
    scopes: ['chat:write'],
    run: (args, slack) => {
      const message = streamed(args, slack);
      grow(message, args);
      const last = messageContent(
        { blocks: args.blocks, metadata: args.metadata },
        { required: false },
      );
      if (last.blocks) message.blocks = [...(message.blocks ?? []), ...last.blocks];
      if (last.metadata) message.metadata = last.metadata;
      delete message.streaming;
      slack.workspace.changed();
      return {
        channel: message.channel,
        ts: message.ts,
        message: messageObject(slack.workspace, slack.baseUrl(), message),
      };
    },
  },
};
