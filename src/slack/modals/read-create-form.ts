/** A submitted form for a new environment, as the command it stands for. */
import type { Command, PackagesFile } from '../../../commands/command.ts';
import { parseCommand } from '../../../commands/grammar/parse.ts';
import { pastedFile } from '../../../commands/grammar/pasted-files.ts';
import { line } from '../../answers/outside.ts';
import { FerryError, partsOf } from '../../domain/errors.ts';
import { nearestName, parseName } from '../../domain/names.ts';
import { followedBy, plainPhrase } from '../../domain/phrase.ts';
import type { Settings } from '../../domain/services.ts';
import { parseSpec } from '../../domain/spec.ts';
import { tokenize } from '../../domain/tokens.ts';
import { plainText } from '../../domain/typed-text.ts';
import { type AttachedFile, attachedFiles } from '../attachments.ts';
import { decodeSlackText } from '../decode.ts';
import type { Field } from './create-form.ts';
import { chosenIn, type FormErrors, type FormState, filesIn, textIn } from './view.ts';

/** What a form asks for, whether or not that is right. */
export interface CreateFormContent {
  /** The command that says the same as the form; what is wrong by itself is left out of it. */
  text: string;
  /** What of the form is wrong by itself. */
  errors: FormErrors;
  /** A file of packages that is still to be read. */
  attached: AttachedFile | null;
  /** A file that stands whole in the list of packages. */
  pasted: PackagesFile | null;
  /** Where a mistake in the command is shown: on the field that its words came from. */
  fieldOf(error: FerryError): Field;
}

/** A few sentences are read; Slack names no limit. */
const LONGEST_ERROR = 500;

/** Menus, each with the option that says what is chosen in it. */
const MENUS: readonly (readonly [field: Field, option: string])[] = [
  ['channels', '--channel'],
  ['edges', '--edge'],
  ['layout', '--layout'],
  ['format', '--format'],
];

/** Reads the form as the command it stands for, so that the same words are right and wrong in both. */
export function readCreateForm(state: FormState): CreateFormContent {
  const errors: FormErrors = {};
  const attempt = (field: Field, work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof FerryError)) throw error;
      errors[field] = sentence(error);
      return false;
    }
  };
  const name = textIn(state, 'name').trim();
  const isName = attempt('name', () => parseName(name, 'environment name'));
  const chosen = chosenIn(state, 'chosen');
  const [attached = null] = attachedFiles({ files: filesIn(state, 'file') });
  const said = plainText(decodeSlackText(textIn(state, 'packages')));
  const file = pastedFile(said);
  const pasted = file && { name: null, bytes: new TextEncoder().encode(file.text) };
  const typed = listed(file?.before ?? said);
  if (attached && pasted) errors.file = 'Give one file: this one, or the one among the packages.';
  const isList = attempt('packages', () => refuseOptions(typed));
  const isEmpty = typed === '' && chosen.length === 0 && !attached && !pasted;
  if (isEmpty) errors.chosen = 'Choose at least one package.';
  const words: Words[] = [
    // The name has a field of its own, so it is one whatever it looks like: `-p`.
    { field: 'name', text: `create -p ${isName ? name : (nearestName(name) ?? 'my-env')}` },
    ...(isList ? [{ field: 'packages', text: typed } as const] : []),
    ...chosen.map((spec) => ({ field: 'chosen', text: word(spec) }) as const),
    ...MENUS.flatMap(([field, option]) =>
      chosenIn(state, field).map((value) => ({ field, text: `${option} ${word(value)}` })),
    ),
  ];
  const { text, fieldAt } = joined(words.filter((each) => each.text !== ''));
  const fieldOf = ({ position, about, code }: FerryError): Field => {
    if (position) return fieldAt(position.start);
    if (about !== null && chosen.some((spec) => isOf(spec, about))) return 'chosen';
    if (about !== null && typed.toLowerCase().includes(about)) return 'packages';
    if (code === 'several-platforms') return 'edges';
    if (attached) return 'file';
    if (/name/.test(code)) return 'name';
    return typed === '' && !pasted ? 'chosen' : 'packages';
  };
  return { text, errors, attached, pasted, fieldOf };
}

interface Words {
  field: Field;
  text: string;
}

/** The words as one command, and of which field those at a position are. */
function joined(words: readonly Words[]): { text: string; fieldAt(position: number): Field } {
  let text = '';
  const ends: { field: Field; end: number }[] = [];
  for (const word of words) {
    // A comment in the packages ends with its line.
    const between = /[\n#]/.test(text) ? '\n' : ' ';
    text = text === '' ? word.text : `${text}${between}${word.text}`;
    ends.push({ field: word.field, end: text.length });
  }
  return { text, fieldAt: (at) => ends.find(({ end }) => at < end)?.field ?? 'packages' };
}

/** The lines of the packages as one, unless a comment or a bullet needs to begin its own. */
function listed(packages: string): string {
  const hasMarks = /#|^[ \t]*(?:[*+]|\d+[.)])\s|^[ \t]*\S+[ \t]{2,}\d/m.test(packages);
  return hasMarks ? packages.trim() : packages.replace(/\s+/g, ' ').trim();
}

/** What is wrong with the words of the command, known without asking anybody. */
export function mistakesIn(
  content: CreateFormContent,
  commands: readonly Command[],
  settings: Settings,
  file: PackagesFile | null = content.pasted,
): FormErrors {
  const parsed = parseCommand(content.text, commands, settings, file);
  return parsed.kind === 'error' ? errorsOf(parsed.error, content) : {};
}

/** Everything that an error says, each on its field. */
export function errorsOf(error: FerryError, { errors, fieldOf }: CreateFormContent): FormErrors {
  const found: FormErrors = {};
  for (const part of partsOf(error)) {
    // What is missing was left out, because it is wrong by itself.
    if (part.code === 'missing-argument' && Object.keys(errors).length > 0) continue;
    const field = fieldOf(part);
    found[field] = line([found[field], sentence(part)].filter(Boolean).join(' '), LONGEST_ERROR);
  }
  return found;
}

function isOf(spec: string, name: string): boolean {
  try {
    return parseSpec(spec).name === name;
  } catch {
    return false;
  }
}

/** A value of a menu as one word, whatever a forged submission put there. */
function word(value: string): string {
  return /^\w[\w.:=<>!~,*|+-]*$/.test(value) ? value : `"${value.replaceAll('"', '')}"`;
}

/** Only packages go into the field: the other fields are there for the rest. */
function refuseOptions(packages: string): void {
  const option = tokenize(packages).find(
    ({ text, quoted }) => !quoted && /^-[-A-Za-z]/.test(text) && !/^--pip(?:=|$)/.test(text),
  );
  if (!option) return;
  throw new FerryError('user', {
    code: 'not-a-package',
    message: `\`${line(option.text, 40)}\` is not a package.`,
    suggestion: 'Write packages only.',
  });
}

/** Slack shows errors as plain text. */
export function sentence({ said: { message, suggestion } }: FerryError): string {
  const text = plainPhrase(suggestion ? followedBy(message, suggestion) : message);
  return line(text.replaceAll('`', ''), LONGEST_ERROR);
}
