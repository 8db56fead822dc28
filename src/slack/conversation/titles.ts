/** Commands that change nothing, each with the title of a modal that shows its answer. */
export const TITLES = {
  plan: 'Plan',
  diff: 'Difference',
  run: 'Line to copy',
  status: 'Build',
  list: 'Environments',
  show: 'Environment',
  logs: 'Log',
  diagnose: 'What went wrong',
  help: 'Help',
} as const satisfies Readonly<Record<string, string>>;

/** Null for a command that changes something, and where there is none. */
export function titleOf(command: string | null): string | null {
  const titles: Readonly<Record<string, string>> = TITLES;
  return command !== null && Object.hasOwn(titles, command) ? (titles[command] ?? null) : null;
}
