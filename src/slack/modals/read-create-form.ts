/** A submitted form for a new environment, as the command it stands for. */
import type { Command } from '../../../commands/command.ts';
import { parseCommand } from '../../../commands/grammar/parse.ts';
import { line } from '../../answers/outside.ts';
import { FerryError } from '../../domain/errors.ts';
import { parseName } from '../../domain/names.ts';
import { followedBy, plainPhrase } from '../../domain/phrase.ts';
import type { RefusalView } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import { tokenize } from '../../domain/tokens.ts';
import { plainText } from '../../domain/typed-text.ts';
import { decodeSlackText } from '../decode.ts';
import type { Field } from './create-form.ts';
import { ACTION, type FormErrors, type FormState } from './view.ts';

export type CreateFormResult =
  /** The command that says the same as the form. */
  { ok: true; text: string } | { ok: false; errors: FormErrors };

/** Menus, each with the option that says what is chosen in it. */
const MENUS: readonly (readonly [field: Field, option: string])[] = [
  ['channels', '--channel'],
  ['edges', '--edge'],
  ['layout', '--layout'],
  ['format', '--format'],
];

/**
 * Reads the form by composing the command it stands for and parsing that: the same words are
 * right and wrong in both. A mistake is shown on the field its words came from.
 */
export function readCreateForm(
  state: FormState,
  commands: readonly Command[],
  settings: Settings,
): CreateFormResult {
  const name = textIn(state, 'name').trim();
  const packages = listed(plainText(decodeSlackText(textIn(state, 'packages'))));
  try {
    parseName(name, 'environment name');
    refuseOptions(packages);
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    const field: Field = error.code === 'bad-name' ? 'name' : 'packages';
    return { ok: false, errors: { [field]: sentence(error.said) } };
  }
  const { text, fieldAt } = commandOf(name, packages, state);
  const parsed = parseCommand(text, commands, settings);
  if (parsed.kind === 'command') return { ok: true, text };
  if (parsed.kind === 'empty') return { ok: false, errors: { name: 'Write a name.' } };
  const errors: FormErrors = {};
  for (const error of [parsed.error, ...parsed.error.others]) {
    const field = fieldAt(error.position?.start ?? 0);
    errors[field] = line([errors[field], sentence(error.said)].filter(Boolean).join(' '), 280);
  }
  return { ok: false, errors };
}

/** The command, and of which field the words at a position of it are. */
function commandOf(
  name: string,
  packages: string,
  state: FormState,
): { text: string; fieldAt(position: number): Field } {
  const words: { field: Field; text: string }[] = [
    // The name has a field of its own, so it is one whatever it looks like: `-p`.
    { field: 'name', text: `create -p ${name}` },
    { field: 'packages', text: packages },
    ...MENUS.flatMap(([field, option]) =>
      chosenIn(state, field).map((value) => ({ field, text: `${option} ${word(value)}` })),
    ),
  ];
  let text = '';
  const ends: { field: Field; end: number }[] = [];
  for (const word of words) {
    // A comment in the packages ends with its line.
    const between = text.includes('\n') ? '\n' : ' ';
    text = text === '' ? word.text : `${text}${between}${word.text}`;
    ends.push({ field: word.field, end: text.length });
  }
  return { text, fieldAt: (at) => ends.find(({ end }) => at < end)?.field ?? 'packages' };
}

/** The lines of the packages as one, unless a comment or a bullet needs to begin its own. */
function listed(packages: string): string {
  const hasMarks = /#|^\s*(?:[*+]|\d+[.)])\s|^\s*\S+[ \t]{2,}\d/m.test(packages);
  return hasMarks ? packages.trim() : packages.replace(/\s+/g, ' ').trim();
}

/** A refusal of the whole, on the field that the person can mend. */
export function errorsOf(refused: RefusalView): FormErrors {
  const field: Field = /name/.test(refused.code) ? 'name' : 'packages';
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
  const option = words.find(
    ({ text, quoted }) => !quoted && /^-[-A-Za-z]/.test(text) && !/^--pip(?:=|$)/.test(text),
  );
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
  const value = state[field]?.[ACTION]?.value;
  return typeof value === 'string' ? value : '';
}

function chosenIn(state: FormState, field: Field): string[] {
  const { selected_option: one, selected_options: many } = state[field]?.[ACTION] ?? {};
  // Nothing of a submission is checked yet.
  const options = [one, ...(Array.isArray(many) ? many : [])] as (
    | { value?: unknown }
    | null
    | undefined
  )[];
  return options.map((option) => option?.value).filter((value) => typeof value === 'string');
}
