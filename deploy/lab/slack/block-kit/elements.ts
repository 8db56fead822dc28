/** Block elements and their limits. */

import type { JsonObject } from '../json.ts';
import {
  anyText,
  choiceOption,
  confirmation,
  menuOption,
  optionGroup,
  plainText,
} from './composition.ts';
import { richText } from './rich-text.ts';
import {
  anything,
  atLeastOneOf,
  atMostOneOf,
  boolean,
  byType,
  type Field,
  list,
  matching,
  number,
  object,
  oneOf,
  optional,
  type Rule,
  string,
} from './rules.ts';

const actionId = optional(string(255, 1));
const confirm = optional(confirmation);
const focus = optional(boolean);
const placeholder = optional(plainText(150));
const menuSource: Record<string, Field> = {
  options: optional(list(menuOption, { min: 1, max: 100 })),
  option_groups: optional(list(optionGroup, { min: 1, max: 100 })),
};
const oneSource = [
  atLeastOneOf('options', 'option_groups'),
  atMostOneOf('options', 'option_groups'),
];
const dispatch = optional(
  object({ trigger_actions_on: optional(list(oneOf('on_enter_pressed', 'on_character_entered'))) }),
);
const conversationFilter = optional(
  object({
    include: optional(list(oneOf('im', 'mpim', 'private', 'public'))),
    exclude_external_shared_channels: optional(boolean),
    exclude_bot_users: optional(boolean),
  }),
);
const date = matching(/^\d{4}-\d\d-\d\d$/, 'must be a date as YYYY-MM-DD');
const time = matching(/^\d\d:\d\d$/, 'must be a time as HH:mm');

const element = (
  type: string,
  fields: Record<string, Field>,
  ...checks: ((value: JsonObject) => string | null)[]
): Rule => object({ type: oneOf(type), action_id: actionId, ...fields }, ...checks);

const menu = (
  type: string,
  fields: Record<string, Field>,
  ...checks: ((value: JsonObject) => string | null)[]
): Rule => element(type, { placeholder, confirm, focus_on_load: focus, ...fields }, ...checks);

const many = { max_selected_items: optional(number) };
const wide = {
  response_url_enabled: optional(boolean),
  default_to_current_conversation: optional(boolean),
};

const image: Rule = object(
  {
    type: oneOf('image'),
    alt_text: string(2000),
    image_url: optional(string(3000, 1)),
    slack_file: optional(object({ id: optional(string()), url: optional(string()) })),
  },
  atLeastOneOf('image_url', 'slack_file'),
);

export const button: Rule = element('button', {
  text: plainText(75),
  value: optional(string(2000)),
  url: optional(string(3000)),
  style: optional(oneOf('primary', 'danger')),
  confirm,
  accessibility_label: optional(string(75)),
});

const checkboxes = element('checkboxes', {
  options: list(choiceOption, { min: 1, max: 10 }),
  initial_options: optional(list(choiceOption, { min: 1, max: 10 })),
  confirm,
  focus_on_load: focus,
});

const radioButtons = element('radio_buttons', {
  options: list(choiceOption, { min: 1, max: 10 }),
  initial_option: optional(choiceOption),
  confirm,
  focus_on_load: focus,
});

const overflow = element('overflow', { options: list(menuOption, { min: 1, max: 5 }), confirm });

const menus: Record<string, Rule> = {
  static_select: menu(
    'static_select',
    { ...menuSource, initial_option: optional(menuOption) },
    ...oneSource,
  ),
  multi_static_select: menu(
    'multi_static_select',
    { ...menuSource, ...many, initial_options: optional(list(menuOption, { min: 1, max: 100 })) },
    ...oneSource,
  ),
  external_select: menu('external_select', {
    initial_option: optional(menuOption),
    min_query_length: optional(number),
  }),
  multi_external_select: menu('multi_external_select', {
    ...many,
    initial_options: optional(list(menuOption, { max: 100 })),
    min_query_length: optional(number),
  }),
  users_select: menu('users_select', { initial_user: optional(string()) }),
  multi_users_select: menu('multi_users_select', {
    ...many,
    initial_users: optional(list(string())),
  }),
  channels_select: menu('channels_select', {
    initial_channel: optional(string()),
    response_url_enabled: optional(boolean),
  }),
  multi_channels_select: menu('multi_channels_select', {
    ...many,
    initial_channels: optional(list(string())),
  }),
  conversations_select: menu('conversations_select', {
    ...wide,
    initial_conversation: optional(string()),
    filter: conversationFilter,
  }),
  multi_conversations_select: menu('multi_conversations_select', {
    ...many,
    default_to_current_conversation: optional(boolean),
    initial_conversations: optional(list(string())),
    filter: conversationFilter,
  }),
};

