/** Commands of conda and pip, pasted whole where one of ours was expected. */
import { userError } from '../src/domain/errors.ts';
import type { Settings } from '../src/domain/services.ts';

const CONDA =
  /^(?:[$%!>]\s*)?(?:sudo\s+)?(?:conda|mamba|micromamba)\s+(?:env\s+)?([a-z-]+)(?=\s|$)/i;
const PIP =
  /^(?:[$%!>]\s*)?(?:sudo\s+)?(?:python3?\s+-m\s+)?(?:uv\s+)?pip3?\s+install(?=\s|$)\s*(.*)$/is;

/** What their commands are called here, with what follows them. */
const OURS: Readonly<Record<string, string>> = {
  activate: 'run my-env',
  list: 'list',
  info: 'list',
  remove: 'help',
  run: 'run my-env',
};

/**
 * `conda create …` means our own `create`: its name and how many words it takes. Null for a text
 * that is ours. Throws `foreign-command`, with what to type instead, for what has no such meaning.
 */
export function readForeignCommand(
  typed: string,
  settings: Settings,
): { command: string; words: number } | null {
  const conda = CONDA.exec(typed);
  const pip = PIP.exec(typed);
  if (!conda && !pip) return null;
  const [whole = '', verb = 'install'] = conda ?? [];
  if (verb.toLowerCase() === 'create') {
    return { command: 'create', words: whole.trim().split(/\s+/).length };
  }
  const packages = (conda ? typed.slice(whole.length) : (pip?.[1] ?? '')).trim();
  const command = ['install', 'update', 'upgrade', 'add'].includes(verb.toLowerCase())
    ? createOf(packages)
    : (OURS[verb.toLowerCase()] ?? 'help');
  throw userError({
    code: 'foreign-command',
    message: conda
      ? `\`conda ${verb}\` changes an environment where it lies; here each one is built whole.`
      : 'Packages of pip are not installed by name; those of conda are.',
    suggestion: `Did you mean \`${settings.command} ${command}\`?`,
    position: { start: 0, end: (conda ? whole : 'pip install').length },
  });
}

/** `-n churn -c conda-forge numpy` as the rest of our own command. */
function createOf(packages: string): string {
  const name = /(?:^|\s)(?:-n|--name)(?:\s+|=)([A-Za-z][\w.-]*)/.exec(packages)?.[1] ?? 'my-env';
  const rest = packages
    .replace(/(?:^|\s)(?:-n|--name|-r|--requirement)(?:\s+|=)\S+/g, ' ')
    .replace(/(?:^|\s)-{1,2}(?!c\b|channel\b)[A-Za-z][\w-]*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return `create ${name} ${rest || 'numpy'}`;
}
