/** Blocks, their limits, and on which surface each may stand. */
import type { JsonObject } from '../json.ts';
import { anyText, mrkdwnText, plainText } from './composition.ts';
import {
  accessory,
  actionsElement,
  button,
  contextActionsElement,
  contextElement,
  imageElement,
  inputElement,
  source,
} from './elements.ts';
import { richText } from './rich-text.ts';
import {
  atLeastOneOf,
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

export type Surface = 'message' | 'modal' | 'home';

const block = (
  type: string,
  fields: Record<string, Field>,
  ...checks: ((value: JsonObject) => string | null)[]
): Rule => object({ type: oneOf(type), block_id: optional(string(255)), ...fields }, ...checks);

const cell: Rule = byType(
  {
    raw_text: object({ type: oneOf('raw_text'), text: string(undefined, 1) }),
    raw_number: object({ type: oneOf('raw_number'), value: number, text: optional(string()) }),
    rich_text: richText,
  },
  'a table cell',
);

/** Status words: Slack's own models; `completed` is a common mistake and refused. */
const taskFields: Record<string, Field> = {
  task_id: string(255, 1),
  title: string(undefined, 1),
  details: optional(richText),
  output: optional(richText),
  sources: optional(list(source)),
  status: oneOf('pending', 'in_progress', 'complete', 'error'),
};

const task = block('task_card', taskFields);

/** A card on its own is work that has begun: Slack refuses `pending` outside a plan. */
const standaloneTask = block('task_card', taskFields, ({ status }) =>
  status === 'pending' ? 'a standalone task_card must not be pending' : null,
);

const card = block(
  'card',
  {
    hero_image: optional(imageElement),
    icon: optional(imageElement),
    title: optional(mrkdwnText(150)),
    subtitle: optional(mrkdwnText(150)),
    body: optional(mrkdwnText(200)),
    actions: optional(list(byType({ button }, 'a card'))),
  },
  atLeastOneOf('hero_image', 'title', 'actions', 'body'),
);

const everywhere: Record<string, Rule> = {
  section: block(
    'section',
    {
      text: optional(anyText(3000)),
      fields: optional(list(anyText(2000), { min: 1, max: 10 })),
      accessory: optional(accessory),
      expand: optional(boolean),
    },
    atLeastOneOf('text', 'fields'),
  ),
  header: block('header', { text: plainText(150) }),
  divider: block('divider', {}),
  context: block('context', { elements: list(contextElement, { min: 1, max: 10 }) }),
  actions: block('actions', { elements: list(actionsElement, { min: 1, max: 25 }) }),
  image: block(
    'image',
    {
      alt_text: string(2000, 1),
      title: optional(plainText(2000)),
      image_url: optional(string(3000, 1)),
      slack_file: optional(object({ id: optional(string()), url: optional(string()) })),
    },
    atLeastOneOf('image_url', 'slack_file'),
  ),
  rich_text: richText,
  input: block('input', {
    label: plainText(2000),
    element: inputElement,
    hint: optional(plainText(2000)),
    optional: optional(boolean),
    dispatch_action: optional(boolean),
  }),
};

const table = block('table', {
  rows: list(list(cell, { min: 1, max: 20 }), { min: 1, max: 100 }),
  column_settings: optional(
    list(
      object({ align: optional(oneOf('left', 'center', 'right')), is_wrapped: optional(boolean) }),
      { max: 20 },
    ),
  ),
});

const inMessages: Record<string, Rule> = {
  markdown: block('markdown', { text: string(12_000, 1) }),
  table,
  data_table: block('data_table', {
    rows: list(list(cell, { min: 1, max: 20 }), { min: 1, max: 100 }),
    caption: string(undefined, 1),
    page_size: optional(number),
    row_header_column_index: optional(number),
  }),
  alert: block('alert', {
    text: anyText(3000),
    level: optional(oneOf('default', 'info', 'warning', 'error', 'success')),
  }),
  card,
  carousel: block('carousel', {
    elements: list(byType({ card }, 'a carousel'), { min: 1, max: 10 }),
  }),
  container: block(
    'container',
    {
      title: optional(plainText(150)),
      rich_text_title: optional(richText),
      subtitle: optional(anyText(150)),
      child_blocks: list(byType({ ...everywhere, table }, 'a container'), { max: 10 }),
      width: optional(oneOf('narrow', 'standard', 'wide', 'full')),
      icon: optional(imageElement),
      is_collapsible: optional(boolean),
      default_collapsed: optional(boolean),
      has_header_divider: optional(boolean),
    },
    atLeastOneOf('title', 'rich_text_title'),
  ),
  context_actions: block('context_actions', {
    elements: list(contextActionsElement, { min: 1, max: 5 }),
  }),
  plan: block('plan', {
    title: string(undefined, 1),
    tasks: optional(list(byType({ task_card: task }, 'a plan'))),
  }),
  task_card: standaloneTask,
};

const bySurface: Record<Surface, Rule> = {
  message: byType({ ...everywhere, ...inMessages }, 'a message'),
  modal: byType(
    { ...everywhere, markdown: inMessages.markdown ?? table, alert: inMessages.alert ?? table },
    'a modal',
  ),
  home: byType({ ...everywhere, markdown: inMessages.markdown ?? table }, 'a Home tab'),
};

/** The rule of one block on `surface`. */
export const blockRule = (surface: Surface): Rule => bySurface[surface];
