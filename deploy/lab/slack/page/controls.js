/**
 * Interactive elements. A control works on a `surface`:
 * `{ where, values, act(block, element, value), input: whether in a modal }`.
 */
import { h, icon, toast } from './dom.js';
import { confirmed, openMenu, openPopover } from './popover.js';
import { act, channelTitle, state, toBase64 } from './store.js';
import { textObject } from './text.js';

const remember = (surface, block, element, value) => {
  surface.values[block.block_id] = {
    ...surface.values[block.block_id],
    [element.action_id]: value,
  };
};

/** Keeps a value, and tells the app at once where Slack does: outside inputs, or when asked to. */
async function change(surface, block, element, value) {
  remember(surface, block, element, value);
  if (block.type !== 'input' || block.dispatch_action) await surface.act(block, element, value);
}

const identified = (block, element) => ({
  'data-block-id': block.block_id,
  'data-action-id': element.action_id,
});

function button(surface, block, element) {
  const control = h(
    'button.button',
    {
      type: 'button',
      class: element.style ?? '',
      ...identified(block, element),
      'data-value': element.value,
      'aria-label': element.accessibility_label,
      onclick: async () => {
        // Not `disabled`, which takes the focus away.
        if (control.classList.contains('busy')) return;
        if (element.url) window.open(element.url, '_blank', 'noopener');
        if (!(await confirmed(element.confirm, textObject))) return;
        control.classList.add('busy');
        await surface.act(block, element, element.value);
        control.classList.remove('busy');
      },
    },
    h('span', {}, textObject(element.text)),
  );
  return control;
}

function overflow(surface, block, element) {
  const control = h(
    'button.button.overflow',
    { type: 'button', 'aria-label': 'More actions', ...identified(block, element) },
    icon('more'),
  );
  control.addEventListener('click', () =>
    openMenu(
      control,
      element.options.map((option) => ({
        label: textObject(option.text),
        detail: option.description ? textObject(option.description) : null,
        value: option.value,
        choose: async () => {
          if (await confirmed(element.confirm, textObject))
            await surface.act(block, element, option.value);
        },
      })),
    ),
  );
  return control;
}

const asOption = (text, value, detail) => ({
  text: { type: 'plain_text', text },
  value,
  ...(detail ? { description: { type: 'plain_text', text: detail } } : {}),
});

const people = () =>
  state.users
    .filter(({ is_bot }) => !is_bot)
    .map((user) => asOption(user.real_name, user.id, user.title));
const places = (kinds) =>
  state.channels
    .filter(({ kind }) => kinds.includes(kind))
    .map((channel) =>
      asOption(`${channel.kind === 'im' ? '' : '#'}${channelTitle(channel)}`, channel.id),
    );

/** Where a menu's options come from: groups of `{ label, options }`. */
const SOURCES = {
  static: (element) =>
    element.option_groups?.map((group) => ({
      label: group.label.text,
      options: group.options,
    })) ?? [{ options: element.options }],
  users: () => [{ options: people() }],
  channels: () => [{ options: places(['public', 'private']) }],
  conversations: () => [{ options: places(['public', 'private', 'im']) }],
};

/** What was entered before the surface was drawn anew; undefined where nothing was. */
const keptIn = (surface, block, element) => surface.values[block.block_id]?.[element.action_id];

/** What a menu shows as chosen: what was, else what it begins with. */
function initialChoice(element, options, kept) {
  if (kept !== undefined)
    return [kept].flat().flatMap((one) => {
      const found = typeof one === 'string' ? options.find(({ value }) => value === one) : one;
      return found ?? [];
    });
  const given =
    element.initial_options ?? (element.initial_option ? [element.initial_option] : null);
  if (given) return given;
  const ids = [
    element.initial_user,
    element.initial_channel,
    element.initial_conversation,
    element.initial_users,
    element.initial_channels,
    element.initial_conversations,
  ]
    .flat()
    .filter(Boolean);
  return options.filter(({ value }) => ids.includes(value));
}

