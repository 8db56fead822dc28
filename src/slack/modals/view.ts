/** What the modals are made of, and what Slack sends of their fields. */
import type { KnownBlock, ModalView } from '@slack/types';
import { clip } from '../../answers/outside.ts';

/** Action id of the one element in every field. */
export const ACTION = 'value';
/** Slack takes no more into one field, typed or filled in before. */
export const LONGEST_FIELD = 3000;

/** Sentences by the id of the block they are shown on. */
export type FormErrors = Record<string, string>;

/** What Slack sends of a submitted view; any of it may be missing. */
export type FormState = Record<string, Record<string, FieldState>>;

interface FieldState {
  type?: unknown;
  value?: unknown;
  selected_option?: unknown;
  selected_options?: unknown;
  files?: unknown;
}

/** What Slack sends of a field: each has one element, whatever its id. */
function fieldIn(state: FormState, field: string): FieldState {
  return Object.values(state[field] ?? {})[0] ?? {};
}

/** The text in a field; empty where there is none. */
export function textIn(state: FormState, field: string): string {
  const { value } = fieldIn(state, field);
  return typeof value === 'string' ? value : '';
}

/** What Slack tells of the files in a field; nothing of it is checked yet. */
export function filesIn(state: FormState, field: string): unknown {
  return fieldIn(state, field).files;
}

/** The values chosen in a menu. */
export function chosenIn(state: FormState, field: string): string[] {
  const { selected_option: one, selected_options: many } = fieldIn(state, field);
  // Nothing of a submission is checked yet.
  const options = [one, ...(Array.isArray(many) ? many : [])] as (
    | { value?: unknown }
    | null
    | undefined
  )[];
  return options.map((option) => option?.value).filter((value) => typeof value === 'string');
}

export type InputBlock = Extract<KnownBlock, { type: 'input' }>;

export function plain(text: string): { type: 'plain_text'; text: string } {
  return { type: 'plain_text', text };
}

/** `field` is the block's id: mistakes are shown on it. `isHeard`: Slack tells at once what is chosen. */
export function input(
  field: string,
  label: string,
  rest: Pick<InputBlock, 'element'> & { hint?: string; optional?: boolean; isHeard?: boolean },
): InputBlock {
  return {
    type: 'input',
    block_id: field,
    label: plain(label),
    element: rest.element,
    ...(rest.hint ? { hint: plain(rest.hint) } : {}),
    ...(rest.optional ? { optional: true } : {}),
    ...(rest.isHeard ? { dispatch_action: true } : {}),
  };
}

/** A modal that only shows something. */
export function view(title: string, blocks: KnownBlock[]): ModalView {
  return { type: 'modal', title: plain(clip(title, 24)), close: plain('Close'), blocks };
}
