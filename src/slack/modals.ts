/** The modals: a form for a new environment, and answers whose text is to be selected and copied. */
import type { KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import type { Command } from '../../commands/command.ts';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { worksInViews } from '../answers/buttons.ts';
import { type ByKind, byKind } from '../answers/by-kind.ts';
import { block, buttons, type Document, type Part } from '../answers/document.ts';
import { lineTitle, textToPaste, warnings } from '../answers/invocation.ts';
import { clip, line } from '../answers/outside.ts';
import { FerryError } from '../domain/errors.ts';
import { parseName } from '../domain/names.ts';
import { followedBy, plainPhrase } from '../domain/phrase.ts';
import type { InvocationLine, RefusalView } from '../domain/reply.ts';
import type { BuildRequest } from '../domain/request.ts';
import type { Settings } from '../domain/services.ts';
import { formatSpec } from '../domain/spec.ts';
import { tokenize } from '../domain/tokens.ts';
import { plainText } from '../domain/typed-text.ts';
import { blocksOf } from './blocks.ts';
import { decodeSlackText } from './decode.ts';

export const CREATE_FORM = 'create_form';
export const DIAGNOSE_FORM = 'diagnose_form';
/** Lines to copy from: nothing is sent when it is closed. */
const LINES_VIEW = 'lines';

/** Where the form was opened: its build is announced there. Null channel: the person's own. */
export interface Origin {
  channel: string | null;
  thread: string | null;
}

const MOST_OPTIONS = 100;

/** Block and action ids of the form's fields; errors are shown on the block. */
const FIELDS = {
  name: 'name',
  packages: 'packages',
  channels: 'channels',
  edges: 'edges',
  layout: 'layout',
  format: 'format',
} as const;
type Field = keyof typeof FIELDS;
const ACTION = 'value';

export function createForm(
  settings: Settings,
  initial: Partial<BuildRequest>,
  origin: Origin,
): ModalView {
  return {
    type: 'modal',
    callback_id: CREATE_FORM,
    private_metadata: JSON.stringify(origin),
    title: plain('New environment'),
    submit: plain('Build it'),
    close: plain('Cancel'),
    blocks: [
      input(FIELDS.name, 'Name', {
        hint: 'Letters, digits, dot, underscore and hyphen; a letter first. A name you used before gets its next revision.',
        element: {
          type: 'plain_text_input',
          action_id: ACTION,
          max_length: 64,
          placeholder: plain('churn'),
          ...(initial.environment ? { initial_value: clip(initial.environment, 64) } : {}),
          focus_on_load: true,
        },
      }),
      input(FIELDS.packages, 'Packages', {
        hint: 'One package a line, or commas between them: python=3.11, numpy>=1.26,<2, conda-forge::pandas=2.2',
        element: {
          type: 'plain_text_input',
          action_id: ACTION,
          multiline: true,
          max_length: 3000,
          placeholder: plain('python=3.11 numpy pandas'),
          ...(initial.specs?.length
            ? { initial_value: clip(initial.specs.map(formatSpec).join('\n'), 3000) }
            : {}),
        },
      }),
      ...choice(FIELDS.channels, 'Channels', settings.channels, initial.channels, {
        hint: 'Where packages come from; the first one wins. Empty: the usual ones.',
      }),
      ...choice(FIELDS.edges, 'Edge nodes', settings.edges, initial.edges, {
        hint: 'Where people will run pyspark. Empty: the usual one.',
      }),
      input(FIELDS.layout, 'Layout', {
        element: {
          type: 'radio_buttons',
          action_id: ACTION,
          options: LAYOUTS(settings),
          initial_option: LAYOUTS(settings)[initial.layout === 'global' ? 1 : 0] as PlainTextOption,
        },
      }),
      input(FIELDS.format, 'Archive', {
        element: {
          type: 'static_select',
          action_id: ACTION,
          options: FORMATS,
          initial_option:
            FORMATS.find(({ value }) => value === initial.format) ??
            (FORMATS[0] as PlainTextOption),
        },
      }),
    ],
  };
}

const LAYOUTS = (settings: Settings): PlainTextOption[] => [
  {
    text: plain('Local: the driver and the executors each have their path'),
    value: 'local',
    description: plain('The line can be pasted in any folder. The usual choice.'),
  },
  {
    text: plain('Global: one path serves both'),
    value: 'global',
    description: plain(
      clip(`PYSPARK_PYTHON=./${settings.globalAlias}/… in one folder on the edge`, 75),
    ),
  },
];

const FORMATS: PlainTextOption[] = [
  { text: plain('Automatic: .zip on YARN, .tar.gz elsewhere'), value: 'auto' },
  { text: plain('.zip'), value: 'zip' },
  { text: plain('.tar.gz'), value: 'tar.gz' },
];

function plain(text: string): { type: 'plain_text'; text: string } {
  return { type: 'plain_text', text };
}

type InputBlock = Extract<KnownBlock, { type: 'input' }>;

function input(
  field: string,
  label: string,
  rest: Pick<InputBlock, 'element'> & { hint?: string; optional?: boolean },
): InputBlock {
  return {
    type: 'input',
    block_id: field,
    label: plain(label),
    element: rest.element,
    ...(rest.hint ? { hint: plain(rest.hint) } : {}),
    ...(rest.optional ? { optional: true } : {}),
  };
}

/** A menu of configured names; Slack refuses an empty one, and more than a hundred entries. */
function choice(
  field: string,
  label: string,
  configured: readonly { name: string; default: boolean }[],
  chosen: readonly string[] | undefined,
  { hint }: { hint: string },
): InputBlock[] {
  if (configured.length === 0) return [];
  const options = configured.slice(0, MOST_OPTIONS).map((entry) => ({
    text: plain(clip(entry.default ? `${entry.name} (usual)` : entry.name, 75)),
    value: entry.name,
  }));
  const initial = options.filter(({ value }) => chosen?.includes(value));
  return [
    input(field, label, {
      hint:
        configured.length > MOST_OPTIONS
          ? `${hint} ${configured.length - MOST_OPTIONS} more can only be typed.`
          : hint,
      optional: true,
      element: {
        type: 'multi_static_select',
        action_id: ACTION,
        placeholder: plain('The usual'),
        options,
        ...(initial.length > 0 ? { initial_options: initial } : {}),
      },
    }),
  ];
}

/** What Slack sends of a submitted view; any of it may be missing. */
export type FormState = Record<string, Record<string, Record<string, unknown>>>;

export type FormResult =
  /** The command that says the same as the form. */
  | { ok: true; text: string }
  /** Sentences by block id. */
  | { ok: false; errors: Record<string, string> };

/**
 * Reads the form by composing the command it stands for and parsing that: the same words are
 * right and wrong in both. A mistake is shown on the field its words came from.
 */
export function readForm(
  state: FormState,
  commands: readonly Command[],
  settings: Settings,
): FormResult {
  const name = textIn(state, 'name').trim();
  // The name has a field of its own, so it is one whatever it looks like: `-p`.
  const packages = listed(plainText(decodeSlackText(textIn(state, 'packages'))));
  const words: { field: Field; text: string }[] = [
    { field: 'name', text: `create -p ${name}` },
    { field: 'packages', text: packages },
    ...chosenIn(state, 'channels').map((value) => ({
      field: 'channels' as const,
      text: `--channel ${word(value)}`,
    })),
    ...chosenIn(state, 'edges').map((value) => ({
      field: 'edges' as const,
      text: `--edge ${word(value)}`,
    })),
    ...chosenIn(state, 'layout').map((value) => ({
      field: 'layout' as const,
      text: `--layout ${word(value)}`,
    })),
    ...chosenIn(state, 'format').map((value) => ({
      field: 'format' as const,
      text: `--format ${word(value)}`,
    })),
  ];
  try {
    parseName(name, 'environment name');
    refuseOptions(packages);
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    const field = error.code === 'bad-name' ? FIELDS.name : FIELDS.packages;
    return { ok: false, errors: { [field]: sentence(error.said) } };
  }
  let text = '';
  const ends = words.map((word) => {
    // A comment in the packages ends with its line.
    const between = text.includes('\n') ? '\n' : ' ';
    text = text === '' ? word.text : `${text}${between}${word.text}`;
    return { field: word.field, end: text.length };
  });
  const parsed = parseCommand(text, commands, settings);
  if (parsed.kind === 'command') return { ok: true, text };
  if (parsed.kind === 'empty') return { ok: false, errors: { [FIELDS.name]: 'Write a name.' } };
  const errors: Record<string, string> = {};
  for (const error of [parsed.error, ...parsed.error.others]) {
    const at = error.position?.start ?? 0;
    const field = FIELDS[ends.find(({ end }) => at < end)?.field ?? 'packages'];
    errors[field] = line([errors[field], sentence(error.said)].filter(Boolean).join(' '), 280);
  }
  return { ok: false, errors };
}

/** The lines of the packages as one, unless a comment or a bullet needs to begin its own. */
function listed(packages: string): string {
  const hasMarks = /#|^\s*(?:[*+]|\d+[.)])\s|^\s*\S+[ \t]{2,}\d/m.test(packages);
  return hasMarks ? packages.trim() : packages.replace(/\s+/g, ' ').trim();
}

/** A refusal of the whole, on the field that the person can mend. */
export function errorsOf(refused: RefusalView): Record<string, string> {
  const field = /name/.test(refused.code) ? FIELDS.name : FIELDS.packages;
  const all = [refused, ...(refused.others ?? [])].map(sentence);
  return { [field]: line(all.join(' '), 280) };
}

/** A value of a menu as one word, whatever a forged submission put there. */
function word(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `"${value.replaceAll('"', '')}"`;
}

/** Only packages go into the field: the other fields are there for the rest. */
function refuseOptions(packages: string): void {
  const words = tokenize(packages);
  const option = words.find((token) => !token.quoted && /^-[-A-Za-z]/.test(token.text));
  if (words.length > 0 && !option) return;
  throw new FerryError('user', {
    code: 'not-a-package',
    message: option ? `\`${line(option.text, 40)}\` is not a package.` : 'No package is named.',
    suggestion: option ? 'Write packages only.' : 'Write at least one: python=3.11',
  });
}

/** Slack shows errors as plain text. */
function sentence({ message, suggestion }: FerryError['said']): string {
  const text = plainPhrase(suggestion ? followedBy(message, suggestion) : message);
  return line(text.replaceAll('`', ''), 280);
}

function textIn(state: FormState, field: Field): string {
  const value = state[FIELDS[field]]?.[ACTION]?.value;
  return typeof value === 'string' ? value : '';
}

function chosenIn(state: FormState, field: Field): string[] {
  const { selected_option: one, selected_options: many } = state[FIELDS[field]]?.[ACTION] ?? {};
  const options = [one, ...(Array.isArray(many) ? many : [])] as (
    | { value?: unknown }
    | null
    | undefined
  )[];
  return options.map((option) => option?.value).filter((value) => typeof value === 'string');
}

/** The origin written by `createForm`; anything else is read as nowhere. */
export function readOrigin(metadata: string): Origin {
  try {
    const { channel, thread } = JSON.parse(metadata) as Record<string, unknown>;
    return {
      channel: typeof channel === 'string' && /^[CDG][A-Z0-9]+$/.test(channel) ? channel : null,
      thread: typeof thread === 'string' && /^\d+\.\d+$/.test(thread) ? thread : null,
    };
  } catch {
    return { channel: null, thread: null };
  }
}

/** A failed job: its log pasted or attached, whichever is at hand. */
export function diagnoseForm(): ModalView {
  return {
    type: 'modal',
    callback_id: DIAGNOSE_FORM,
    title: plain('A job failed'),
    submit: plain('Find the cause'),
    close: plain('Cancel'),
    blocks: [
      {
        type: 'input',
        block_id: DIAGNOSE_FIELDS.text,
        optional: true,
        label: plain('Traceback or the end of the log'),
        hint: plain('A few dozen lines are enough when the error itself is among them.'),
        element: {
          type: 'plain_text_input',
          action_id: ACTION,
          multiline: true,
          max_length: LONGEST_FIELD,
          focus_on_load: true,
        },
      },
      {
        type: 'input',
        block_id: DIAGNOSE_FIELDS.files,
        optional: true,
        label: plain('Or the whole log as a file'),
        hint: plain('yarn logs -applicationId … > job.log gives what the executors wrote.'),
        element: { type: 'file_input', action_id: ACTION, max_files: 3 },
      },
    ],
  };
}

const DIAGNOSE_FIELDS = { text: 'text', files: 'files' } as const;
/** Slack takes no more into one field, typed or filled in before. */
const LONGEST_FIELD = 3000;

/** What was pasted and what was attached; neither is a mistake shown on the first field. */
export function readDiagnoseForm(
  state: FormState,
): { ok: true; text: string; files: unknown } | { ok: false; errors: Record<string, string> } {
  const { value } = state[DIAGNOSE_FIELDS.text]?.[ACTION] ?? {};
  const { files } = state[DIAGNOSE_FIELDS.files]?.[ACTION] ?? {};
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' && !(Array.isArray(files) && files.length > 0)) {
    return { ok: false, errors: { [DIAGNOSE_FIELDS.text]: 'Paste the log here, or attach it.' } };
  }
  return { ok: true, text, files };
}