/** A menu with type-ahead: one or several choices, options given, known or asked of the app. */
function menu(surface, block, element) {
  const several = element.type.startsWith('multi_');
  const source = element.type.replace('multi_', '').replace('_select', '');
  const known = source === 'external' ? [] : SOURCES[source](element);
  let chosen = initialChoice(
    element,
    known.flatMap(({ options }) => options),
    keptIn(surface, block, element),
  );
  const label = h('span.menu-label');
  const control = h(
    'button.select',
    {
      ...{ type: 'button', role: 'combobox', 'aria-haspopup': 'listbox', 'aria-expanded': 'false' },
      ...identified(block, element),
    },
    label,
    icon('down'),
  );
  const paint = () => {
    label.replaceChildren(
      ...(chosen.length === 0
        ? [h('span.placeholder', {}, element.placeholder?.text ?? 'Choose an option')]
        : several
          ? chosen.map((option) => h('span.chip', {}, textObject(option.text)))
          : textObject(chosen[0].text)),
    );
    const words = chosen.map((option) => option.text.text).join(', ');
    if (block.label) control.setAttribute('aria-label', `${block.label.text} ${words}`.trim());
  };
  const choose = async (option) => {
    if (several) {
      const without = chosen.filter(({ value }) => value !== option.value);
      chosen =
        without.length < chosen.length
          ? without
          : [...chosen, option].slice(0, element.max_selected_items ?? 100);
    } else chosen = [option];
    paint();
    const value =
      source === 'external'
        ? several
          ? chosen
          : chosen[0]
        : several
          ? chosen.map((one) => one.value)
          : option.value;
    await change(surface, block, element, value);
  };
  paint();
  control.addEventListener('click', () =>
    openChoices(control, {
      surface,
      block,
      element,
      source,
      known,
      several,
      chosen: () => chosen,
      isChosen: (option) => chosen.some(({ value }) => value === option.value),
      choose,
    }),
  );
  return control;
}

/** What stands in the list of a menu whose app gave no options. */
const failureOf = ({ error }) =>
  error === 'operation_timeout' ? 'Error loading options' : `Error loading options (${error})`;

/** The open list of a menu. */
function openChoices(
  control,
  { surface, block, element, source, known, several, chosen, isChosen, choose },
) {
  const search = h('input.search', {
    type: 'text',
    placeholder: source === 'external' ? 'Type to search' : 'Filter',
    'aria-label': 'Search options',
  });
  const listBox = h('div.options', { role: 'listbox' });
  const shut = openPopover(control, h('div.chooser', {}, search, listBox));
  let active = 0;
  let asked = 0;
  const show = (groups) => {
    const rows = [];
    for (const { label, options } of groups) {
      if (label) rows.push(h('div.group', {}, label));
      for (const option of options)
        rows.push(
          h(
            'button',
            {
              type: 'button',
              role: 'option',
              'aria-selected': isChosen(option),
              'data-value': option.value,
              onclick: async () => {
                if (!several) shut();
                await choose(option);
                if (several) show(groups);
              },
            },
            h('span', {}, textObject(option.text)),
            option.description ? h('small', {}, textObject(option.description)) : null,
            isChosen(option) ? icon('check') : null,
          ),
        );
    }
    listBox.replaceChildren(...(rows.length > 0 ? rows : [h('div.none', {}, 'No matches')]));
    active = 0;
    mark();
  };
  const mark = () => {
    const rows = [...listBox.querySelectorAll('button')];
    active = Math.max(0, Math.min(active, rows.length - 1));
    rows.forEach((row, index) => {
      row.classList.toggle('active', index === active);
    });
    rows[active]?.scrollIntoView({ block: 'nearest' });
  };
  const filtered = (query) =>
    known
      .map(({ label, options }) => ({
        label,
        options: options.filter((option) =>
          option.text.text.toLowerCase().includes(query.toLowerCase()),
        ),
      }))
      .filter(({ options }) => options.length > 0);
  const least = element.min_query_length ?? 3;
  const ask = async (query) => {
    const turn = ++asked;
    if (query.length < least) {
      // What is chosen can be taken out again.
      if (several && chosen().length > 0) show([{ options: chosen() }]);
      else listBox.replaceChildren(h('div.none', {}, `Type at least ${least} characters`));
      return;
    }
    const answer = await act('optionsFor', {
      ...surface.where,
      blockId: block.block_id,
      actionId: element.action_id,
      query,
    });
    if (turn !== asked) return;
    if (answer.error) listBox.replaceChildren(h('div.none', {}, failureOf(answer)));
    else if (answer.groups.length === 0) show([{ options: answer.options }]);
    else show(answer.groups.map(({ label, options }) => ({ label: label.text, options })));
  };
  const look = () => (source === 'external' ? ask(search.value) : show(filtered(search.value)));
  search.addEventListener('input', look);
  search.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      active += step;
      mark();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      listBox.querySelectorAll('button')[active]?.click();
    }
  });
  look();
  search.focus();
}

/** Radio buttons and checkboxes. */
function choices(surface, block, element) {
  const several = element.type === 'checkboxes';
  const begins = (element.initial_options ?? [element.initial_option])
    .filter(Boolean)
    .map(({ value }) => value);
  const initial = [keptIn(surface, block, element) ?? begins].flat();
  const group = `${block.block_id} ${element.action_id}`;
  const box = h('div.choices', {
    role: several ? 'group' : 'radiogroup',
    ...identified(block, element),
  });
  box.append(
    ...element.options.map((option) =>
      h(
        'label',
        {},
        h('input', {
          type: several ? 'checkbox' : 'radio',
          name: group,
          value: option.value,
          checked: initial.includes(option.value),
          onchange: () => {
            const checked = [...box.querySelectorAll('input:checked')].map((input) => input.value);
            return change(surface, block, element, several ? checked : checked[0]);
          },
        }),
        h(
          'span',
          {},
          textObject(option.text),
          option.description ? h('small', {}, textObject(option.description)) : null,
        ),
      ),
    ),
  );
  return box;
}

