/**
 * Documents as Block Kit. Outside text only ever stands in plain text and rich text elements,
 * which Slack shows literally; the small print and the notification text are mrkdwn and escaped.
 *
 * Limits are those of Slack's Block Kit reference, and one it does not print: `chat.postMessage`
 * answers `msg_blocks_too_long` when all texts together pass about 12,000 characters.
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  KnownBlock,
  RichTextBlock,
  RichTextBlockElement,
  RichTextElement,
  RichTextSection,
  Button as SlackButton,
} from '@slack/types';
import { ACT, CHOOSE } from '../answers/buttons.ts';
import { type ByKind, byKind } from '../answers/by-kind.ts';
import { describe } from '../answers/describe.ts';
import type { Button, Choice, Document, Inline, Part } from '../answers/document.ts';
import { clip, line } from '../answers/outside.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';

export interface Message {
  /** What notifications and screen readers get; mrkdwn. */
  text: string;
  blocks: KnownBlock[];
}

export const MOST_BLOCKS = 50;
/** Under the 12,000 where Slack refuses, with room for what it counts and we do not. */
const MOST_TEXT = 9_500;
const MOST_NOTIFICATION = 3_900;
const MOST_BUTTONS = 25;
const MOST_OPTIONS = 100;
/** Options of a menu beside a text. */
const MOST_ACTS = 5;

/** A reply as a Slack message. */
export function renderMessage(reply: Reply, settings: Settings): Message {
  return messageOf(describe(reply, settings));
}

export function messageOf(document: Document): Message {
  return {
    text: notification(document.summary),
    blocks: withinLimits(blocksOf(document.parts)),
  };
}

/** Escaping makes text longer, so what is cut is the text before it. */
function notification(summary: string): string {
  const text = summary.replaceAll('```', 'ˋˋˋ');
  const escaped = escapeMarkup(clip(text, MOST_NOTIFICATION));
  return escaped.length <= MOST_NOTIFICATION
    ? escaped
    : escapeMarkup(clip(text, Math.floor(MOST_NOTIFICATION / 5)));
}

/** The parts as blocks, neighbouring texts in one rich text block. No limit on the whole. */
export function blocksOf(parts: readonly Part[]): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  let rows = 0;
  for (const part of parts) {
    const made = byKind(PARTS, part);
    if (!Array.isArray(made)) {
      // Slack makes up an id at every edit, and a press carries the one that was seen: a press
      // during an edit, or after a confirmation that stood open meanwhile, would be lost.
      if (made.type === 'actions') {
        rows += 1;
        made.block_id = `actions_${rows}`;
      }
      if (made.type === 'section' && made.accessory) made.block_id = `row_${blocks.length + 1}`;
      blocks.push(made);
      continue;
    }
    const last = blocks.at(-1);
    if (last?.type === 'rich_text') last.elements.push(...made);
    else blocks.push(richText(made));
  }
  return blocks;
}

/** A block of its own, or elements of rich text, which neighbours share a block for. */
const PARTS: ByKind<Part, KnownBlock | RichTextBlockElement[]> = {
  heading: ({ text }) => ({
    type: 'header',
    text: { type: 'plain_text', text: clip(text, 150), emoji: true },
  }),
  prose: ({ inline }) => [section(inline)],
  small: ({ inline }) => ({
    type: 'context',
    elements: [{ type: 'mrkdwn', text: mrkdwn(inline, 2_000), verbatim: true }],
  }),
  code: ({ text, language }) => [
    {
      type: 'rich_text_preformatted',
      elements: [{ type: 'text', text: text || ' ' }],
      ...(language ? { language } : {}),
    },
  ],
  list: ({ items }) =>
    items.length === 0
      ? []
      : [{ type: 'rich_text_list', style: 'bullet', elements: items.map(section) }],
  row: ({ inline, button, menu }) => ({
    type: 'section',
    text: { type: 'mrkdwn', text: mrkdwn(inline, 2_000), verbatim: true },
    ...accessoryOf(button, menu),
  }),
  tasks: ({ title, tasks }) => ({
    type: 'plan',
    title: clip(title, 150),
    tasks: tasks.map((task) => ({
      type: 'task_card',
      task_id: task.id,
      title: clip(task.title, 100),
      status: task.status,
      ...(task.detail ? { details: richText([section([plain(task.detail)])]) } : {}),
    })),
  }),
  buttons: ({ buttons }) => ({
    type: 'actions',
    elements: buttons.slice(0, MOST_BUTTONS).map(buttonOf),
  }),
  menu: ({ question, choices }) => ({
    type: 'actions',
    elements: [
      {
        type: 'static_select',
        action_id: CHOOSE,
        placeholder: { type: 'plain_text', text: clip(question, 150) },
        options: choices.slice(0, MOST_OPTIONS).map(({ label, value }) => ({
          text: { type: 'plain_text', text: clip(label, 75) },
          value,
        })),
      },
    ],
  }),
  divider: () => ({ type: 'divider' }),
};

/** Beside a text: a button, or a menu where there are several things to do. */
function accessoryOf(button: Button | null, menu: readonly Choice[]) {
  if (button !== null) return { accessory: buttonOf(button) };
  if (menu.length === 0) return {};
  const options = menu.slice(0, MOST_ACTS).map(({ label, value }) => ({
    text: { type: 'plain_text' as const, text: clip(label, 75) },
    value,
  }));
  return { accessory: { type: 'overflow' as const, action_id: ACT, options } };
}