const pickers: Record<string, Rule> = {
  datepicker: menu('datepicker', { initial_date: optional(date) }),
  timepicker: menu('timepicker', { initial_time: optional(time), timezone: optional(string()) }),
  datetimepicker: element('datetimepicker', {
    initial_date_time: optional(number),
    confirm,
    focus_on_load: focus,
  }),
};

const choices: Record<string, Rule> = { checkboxes, radio_buttons: radioButtons };

const typed: Record<string, Rule> = {
  plain_text_input: element(
    'plain_text_input',
    {
      placeholder,
      focus_on_load: focus,
      initial_value: optional(string(3000)),
      multiline: optional(boolean),
      min_length: optional(number),
      max_length: optional(number),
      dispatch_action_config: dispatch,
    },
    ({ min_length: min, max_length: max }) =>
      Number(min ?? 0) > 3000 || Number(max ?? 1) > 3000 || Number(max ?? 1) < 1
        ? 'min_length and max_length must be at most 3000'
        : null,
  ),
  number_input: element('number_input', {
    is_decimal_allowed: boolean,
    placeholder,
    focus_on_load: focus,
    initial_value: optional(string()),
    min_value: optional(string()),
    max_value: optional(string()),
    dispatch_action_config: dispatch,
  }),
  email_text_input: element('email_text_input', {
    placeholder,
    focus_on_load: focus,
    initial_value: optional(string()),
    dispatch_action_config: dispatch,
  }),
  url_text_input: element('url_text_input', {
    placeholder,
    focus_on_load: focus,
    initial_value: optional(string()),
    dispatch_action_config: dispatch,
  }),
  rich_text_input: element('rich_text_input', {
    placeholder,
    focus_on_load: focus,
    initial_value: optional(richText),
    dispatch_action_config: dispatch,
  }),
};

const fileInput = element(
  'file_input',
  { filetypes: optional(list(string())), max_files: optional(number) },
  ({ max_files: max }) =>
    max === undefined || (Number(max) >= 1 && Number(max) <= 10)
      ? null
      : 'max_files must be 1 to 10',
);

const feedback = object({
  text: plainText(75),
  value: string(2000),
  accessibility_label: optional(string(75)),
});

const urlSource: Rule = object({
  type: oneOf('url'),
  url: string(3000, 1),
  text: string(undefined, 1),
  icon_url: optional(string()),
});

export const accessory: Rule = byType(
  { button, image, overflow, workflow_button: anything, ...menus, ...pickers, ...choices },
  'a section accessory',
);

export const actionsElement: Rule = byType(
  {
    button,
    overflow,
    workflow_button: anything,
    ...menus,
    ...pickers,
    ...choices,
    rich_text_input: typed.rich_text_input ?? anything,
  },
  'an actions block',
);

export const inputElement: Rule = byType(
  { ...menus, ...pickers, ...choices, ...typed, file_input: fileInput },
  'an input block',
);

/** Context texts have no limit of their own in the reference; Slack's models use the text object's 3000. */
export const contextElement: Rule = (value, pointer, report) => {
  const rule =
    typeof value === 'object' && value !== null && 'type' in value && value.type === 'image'
      ? image
      : anyText(3000);
  rule(value, pointer, report);
};

export const contextActionsElement: Rule = byType(
  {
    feedback_buttons: element('feedback_buttons', {
      positive_button: feedback,
      negative_button: feedback,
    }),
    icon_button: element('icon_button', {
      icon: string(),
      text: plainText(75),
      value: optional(string(2000)),
      confirm,
      accessibility_label: optional(string(75)),
      visible_to_user_ids: optional(list(string())),
    }),
  },
  'a context_actions block',
);

export const imageElement: Rule = byType({ image }, 'an image');
export const source: Rule = byType({ url: urlSource }, 'a task source');