const INPUT_TYPES = {
  number_input: 'number',
  email_text_input: 'email',
  url_text_input: 'url',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
};

/** Everything typed, dates and times. */
function typed(surface, block, element) {
  const attributes = {
    ...identified(block, element),
    class: 'field',
    placeholder: element.placeholder?.text,
    maxlength: element.max_length,
    'aria-label': block.label?.text,
  };
  const initial = element.initial_value ?? element.initial_date ?? element.initial_time ?? '';
  const keep = (value) =>
    remember(
      surface,
      block,
      element,
      element.type === 'datetimepicker' ? Math.floor(new Date(value).getTime() / 1000) : value,
    );
  const control = element.multiline
    ? h('textarea', { ...attributes, rows: 4 })
    : h('input', {
        ...attributes,
        type: INPUT_TYPES[element.type] ?? 'text',
        step: element.is_decimal_allowed ? 'any' : null,
      });
  control.value = initial;
  control.addEventListener('input', () => keep(control.value));
  control.addEventListener('change', () => {
    if (INPUT_TYPES[element.type] && element.type.endsWith('picker'))
      change(surface, block, element, control.value);
  });
  control.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && block.dispatch_action)
      change(surface, block, element, control.value);
  });
  return control;
}

const image = (_surface, _block, element) =>
  h('img.thumbnail', { src: element.image_url, alt: element.alt_text });

/** Names of the files that were uploaded here, by their ids. */
const uploadedNames = new Map();

/** Files for the app, chosen here and uploaded at once; the value is their ids. */
function fileInput(surface, block, element) {
  const most = element.max_files ?? 10;
  const list = h('div.files');
  const keep = async (ids) => {
    await change(surface, block, element, ids);
    paint();
  };
  const held = () => keptIn(surface, block, element) ?? [];
  const paint = () =>
    list.replaceChildren(
      ...held().map((id) =>
        h(
          'span.chip',
          {},
          uploadedNames.get(id) ?? id,
          h(
            'button.icon-button',
            {
              type: 'button',
              'aria-label': `Remove ${uploadedNames.get(id) ?? id}`,
              onclick: async () => {
                await keep(held().filter((other) => other !== id));
                picker.focus();
              },
            },
            icon('close'),
          ),
        ),
      ),
    );
  const picker = h('input', {
    type: 'file',
    ...identified(block, element),
    class: 'field',
    multiple: most > 1,
    accept: element.filetypes?.map((type) => `.${type}`).join(','),
    'aria-label': block.label?.text,
    onchange: async () => {
      const files = [...picker.files];
      const uploaded = await Promise.all(
        files.map(async (file) => {
          const { fileId } = await act('uploadFile', {
            name: file.name,
            base64: await toBase64(file),
          });
          uploadedNames.set(fileId, file.name);
          return fileId;
        }),
      );
      // The same file can be chosen again after it was removed.
      picker.value = '';
      await keep([...held(), ...uploaded].slice(-most));
    },
  });
  paint();
  return h('div', {}, picker, list);
}

const CONTROLS = {
  button,
  overflow,
  image,
  static_select: menu,
  external_select: menu,
  users_select: menu,
  channels_select: menu,
  conversations_select: menu,
  multi_static_select: menu,
  multi_external_select: menu,
  multi_users_select: menu,
  multi_channels_select: menu,
  multi_conversations_select: menu,
  checkboxes: choices,
  radio_buttons: choices,
  plain_text_input: typed,
  number_input: typed,
  email_text_input: typed,
  url_text_input: typed,
  datepicker: typed,
  timepicker: typed,
  datetimepicker: typed,
  rich_text_input: typed,
  file_input: fileInput,
};

export const control = (surface, block, element) =>
  CONTROLS[element.type]?.(surface, block, element) ?? h('span.none', {}, `[${element.type}]`);

/** A surface whose actions go to the app; a failure is told like Slack tells it. */
export function surfaceAt(where, values = {}) {
  const surface = {
    where,
    values,
    act: async (block, element, value) => {
      const answer = await act('click', {
        ...where,
        actionId: element.action_id,
        blockId: block.block_id,
        value,
        values: surface.values,
      });
      if (answer.error)
        toast(
          answer.error === 'operation_timeout'
            ? 'The app did not answer in time (operation_timeout).'
            : `That did not work: ${answer.error}`,
        );
    },
  };
  return surface;
}
