/**
 * Quoting for POSIX sh, bash and zsh.
 *
 * Bare words hold only characters that none of the three reads as syntax, not even zsh with
 * EXTENDED_GLOB (`#`, `^`, `~`) nor an interactive shell with history expansion (`!`). A `=` may
 * stand once, after a letter or digit: zsh reads `=ls`, `a==ls` and `a:=ls` as the path of a
 * command. Everything else goes between single quotes, where all three take every character as it
 * is; a single quote itself becomes `'\''`.
 */

const BARE = /^([A-Za-z0-9_@%+:,./-]*[A-Za-z0-9_]=)?[A-Za-z0-9_@%+:,./-]+$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One shell word that expands to exactly `text`. `text` must not hold a NUL. */
export function quote(text: string): string {
  return BARE.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a line sets, takes away and starts. */
export interface ShellCommand {
  /** Variables the command must not inherit from the person's shell. */
  unset: readonly string[];
  environment: Readonly<Record<string, string>>;
  argv: readonly string[];
}

export function isVariable(name: string): boolean {
  return VARIABLE.test(name);
}

/**
 * The words of one line, quoted, that starts `argv` with `environment` and without `unset`, which
 * must not overlap. `env -u` (GNU, BusyBox, BSD) takes variables away for this one command; `unset`
 * would change the person's shell.
 */
export function commandWords(command: ShellCommand): string[] {
  const assignments = Object.entries(command.environment).map(
    ([name, value]) => `${name}=${quote(value)}`,
  );
  return [...assignments, ...withoutVariables(command.unset), ...command.argv.map(quote)];
}

/** The words in one line. */
export function commandLine(command: ShellCommand): string {
  return commandWords(command).join(' ');
}

/** The same as arguments, which a program can start without a shell; nothing is quoted. */
export function commandArguments({ unset, environment, argv }: ShellCommand): string[] {
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return ['env', ...withoutVariables(unset).slice(1), ...assignments, ...argv];
}

function withoutVariables(unset: readonly string[]): string[] {
  return unset.length > 0 ? ['env', ...unset.flatMap((name) => ['-u', name])] : [];
}
