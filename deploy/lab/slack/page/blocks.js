/** Block Kit as elements. */
import { control } from './controls.js';
import { h, icon, link } from './dom.js';
import { withEmoji } from './emoji.js';
import { markdown, richText, textObject } from './text.js';

const STATUS_WORDS = {
  pending: 'Pending',
  in_progress: 'In progress',
  complete: 'Done',
  error: 'Failed',
};

const statusIcon = (status) =>
  h(
    'span.status',
    { class: `status-${status}`, role: 'img', 'aria-label': STATUS_WORDS[status] },
    status === 'complete' ? icon('check') : status === 'error' ? icon('close') : null,
  );

const task = (card) =>
  h(
    'li.task',
    { 'data-task-id': card.task_id, 'data-status': card.status },
    statusIcon(card.status),
    h(
      'div.task-body',
      {},
      h('div.task-title', {}, withEmoji(card.title)),
      card.details ? h('div.task-details', {}, richText(card.details)) : null,
      card.output ? h('div.task-output', {}, richText(card.output)) : null,
      card.sources
        ? h(
            'div.task-sources',
            {},
            card.sources.map((source) => link(source.url, source.text)),
          )
        : null,
    ),
  );

function plan(block) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter(({ status }) => status === 'complete').length;
  const failed = tasks.some(({ status }) => status === 'error');
  const overall = failed ? 'error' : done === tasks.length && done > 0 ? 'complete' : 'in_progress';
  return h(
    'details.plan',
    { open: true, 'data-status': overall },
    h(
      'summary',
      {},
      statusIcon(overall),
      h('span.plan-title', {}, withEmoji(block.title)),
      h('span.plan-count', {}, `${done} of ${tasks.length}`),
      icon('down'),
    ),
    h('ol', {}, tasks.map(task)),
  );
}

const cell = (content) => {
  if (content.type === 'rich_text') return richText(content);
  return content.type === 'raw_number'
    ? (content.text ?? String(content.value))
    : withEmoji(content.text);
};

const table = (block) => {
  const aligned = (index, content) => {
    const settings = block.column_settings?.[index];
    const side = settings?.align ?? (content.type === 'raw_number' ? 'right' : 'left');
    return `align-${side}${settings?.is_wrapped ? ' wrapped' : ''}`;
  };
  const [head = [], ...rows] = block.rows;
  return h(
    'div.table-scroll',
    {},
    block.caption ? h('div.caption', {}, withEmoji(block.caption)) : null,
    h(
      'table.grid',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map((content, index) => h('th', { class: aligned(index, content) }, cell(content))),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((content, index) => h('td', { class: aligned(index, content) }, cell(content))),
          ),
        ),
      ),
    ),
  );
};

/** The pieces of a card, in their order. */
const card = (surface, block) =>
  h(
    'div.card',
    {},
    block.hero_image
      ? h('img', { src: block.hero_image.image_url, alt: block.hero_image.alt_text })
      : null,
    block.title ? h('div.card-title', {}, textObject(block.title)) : null,
    block.subtitle ? h('div.card-subtitle', {}, textObject(block.subtitle)) : null,
    block.body ? h('div', {}, textObject(block.body)) : null,
    block.actions
      ? h(
          'div.actions',
          {},
          block.actions.map((element) => control(surface, block, element)),
        )
      : null,
  );

/** By block type: `(surface, block) => element`. */
const BLOCKS = {
  section: (surface, block) =>
    h(
      'div.section',
      {},
      h(
        'div.section-body',
        {},
        block.text ? h('div.section-text', {}, textObject(block.text)) : null,
        block.fields
          ? h(
              'div.fields',
              {},
              block.fields.map((field) => h('div', {}, textObject(field))),
            )
          : null,
      ),
      block.accessory ? h('div.accessory', {}, control(surface, block, block.accessory)) : null,
    ),
  header: (_surface, block) => h('h3.header', {}, textObject(block.text)),
  divider: () => h('hr'),
  context: (surface, block) =>
    h(
      'div.context',
      {},
      block.elements.map((element) =>
        element.type === 'image'
          ? control(surface, block, element)
          : h('span', {}, textObject(element)),
      ),
    ),
  actions: (surface, block) =>
    h(
      'div.actions',
      {},
      block.elements.map((element) => control(surface, block, element)),
    ),
  image: (_surface, block) =>
    h(
      'figure',
      {},
      block.title ? h('figcaption', {}, textObject(block.title)) : null,
      h('img', { src: block.image_url, alt: block.alt_text }),
    ),
  rich_text: (_surface, block) => h('div.rich', {}, richText(block)),
  markdown: (_surface, block) => h('div.markdown', {}, markdown(block.text)),
  table: (_surface, block) => table(block),
  data_table: (_surface, block) => table(block),
  alert: (_surface, block) =>
    h(
      'div.alert',
      { class: `alert-${block.level ?? 'default'}`, role: 'note' },
      textObject(block.text),
    ),
  card,
  carousel: (surface, block) =>
    h(
      'div.carousel',
      {},
      block.elements.map((one) => card(surface, one)),
    ),
  container: (surface, block) =>
    h(
      'section.container',
      {},
      h(
        'div.container-title',
        {},
        block.rich_text_title ? richText(block.rich_text_title) : textObject(block.title),
      ),
      block.subtitle ? h('div.card-subtitle', {}, textObject(block.subtitle)) : null,
      block.child_blocks.map((child) => render(surface, child)),
    ),
  context_actions: (surface, block) =>
    h(
      'div.actions',
      {},
      block.elements.map((element) => control(surface, block, element)),
    ),
  plan: (_surface, block) => plan(block),
  task_card: (_surface, block) => h('ol.plan.single', {}, task(block)),
  input: (surface, block) =>
    h(
      'div.input',
      {},
      h(
        'div.input-label',
        {},
        textObject(block.label),
        block.optional ? h('span.optional', {}, ' (optional)') : null,
      ),
      control(surface, block, block.element),
      block.hint ? h('div.hint', {}, textObject(block.hint)) : null,
      h('div.error', { role: 'alert' }),
    ),
};

function render(surface, block) {
  const element = BLOCKS[block.type]?.(surface, block) ?? h('div.none', {}, `[${block.type}]`);
  element.dataset.block = block.block_id ?? '';
  element.classList.add('block');
  return element;
}

/** Every block of a message or view. */
export const renderBlocks = (surface, blocks) => blocks.map((block) => render(surface, block));
