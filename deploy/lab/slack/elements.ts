/** Interactive elements: finding them on a surface, and what a person's choice in them becomes. */
import { isObject, type JsonObject, objectsIn } from './json.ts';
import type { Block } from './workspace.ts';

export type Found = { block: Block; element: JsonObject };

/** Every interactive element on a surface, with the block it stands in (containers are looked into). */
export function* elementsIn(blocks: Block[]): Generator<Found> {
  for (const block of blocks) {
    const candidates = [
      ...objectsIn(block.elements),
      block.accessory,
      block.element,
      ...objectsIn(block.actions),
    ];
    for (const element of candidates)
      if (isObject(element) && typeof element.action_id === 'string') yield { block, element };
    for (const inner of objectsIn(block.child_blocks))
      yield* elementsIn([{ ...inner, type: String(inner.type) }]);
  }
}

/** The element with this action id; throws, naming those there are. */
export function findElement(blocks: Block[], actionId: string, blockId?: string): Found {
  const all = [...elementsIn(blocks)];
  const found = all.find(
    ({ block, element }) =>
      element.action_id === actionId && (blockId === undefined || block.block_id === blockId),
  );
  if (found) return found;
  const have = all.map(({ element }) => String(element.action_id)).join(', ');
  throw new Error(`nothing to use with action_id "${actionId}"; there are: ${have || 'none'}`);
}

/** The options of a menu, groups flattened. */
export const optionsOf = (element: JsonObject): JsonObject[] => [
  ...objectsIn(element.options),
  ...objectsIn(element.option_groups).flatMap((group) => objectsIn(group.options)),
];

type Value = string | number | readonly string[] | JsonObject | readonly JsonObject[] | null;

/** The option with this value; external menus take any option an app offered before, given whole. */
function chosenOption(element: JsonObject, value: unknown, offered: JsonObject[]): JsonObject {
  if (isObject(value)) return value;
  const options = [...optionsOf(element), ...offered];
  const found = options.find((option) => option.value === value);
  if (found) return found;
  throw new Error(
    `no option "${String(value)}" in "${String(element.action_id)}"; there are: ${options.map((option) => option.value).join(', ') || 'none'}`,
  );
}

const many = (value: Value): unknown[] =>
  Array.isArray(value) ? value : value === null ? [] : [value];

/** By element type: the fields a value gets, in an action and in a view's state. */
const SELECTED: Record<
  string,
  (element: JsonObject, value: Value, offered: JsonObject[]) => JsonObject
> = {
  static_select: (element, value, offered) => ({
    selected_option: value === null ? null : chosenOption(element, value, offered),
  }),
  multi_static_select: (element, value, offered) => ({
    selected_options: many(value).map((one) => chosenOption(element, one, offered)),
  }),
  users_select: (_element, value) => ({ selected_user: value }),
  multi_users_select: (_element, value) => ({ selected_users: many(value) }),
  channels_select: (_element, value) => ({ selected_channel: value }),
  multi_channels_select: (_element, value) => ({ selected_channels: many(value) }),
  conversations_select: (_element, value) => ({ selected_conversation: value }),
  multi_conversations_select: (_element, value) => ({ selected_conversations: many(value) }),
  datepicker: (_element, value) => ({ selected_date: value }),
  timepicker: (_element, value) => ({ selected_time: value }),
  datetimepicker: (_element, value) => ({
    selected_date_time: value === null ? null : Number(value),
  }),
  rich_text_input: (_element, value) => ({ rich_text_value: value }),
  file_input: (_element, value) => ({ files: many(value) }),
  button: () => ({}),
};
for (const type of ['external_select', 'radio_buttons', 'overflow'])
  SELECTED[type] = SELECTED.static_select ?? (() => ({}));
for (const type of ['multi_external_select', 'checkboxes'])
  SELECTED[type] = SELECTED.multi_static_select ?? (() => ({}));

const plainValue = (_element: JsonObject, value: Value): JsonObject => ({
  value: value === null || value === '' ? null : String(value),
});

/** `value` chosen or typed in `element`, as Slack puts it in state and actions. `offered`: options an app suggested. */
export const valueIn = (
  element: JsonObject,
  value: Value,
  offered: JsonObject[] = [],
): JsonObject => (SELECTED[String(element.type)] ?? plainValue)(element, value, offered);

