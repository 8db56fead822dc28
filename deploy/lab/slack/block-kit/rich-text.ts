/** `rich_text` blocks and what may stand inside them. */
import {
  boolean,
  byType,
  type Field,
  list,
  number,
  object,
  oneOf,
  optional,
  type Rule,
  string,
} from './rules.ts';

const style = optional(
  object({
    bold: optional(boolean),
    italic: optional(boolean),
    strike: optional(boolean),
    underline: optional(boolean),
    code: optional(boolean),
    highlight: optional(boolean),
    client_highlight: optional(boolean),
    unlink: optional(boolean),
  }),
);

const inline = (type: string, fields: Record<string, Field>): Rule =>
  object({ type: oneOf(type), style, ...fields });

const inlineElement: Rule = byType(
  {
    text: inline('text', { text: string(undefined, 1) }),
    link: inline('link', {
      url: string(3000, 1),
      text: optional(string()),
      unsafe: optional(boolean),
    }),
    user: inline('user', { user_id: string(undefined, 1) }),
    usergroup: inline('usergroup', { usergroup_id: string(undefined, 1) }),
    channel: inline('channel', { channel_id: string(undefined, 1) }),
    emoji: inline('emoji', {
      name: string(undefined, 1),
      unicode: optional(string()),
      skin_tone: optional(number),
    }),
    broadcast: inline('broadcast', { range: oneOf('here', 'channel', 'everyone') }),
    color: inline('color', { value: string() }),
    date: inline('date', {
      timestamp: number,
      format: string(),
      url: optional(string()),
      fallback: optional(string()),
    }),
    team: inline('team', { team_id: string() }),
  },
  'a rich_text element',
);

const section: Rule = object({ type: oneOf('rich_text_section'), elements: list(inlineElement) });

const richTextElement: Rule = byType(
  {
    rich_text_section: section,
    rich_text_list: object({
      type: oneOf('rich_text_list'),
      style: oneOf('bullet', 'ordered'),
      elements: list(byType({ rich_text_section: section }, 'a rich_text_list')),
      indent: optional(number),
      offset: optional(number),
      border: optional(number),
    }),
    rich_text_preformatted: object({
      type: oneOf('rich_text_preformatted'),
      elements: list(inlineElement),
      border: optional(number),
      language: optional(string()),
    }),
    rich_text_quote: object({
      type: oneOf('rich_text_quote'),
      elements: list(inlineElement),
      border: optional(number),
    }),
  },
  'a rich_text block',
);

export const richText: Rule = object({
  type: oneOf('rich_text'),
  block_id: optional(string(255)),
  elements: list(richTextElement),
});
