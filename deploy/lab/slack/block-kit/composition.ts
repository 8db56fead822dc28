/** Composition objects: texts, options, confirmations. Limits: Slack's reference pages. */
import {
  atLeastOneOf,
  atMostOneOf,
  boolean,
  byType,
  list,
  object,
  oneOf,
  optional,
  type Rule,
  string,
} from './rules.ts';

const plain = (max: number, min = 1): Rule =>
  object({ type: oneOf('plain_text'), text: string(max, min), emoji: optional(boolean) });

const mrkdwn = (max: number, min = 1): Rule =>
  object({ type: oneOf('mrkdwn'), text: string(max, min), verbatim: optional(boolean) });

export const plainText = (max: number, min = 1): Rule =>
  byType({ plain_text: plain(max, min) }, 'a plain_text object');

export const mrkdwnText = (max: number): Rule => byType({ mrkdwn: mrkdwn(max) }, 'a mrkdwn object');

export const anyText = (max: number): Rule =>
  byType({ plain_text: plain(max), mrkdwn: mrkdwn(max) }, 'a text object');

const option = (text: Rule): Rule =>
  object({
    text,
    value: string(150, 1),
    description: optional(anyText(75)),
    url: optional(string(3000)),
  });

/** Menus show plain text only; checkboxes and radio buttons may use mrkdwn. */
export const menuOption = option(plainText(75));
export const choiceOption = option(anyText(75));

export const optionGroup: Rule = object({
  label: plainText(75),
  options: list(menuOption, { min: 1, max: 100 }),
});

/** What an app answers to a `block_suggestion`. */
export const suggestedOptions: Rule = object(
  {
    options: optional(list(menuOption, { max: 100 })),
    option_groups: optional(list(optionGroup, { max: 100 })),
  },
  atLeastOneOf('options', 'option_groups'),
  atMostOneOf('options', 'option_groups'),
);

export const confirmation: Rule = object({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: optional(oneOf('primary', 'danger')),
});