const MOST_LINES = 20;

/** Every line in a field of its own, from which it is copied whole: click, select all, copy. */
export function linesView(title: string, lines: readonly InvocationLine[]): ModalView {
  const blocks = lines.slice(0, MOST_LINES).flatMap((entry, index): KnownBlock[] => {
    const text = textToPaste(entry);
    // A field holds no more; text in a block can still be selected.
    if (text.length > LONGEST_FIELD) return blocksOf([lineTitle(entry), block(text)]);
    return [
      {
        type: 'input',
        block_id: `line_${index + 1}`,
        label: plain(clip(`${entry.title} on ${entry.edge}`, 2000)),
        ...(index === 0
          ? {
              hint: plain(
                'Click into the field, select all (Ctrl+A or ⌘A) and copy (Ctrl+C or ⌘C).',
              ),
            }
          : {}),
        element: {
          type: 'plain_text_input',
          action_id: ACTION,
          multiline: true,
          initial_value: text,
          ...(index === 0 ? { focus_on_load: true } : {}),
        },
      },
    ];
  });
  const hasField = blocks.some(({ type }) => type === 'input');
  return {
    ...view(title, [...blocks, ...blocksOf(warnings(lines))]),
    callback_id: LINES_VIEW,
    // Slack wants a button to send with wherever there is a field.
    ...(hasField ? { submit: plain('Done') } : {}),
  };
}

const MOST_BLOCKS = 100;

export function loadingView(title: string): ModalView {
  return view(title, [{ type: 'section', text: plain('One moment…') }]);
}

/**
 * What a modal shows of each part: the title has the heading, modals know no plan, and of the
 * buttons only those work that say a command or show its lines.
 */
const IN_VIEWS: ByKind<Part, Part[]> = {
  heading: () => [],
  prose: (part) => [part],
  small: (part) => [part],
  code: (part) => [part],
  list: (part) => [part],
  tasks: () => [],
  buttons: (part) => buttons(part.buttons.filter(worksInViews)),
  menu: (part) => [part],
  divider: (part) => [part],
};

/** A reply in a modal. */
export function replyView(title: string, document: Document): ModalView {
  const parts = document.parts.flatMap((part) => byKind(IN_VIEWS, part));
  const blocks = blocksOf(parts).slice(0, MOST_BLOCKS);
  return view(
    title,
    blocks.length > 0 ? blocks : [{ type: 'section', text: plain(line(document.summary, 2900)) }],
  );
}

function view(title: string, blocks: KnownBlock[]): ModalView {
  return { type: 'modal', title: plain(clip(title, 24)), close: plain('Close'), blocks };
}
