/**
 * The buttons there are: what they say, what a person would type for the same, and on which
 * builds they make sense. What a press does is in `slack/actions.ts`.
 */
import type { Build } from '../domain/build.ts';
import { isSettled } from '../domain/build.ts';
import type { Repair } from '../domain/errors.ts';
import { restoring } from '../domain/reference.ts';
import type { Button, Choice } from './document.ts';
import { line, visible } from './outside.ts';

export type ActionId =
  | 'cancel'
  | 'retry'
  | 'rebuild'
  | 'verify'
  | 'logs'
  | 'copy_line'
  | 'spark_submit'
  | FreeId
  | SayId;

/** The menu whose options say a command, the answer to which takes the place of the question. */
export const CHOOSE = 'choose';
/** The menu beside one of many things. */
export const ACT = 'act';
/** Slack keeps no more with an option of a menu. */
const LONGEST_OPTION = 150;

/** An option for each command that fits one. */
export function choicesOf(commands: readonly Repair[]): Choice[] {
  return commands
    .map(({ label, command }) => ({ label: line(label, 75), value: sayValue(command), command }))
    .filter(({ value }) => value.length <= LONGEST_OPTION);
}

/** Buttons that belong to no build. */
type FreeId =
  | 'open_form'
  | 'open_help'
  | 'open_diagnose'
  /** The lines of an answer, each in a field to copy from. */
  | 'copy_text'
  /** A private answer, posted for everybody. */
  | 'share';

/** Buttons that say a command; their ids differ because Slack wants them to within a block. */
type SayId = 'say_1' | 'say_2' | 'say_3' | 'say_4';
const SAY_IDS: readonly SayId[] = ['say_1', 'say_2', 'say_3', 'say_4'];

interface ButtonStyle {
  label: string;
  style?: 'primary' | 'danger';
  /** The text after the slash command that does the same. */
  command(build: Build): string;
  confirm?(build: Build): Button['confirm'];
}

/** `churn@3`, or `churn` while there is no revision. */
export function labelOf(build: Build): string {
  const { environment } = build.request;
  return build.revision === null ? environment : `${environment}@${build.revision}`;
}

export const BUTTONS: Readonly<Record<Exclude<ActionId, FreeId | SayId>, ButtonStyle>> = {
  cancel: {
    label: 'Cancel',
    style: 'danger',
    command: (build) => `cancel ${build.id}`,
    confirm: (build) => ({
      title: `Stop building ${build.request.environment}?`,
      text: 'The build stops where it is. Nothing half-made stays on the edge; Retry goes on from the last finished step.',
      confirm: 'Stop it',
      deny: 'Keep building',
    }),
  },
  retry: { label: 'Retry', style: 'primary', command: (build) => `retry ${build.id}` },
  rebuild: {
    label: 'Rebuild (newest packages)',
    command: (build) => `rebuild ${labelOf(build)}`,
  },
  verify: { label: 'Verify', command: (build) => `verify ${labelOf(build)}` },
  logs: { label: 'Logs', command: (build) => `logs ${build.id}` },
  copy_line: {
    label: 'Line to copy',
    style: 'primary',
    command: (build) => `run ${labelOf(build)}`,
  },
  spark_submit: {
    label: 'spark-submit',
    command: (build) => `run ${labelOf(build)} spark-submit`,
  },
};

/** What may stand on a copy that nobody edits: it is right whatever becomes of the build. */
const LASTING: readonly (keyof typeof BUTTONS)[] = ['copy_line', 'spark_submit', 'logs'];

/** The buttons of a copy of the live message, which stays as it is while the build goes on. */
export function buttonsOfCopy(build: Build): Button[] {
  return offeredOn(build)
    .filter((action) => LASTING.includes(action))
    .map((action) => buttonFor(action, build));
}

/** The buttons of a build's live message. */
export function buttonsOf(build: Build): Button[] {
  const offered = offeredOn(build).map((action) => buttonFor(action, build));
  const repairs = sayButtons(build.letGo ? [restoring(labelOf(build))] : repairsOf(build));
  // What would go through comes before what failed once.
  return repairs.length === 0
    ? offered
    : [...repairs, ...offered.map((button) => ({ ...button, style: null }))];
}

/** What stops a build that is at work; null where nothing does. */
export function cancelButton(build: Build): Button | null {
  return offeredOn(build).includes('cancel') ? buttonFor('cancel', build) : null;
}

function repairsOf({ state, failure }: Build): readonly Repair[] {
  return state === 'failed' ? (failure?.repairs ?? []) : [];
}

/** Slack keeps at most 2000 characters with a button. */
export const LONGEST_VALUE = 2000;

/** What opens a form, and the command that says how the same is typed. */
const OPENING = {
  open_form: 'help create',
  open_help: 'help',
  open_diagnose: 'help diagnose',
} as const;

/** A button that opens a form. */
export function openButton(
  action: keyof typeof OPENING,
  label: string,
  style: Button['style'],
): Button {
  return { action, label, value: '{}', style, confirm: null, command: OPENING[action] };
}

/** A button that acts on a whole answer: it shows or says the command. */
export function answerButton(
  action: 'copy_text' | 'share',
  label: string,
  style: Button['style'],
  command: string,
): Button {
  return { action, label, value: sayValue(command), style, confirm: null, command };
}

/** Whether a button can carry this text: it must fit, and hide nothing. */
export function fitsButton(command: string): boolean {
  return sayValue(command).length <= LONGEST_VALUE && visible(command) === command;
}

/** A button for each command, the first one in `first`; whoever presses it says the command. */
export function sayButtons(
  repairs: readonly Repair[],
  first: Button['style'] = 'primary',
): Button[] {
  // What a press says must be what the label shows: nothing invisible, nothing cut.
  const shown = repairs.filter(({ command }) => fitsButton(command));
  return SAY_IDS.flatMap((action, index) => {
    const repair = shown[index];
    if (repair === undefined) return [];
    const { label, command } = repair;
    return {
      ...{ action, label: line(label, 75), value: sayValue(command), command },
      style: index === 0 ? first : null,
      confirm: null,
    };
  });
}

/** Whether a press says a command or shows its lines, wherever the button stands. */
export function worksInViews({ action }: Button): boolean {
  return action === ('copy_text' satisfies FreeId) || SAY_IDS.some((known) => known === action);
}

/** What a button carries that says a command. */
export function sayValue(command: string): string {
  return JSON.stringify({ c: command });
}

export function offeredOn(build: Build): (keyof typeof BUTTONS)[] {
  if (!isSettled(build)) return build.cancelRequested ? ['logs'] : ['cancel', 'logs'];
  if (build.state !== 'ready') return ['retry', 'logs'];
  if (build.letGo) return ['rebuild'];
  return build.verifying
    ? ['copy_line', 'spark_submit', 'logs']
    : ['copy_line', 'spark_submit', 'verify', 'rebuild', 'logs'];
}

function buttonFor(action: keyof typeof BUTTONS, build: Build): Button {
  const { label, style, command, confirm } = BUTTONS[action];
  return {
    action,
    label,
    value: JSON.stringify({ b: build.id }),
    style: style ?? null,
    confirm: confirm?.(build) ?? null,
    command: command(build),
  };
}
