import { CATALOGUE, usageOf } from './catalogue.ts';
import type { Entry, Options, TerminalCommand } from './command.ts';
import { PRINTED, printedInWords } from './printed.ts';

const EXIT_CODES =
  'Exit codes: 0 done, 1 your mistake, 2 a failure outside, 78 one that only a change on this host mends, 128 + n stopped by signal n, 70 a defect.';

/** All sub-commands, a line for each to type and one on what it does. */
export function overview(): string {
  const lines = Object.entries(CATALOGUE).map(
    ([name, { summary }]) => `  ${usageOf(name)}\n      ${summary}`,
  );
  const more = 'All about one of them: conda-ferry COMMAND --help. This version: --version.';
  return `Usage:\n${lines.join('\n')}\n\n${more}\n${EXIT_CODES}`;
}

/** The same for programs. */
export const overviewDocument = () => ({
  commands: Object.entries(CATALOGUE).map(([name, { summary }]) => ({
    ...{ name, usage: usageOf(name), summary },
  })),
});

/** A sub-command for programs: its options, and the keys of what `--json` prints, as `PRINTED` has them. */
export const helpDocument = (name: string, { summary }: Entry, command: TerminalCommand) => ({
  ...{ name, usage: usageOf(name), summary },
  options: Object.entries(command.options).map(
    ([option, { short = null, value = null, says }]) => ({
      ...{ name: option, short, value, says },
    }),
  ),
  notes: command.notes?.() ?? [],
  prints: PRINTED[name],
});

/** One sub-command with its options. */
export function helpOf(name: string, { summary }: Entry, command: TerminalCommand): string {
  const rows = [...optionRows(command.options), ['-h, --help', 'this page'] as const];
  const width = Math.max(...rows.map(([flags]) => flags.length));
  const options = rows.map(([flags, says]) => `  ${flags.padEnd(width)}  ${says}`);
  const notes = command.notes?.() ?? [];
  return [
    `Usage: ${usageOf(name)}`,
    summary,
    `Options:\n${options.join('\n')}`,
    ...notes,
    printedInWords(name),
    EXIT_CODES,
  ].join('\n\n');
}

function optionRows(options: Options): (readonly [flags: string, says: string])[] {
  return Object.entries(options).map(([name, { short, value, says }]) => {
    const flags = [short && `-${short}`, `--${name}`].filter(Boolean).join(', ');
    return [value ? `${flags} ${value}` : flags, says];
  });
}