function buttonOf(button: Button): SlackButton {
  const { confirm } = button;
  return {
    type: 'button',
    action_id: button.action,
    text: { type: 'plain_text', text: clip(button.label, 75), emoji: true },
    value: button.value,
    ...(button.style ? { style: button.style } : {}),
    ...(confirm
      ? {
          confirm: {
            title: { type: 'plain_text', text: clip(confirm.title, 100) },
            text: { type: 'plain_text', text: clip(confirm.text, 300) },
            confirm: { type: 'plain_text', text: clip(confirm.confirm, 30) },
            deny: { type: 'plain_text', text: clip(confirm.deny, 30) },
            ...(button.style ? { style: button.style } : {}),
          },
        }
      : {}),
  };
}

function richText(elements: RichTextBlockElement[]): RichTextBlock {
  return { type: 'rich_text', elements };
}

function section(inline: readonly Inline[]): RichTextSection {
  return {
    type: 'rich_text_section',
    elements: inline.map((piece) => byKind(ELEMENTS, piece)),
  };
}

function plain(text: string): Inline {
  return { kind: 'text', text };
}

const ELEMENTS: ByKind<Inline, RichTextElement> = {
  text: ({ text, style }) => ({
    type: 'text',
    text,
    ...(style ? { style: { [style]: true } } : {}),
  }),
  user: ({ id }) =>
    isUserId(id) ? { type: 'user', user_id: id } : { type: 'text', text: line(id, 60) },
  channel: ({ id }) =>
    isChannelId(id) ? { type: 'channel', channel_id: id } : { type: 'text', text: line(id, 60) },
  date: ({ at }) => ({
    type: 'date',
    timestamp: Math.floor(at / 1000),
    format: '{date_short_pretty} {time}',
    fallback: new Date(at).toISOString().slice(0, 16).replace('T', ' '),
  }),
  link: ({ url, label }) => ({ type: 'link', url, text: label }),
};

/**
 * The message with nobody named, or null when it names nobody: posted so and edited at once, it
 * calls no one. Slack notifies of mentions in new messages, not of those an edit brings.
 */
export function withoutMentions(message: Message): Message | null {
  // Texts take the place of texts, so blocks stay blocks.
  const blocks = unnamed(message.blocks) as KnownBlock[];
  return isDeepStrictEqual(blocks, message.blocks) ? null : { ...message, blocks };
}

/** A copy of what blocks are made of, with a mark in the place of each person. */
function unnamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unnamed);
  if (typeof value !== 'object' || value === null) return value;
  if ('user_id' in value && 'type' in value && value.type === 'user') {
    return { type: 'text', text: '…' };
  }
  const isMarkup = 'type' in value && value.type === 'mrkdwn';
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isMarkup && key === 'text' ? String(inner).replace(/<@[UW][A-Z0-9]+>/g, '…') : unnamed(inner),
    ]),
  );
}

/** Ids as Slack writes them; anything else would be shown as a broken mention. */
function isUserId(id: string): boolean {
  return /^[UW][A-Z0-9]{2,30}$/.test(id);
}

function isChannelId(id: string): boolean {
  return /^[CGD][A-Z0-9]{2,30}$/.test(id);
}

/** "Formatting text for app surfaces": these three characters, and only these, are escaped. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function mrkdwn(inline: readonly Inline[], limit: number): string {
  let text = '';
  for (const piece of inline) {
    const next = byKind(MRKDWN, piece);
    if (text.length + next.length > limit - 1) return `${text}…`;
    text += next;
  }
  return text || ' ';
}

const MARKS = { bold: '*', italic: '_', code: '`' } as const;

const MRKDWN: ByKind<Inline, string> = {
  text: ({ text, style }) => {
    const escaped = escapeMarkup(text.replaceAll('`', 'ˋ'));
    if (!style) return escaped;
    return `${MARKS[style]}${escaped}${MARKS[style]}`;
  },
  user: ({ id }) => (isUserId(id) ? `<@${id}>` : escapeMarkup(line(id, 60))),
  channel: ({ id }) => (isChannelId(id) ? `<#${id}>` : escapeMarkup(line(id, 60))),
  date: ({ at }) => {
    const fallback = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
    return `<!date^${Math.floor(at / 1000)}^{date_short_pretty} {time}|${fallback}>`;
  },
  link: ({ url, label }) => `<${escapeMarkup(url)}|${escapeMarkup(label)}>`,
};

/**
 * The last word on limits. Every reply is written to fit; should one not, whole blocks are left
 * out from the end, buttons never, and the message says so.
 */
function withinLimits(blocks: KnownBlock[]): KnownBlock[] {
  const cut: KnownBlock = {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: 'Some of this answer did not fit into one message.' }],
  };
  const kept: KnownBlock[] = [];
  const reserved = blocks.filter((entry) => entry.type === 'actions');
  let size = reserved.reduce((sum, entry) => sum + textLength(entry), 0) + textLength(cut);
  let count = reserved.length + 1;
  let complete = true;
  for (const entry of blocks) {
    if (entry.type === 'actions') {
      kept.push(entry);
      continue;
    }
    const length = textLength(entry);
    if (size + length > MOST_TEXT || count + 1 > MOST_BLOCKS) {
      complete = false;
      continue;
    }
    kept.push(entry);
    size += length;
    count += 1;
  }
  return complete ? kept : [...kept, cut];
}

/** Characters of every string a person would read in `value`. */
export function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + textLength(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'string') sum += textLength(item);
    else if (key === 'text' || key === 'title' || key === 'fallback') sum += item.length;
  }
  return sum;
}
