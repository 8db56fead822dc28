/** The form for a new environment; read-create-form.ts reads what is submitted. */
import type { KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import { LONGEST_VALUE, sayValue } from '../../answers/buttons.ts';
import { clip } from '../../answers/outside.ts';
import { type BuildRequest, pipOptions } from '../../domain/request.ts';
import type { Settings } from '../../domain/services.ts';
import { formatSpec } from '../../domain/spec.ts';
import { readCommand } from '../button-values.ts';
import { ACTION, type InputBlock, input, LONGEST_FIELD, plain } from './view.ts';

export const CREATE_FORM = 'create_form';

/** Where the form was opened: its build is announced there. Null channel: the person's own. */
export interface Origin {
  channel: string | null;
  thread: string | null;
}

/** Slack takes no more options in a menu. */
export const MOST_OPTIONS = 100;
/** Of a context block. */
const MOST_SENTENCES = 10;
/** The longest text of an option. */
export const LONGEST_OPTION = 75;

/** Endings of the files that are read. */
const FILE_TYPES = ['yml', 'yaml', 'txt', 'toml', 'lock', 'json'];

/** The fields, by the ids of their blocks: `chosen` are packages one by one, `packages` a list. */
export type Field =
  | 'name'
  | 'chosen'
  | 'packages'
  | 'file'
  | 'channels'
  | 'edges'
  | 'layout'
  | 'format';

/** What stands in the form beside its fields. */
export interface Beside {
  /** What the chosen edges' clusters run, a sentence for each. */
  runs?: readonly string[];
  /** The command that would go through instead of what was submitted. */
  offer?: string | null;
  /**
   * How often the form was filled in anew: Slack keeps what stands in a field as long as the id of
   * its element stays.
   */
  turn?: number;
}

const OFFER = 'offer';
/** The button that fills the form in with what is offered. */
export const FILL_IN = 'fill_in';

/** Filled in with what is known already; `origin` comes back with what is submitted. */
export function createForm(
  settings: Settings,
  initial: Partial<BuildRequest>,
  origin: Origin,
  { runs = [], offer = null, turn = 0 }: Beside = {},
): ModalView {
  const blocks: KnownBlock[] = [
    nameField(initial),
    ...packageFields(initial),
    ...offered(offer),
    ...choice('channels', 'Channels', settings.channels, initial.channels, {
      hint: 'Where packages come from; the first one wins. Empty: the usual ones.',
    }),
    ...choice('edges', 'Edge nodes', settings.edges, initial.edges, {
      hint: 'Where people will run pyspark. Empty: the usual one.',
      isHeard: true,
    }),
    ...said(runs),
    layoutField(initial.layout),
    input('format', 'Archive', {
      element: {
        type: 'static_select',
        action_id: ACTION,
        options: [...FORMATS],
        initial_option: FORMATS.find(({ value }) => value === initial.format) ?? FORMATS[0],
      },
    }),
  ];
  return {
    type: 'modal',
    callback_id: CREATE_FORM,
    private_metadata: JSON.stringify({ ...origin, turn }),
    title: plain('New environment'),
    submit: plain('Build it'),
    close: plain('Cancel'),
    blocks: turn === 0 ? blocks : blocks.map((block) => begunAnew(block, turn)),
  };
}

function begunAnew(block: KnownBlock, turn: number): KnownBlock {
  if (block.type !== 'input') return block;
  return { ...block, element: { ...block.element, action_id: `${ACTION}_${turn}` } };
}

/** What would go through, and the button that takes it. */
function offered(command: string | null): KnownBlock[] {
  if (command === null) return [];
  const value = sayValue(command);
  if (value.length > LONGEST_VALUE) return [];
  return [
    {
      type: 'section',
      block_id: OFFER,
      text: plain(clip(`Not all of this can be built. What could be: ${command}`, 3000)),
      accessory: { type: 'button', action_id: FILL_IN, value, text: plain('Fill it in') },
    },
  ];
}

/** The command that stands in the blocks of a form; null where none is offered. */
export function offerIn(
  blocks: readonly { block_id?: string; accessory?: unknown }[],
): string | null {
  const { accessory } = blocks.find(({ block_id: id }) => id === OFFER) ?? {};
  const { value = null }: { value?: string | null } = accessory ?? {};
  return readCommand(value);
}

function said(sentences: readonly string[]): KnownBlock[] {
  if (sentences.length === 0) return [];
  const elements = sentences.slice(0, MOST_SENTENCES).map((text) => plain(clip(text, 2000)));
  return [{ type: 'context', block_id: 'runs', elements }];
}

function nameField({ environment }: Partial<BuildRequest>): InputBlock {
  return input('name', 'Name', {
    hint: 'Letters, digits, dot, underscore and hyphen; a letter first. A name you used before gets its next revision.',
    element: {
      type: 'plain_text_input',
      action_id: ACTION,
      max_length: 64,
      placeholder: plain('churn'),
      ...(environment ? { initial_value: clip(environment, 64) } : {}),
      focus_on_load: true,
    },
  });
}

/** Three ways to say packages, which go together: one by one, as a list, and as a file. */
function packageFields({ specs = [], pip = [] }: Partial<BuildRequest>): InputBlock[] {
  const texts = specs.map(formatSpec);
  const chosen = texts.filter((text) => text.length <= LONGEST_OPTION).slice(0, MOST_OPTIONS);
  const list = [...texts.filter((text) => !chosen.includes(text)), ...pipOptions(pip)];
  return [
    input('chosen', 'Packages', {
      hint: 'Type a few letters of one, or a version behind its name: python=3.11, numpy>=1.26,<2',
      optional: true,
      element: {
        type: 'multi_external_select',
        action_id: ACTION,
        min_query_length: 1,
        placeholder: plain('python=3.11, numpy, pandas'),
        ...(chosen.length > 0 ? { initial_options: chosen.map((text) => optionOf(text)) } : {}),
      },
    }),
    input('packages', 'Or a list of packages', {
      hint: 'One package a line, or commas between them. An environment.yml can be pasted whole.',
      optional: true,
      element: {
        type: 'plain_text_input',
        action_id: ACTION,
        multiline: true,
        max_length: LONGEST_FIELD,
        placeholder: plain('python=3.11 numpy pandas'),
        ...(list.length > 0 ? { initial_value: clip(list.join('\n'), LONGEST_FIELD) } : {}),
      },
    }),
    input('file', 'Or a file', {
      hint: 'environment.yml, requirements.txt, pyproject.toml, pixi.toml, or a lock.',
      optional: true,
      element: { type: 'file_input', action_id: ACTION, filetypes: FILE_TYPES, max_files: 1 },
    }),
  ];
}

function optionOf(text: string): PlainTextOption {
  return { text: plain(text), value: text };
}

function layoutField(chosen: BuildRequest['layout'] | undefined): InputBlock {
  const local: PlainTextOption = {
    text: plain('Local: the driver and the executors each have their path'),
    value: 'local',
    description: plain('The line can be pasted in any folder. The usual choice.'),
  };
  const global: PlainTextOption = {
    text: plain('Global: one path serves both'),
    value: 'global',
    description: plain('The line is pasted in one folder on the edge, which it names.'),
  };
  return input('layout', 'Layout', {
    element: {
      type: 'radio_buttons',
      action_id: ACTION,
      options: [local, global],
      initial_option: chosen === 'global' ? global : local,
    },
  });
}

/** The usual one first. */
const FORMATS: readonly [PlainTextOption, ...PlainTextOption[]] = [
  { text: plain('Automatic: .zip on YARN, .tar.gz elsewhere'), value: 'auto' },
  { text: plain('.zip'), value: 'zip' },
  { text: plain('.tar.gz'), value: 'tar.gz' },
];

type Configured = readonly { name: string; default: boolean }[];

/** Configured names as options of a menu. */
export function optionsOf(configured: Configured): (PlainTextOption & { value: string })[] {
  return configured.map((entry) => ({
    text: plain(clip(entry.default ? `${entry.name} (usual)` : entry.name, LONGEST_OPTION)),
    value: entry.name,
  }));
}

/** A menu of configured names: Slack refuses an empty one, and asks for those of a long one. */
function choice(
  field: Field,
  label: string,
  configured: Configured,
  chosen: readonly string[] | undefined,
  said: { hint: string; isHeard?: boolean },
): InputBlock[] {
  if (configured.length === 0) return [];
  const options = optionsOf(configured);
  const initial = options.filter(({ value }) => chosen?.includes(value));
  const common = {
    action_id: ACTION,
    placeholder: plain('The usual'),
    ...(initial.length > 0 ? { initial_options: initial.slice(0, MOST_OPTIONS) } : {}),
  };
  return [
    input(field, label, {
      ...said,
      optional: true,
      element:
        options.length > MOST_OPTIONS
          ? { type: 'multi_external_select', min_query_length: 0, ...common }
          : { type: 'multi_static_select', options, ...common },
    }),
  ];
}

/** How often the form was filled in anew; 0 for anything but what `createForm` wrote. */
export function readTurn(metadata: string): number {
  const { turn } = metadataIn(metadata);
  return typeof turn === 'number' && Number.isSafeInteger(turn) && turn > 0 ? turn : 0;
}

/** The origin written by `createForm`; anything else is read as nowhere. */
export function readOrigin(metadata: string): Origin {
  const { channel, thread } = metadataIn(metadata);
  return {
    channel: typeof channel === 'string' && /^[CDG][A-Z0-9]+$/.test(channel) ? channel : null,
    thread: typeof thread === 'string' && /^\d+\.\d+$/.test(thread) ? thread : null,
  };
}

function metadataIn(metadata: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(metadata) };
  } catch {
    return {};
  }
}