/** What an element holds before anyone touches it. */
function initialValue(element: JsonObject): JsonObject {
  const initial =
    element.initial_option ??
    element.initial_options ??
    element.initial_user ??
    element.initial_users ??
    element.initial_channel ??
    element.initial_channels ??
    element.initial_conversation ??
    element.initial_conversations ??
    element.initial_date ??
    element.initial_time ??
    element.initial_date_time ??
    element.initial_value ??
    null;
  const known =
    typeof initial === 'string' ||
    typeof initial === 'number' ||
    Array.isArray(initial) ||
    isObject(initial);
  return { type: element.type, ...valueIn(element, known ? initial : null) };
}

/** Elements that hold no value of their own. */
const STATELESS = new Set([
  'button',
  'overflow',
  'icon_button',
  'feedback_buttons',
  'workflow_button',
]);

/** The state of a whole surface: initial values, then what is in `entered`. */
export function stateOf(
  blocks: Block[],
  entered: Record<string, Record<string, JsonObject>> = {},
): Record<string, Record<string, JsonObject>> {
  const values: Record<string, Record<string, JsonObject>> = {};
  for (const { block, element } of elementsIn(blocks)) {
    if (STATELESS.has(String(element.type))) continue;
    const blockId = String(block.block_id);
    const actionId = String(element.action_id);
    values[blockId] = {
      ...values[blockId],
      [actionId]: entered[blockId]?.[actionId] ?? initialValue(element),
    };
  }
  return values;
}

const isEmpty = (state: JsonObject): boolean =>
  Object.entries(state).every(
    ([key, value]) =>
      key === 'type' ||
      value === null ||
      value === '' ||
      (Array.isArray(value) && value.length === 0),
  );

/** What Slack's own client refuses before the app is asked, by block id. */
export function inputErrors(
  blocks: Block[],
  values: Record<string, Record<string, JsonObject>>,
): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { block, element } of elementsIn(blocks)) {
    if (block.type !== 'input') continue;
    const blockId = String(block.block_id);
    const state = values[blockId]?.[String(element.action_id)] ?? {};
    const text = typeof state.value === 'string' ? state.value : '';
    if (isEmpty(state)) {
      if (block.optional !== true) errors[blockId] = 'Please complete this required field.';
    } else if (text.length > Number(element.max_length ?? 3000))
      errors[blockId] = `Please use ${String(element.max_length ?? 3000)} characters or less.`;
    else if (text.length < Number(element.min_length ?? 0))
      errors[blockId] = `Please use ${String(element.min_length)} characters or more.`;
    else if (element.type === 'number_input' && !Number.isFinite(Number(text)))
      errors[blockId] = 'Please enter a valid number.';
    else if (
      element.type === 'number_input' &&
      (Number(text) < Number(element.min_value ?? -Infinity) ||
        Number(text) > Number(element.max_value ?? Infinity))
    )
      errors[blockId] =
        `Please enter a number between ${String(element.min_value ?? '')} and ${String(element.max_value ?? '')}.`;
    else if (element.type === 'email_text_input' && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text))
      errors[blockId] = 'Please enter a valid email address.';
    else if (element.type === 'url_text_input' && !URL.canParse(text))
      errors[blockId] = 'Please enter a valid URL.';
    else if (
      Array.isArray(state.selected_options) &&
      state.selected_options.length > Number(element.max_selected_items ?? 100)
    )
      errors[blockId] = `Please choose at most ${String(element.max_selected_items)}.`;
    else if (element.type === 'file_input') {
      const wrong = fileError(element, objectsIn(state.files));
      if (wrong) errors[blockId] = wrong;
    }
  }
  return errors;
}

/** What is wrong with the files in a `file_input`: too many, or none of its kinds. */
function fileError(element: JsonObject, files: JsonObject[]): string | null {
  const most = Number(element.max_files ?? 10);
  if (files.length > most) return `Please choose at most ${most} files.`;
  const types = Array.isArray(element.filetypes) ? element.filetypes.map(String) : null;
  const strange = files.find(
    ({ name }) => types && !types.some((type) => String(name).toLowerCase().endsWith(`.${type}`)),
  );
  return strange ? `Please choose files of these kinds: ${(types ?? []).join(', ')}.` : null;
}
