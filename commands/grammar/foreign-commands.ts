/** Commands of conda and pip, pasted whole where one of ours was expected. */
import { userError } from '../../src/domain/errors.ts';
import type { Settings } from '../../src/domain/services.ts';
import { tokenize } from '../../src/domain/tokens.ts';
import { foreignOption } from './foreign-options.ts';
import { withoutInstallers } from './pasted-commands.ts';

const CONDA =
  /^(?:[$%!>]\s*)?(?:sudo\s+)?(?:conda|mamba|micromamba)\s+(?:env\s+)?([a-z-]+)(?=\s|$)/i;
const PROJECT = /^(?:[$%!>]\s*)?(pixi|poetry|uv|rye|pdm)\s+add(?=\s|$)/i;
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

/** What theirs that change an environment are called here. */
const EDITS: Readonly<Record<string, string>> = {
  install: 'add',
  add: 'add',
  update: 'update',
  upgrade: 'update',
  remove: 'remove',
  uninstall: 'remove',
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
  const project = PROJECT.exec(typed);
  if (project) {
    throw instead(typed, settings, {
      message: `\`${project[1]} add\` adds to a project of your own; here an environment is named with its packages.`,
      commands: createOf(typed),
      end: project[0].length,
    });
  }
  if (!conda && !pip) return null;
  const [whole = '', typedVerb = 'install'] = conda ?? [];
  const verb = typedVerb.toLowerCase();
  if (verb === 'create') {
    return { command: 'create', words: whole.trim().split(/\s+/).length };
  }
  const edit = conda ? EDITS[verb] : 'add';
  const edited = edit ? editOf(edit, typed) : [];
  const isInstall = edit !== undefined && edit !== 'remove';
  const others = isInstall ? createOf(typed) : [OURS[verb] ?? 'help'];
  throw instead(typed, settings, {
    message: conda
      ? `\`conda ${typedVerb}\` changes an environment where it lies; here each one is built whole.`
      : settings.indexes.length > 0
        ? 'Each environment is built whole: conda’s packages by their names, those of pip behind `--pip`.'
        : 'Packages of pip are not installed by name; those of conda are.',
    commands:
      edit === 'remove' && edited.length > 0
        ? edited
        : [...edited, ...others, ...(pip && settings.indexes.length > 0 ? pipOf(typed) : [])],
    end: conda ? whole.length : typed.search(/install/i) + 'install'.length,
  });
}

function instead(
  typed: string,
  settings: Settings,
  { message, commands, end }: { message: string; commands: readonly string[]; end: number },
) {
  const [command] = commands;
  const file = command === undefined ? optionOf(typed) : null;
  return userError({
    code: 'foreign-command',
    message: file ? `${message} ${file.message}` : message,
    suggestion:
      command === undefined
        ? (file?.suggestion ?? `Type \`${settings.command} create NAME PACKAGE…\`.`)
        : `Did you mean \`${settings.command} ${command}\`?`,
    position: { start: 0, end },
    repairs: commands.map((each) => ({ label: each, command: each })),
  });
}

/** What is wrong with the first option that is not ours. */
function optionOf(typed: string) {
  const words = tokenize(typed);
  for (const index of words.keys()) {
    const found = foreignOption(words, index);
    if (found) return found.error;
  }
  return null;
}

/** A change of the environment that an installer's command names; none where it names none. */
function editOf(verb: string, typed: string): string[] {
  // What is taken away is listed as what is installed.
  const listed = typed.replace(CONDA, (whole) => whole.replace(/[a-z-]+$/i, 'install'));
  const { name, packages } = installed(listed);
  const isOurs = name !== null && name !== 'base' && (packages.length > 0 || verb === 'update');
  return isOurs ? [[verb, name, ...packages].join(' ')] : [];
}

/** The packages of installers' commands as a new environment; none where they name none. */
function createOf(typed: string): string[] {
  const { name, packages, channels } = installed(typed);
  if (packages.length === 0) return [];
  const options = channels.filter(Boolean).map((channel) => `-c ${channel}`);
  return [['create', name ?? 'my-env', ...options, ...packages].join(' ')];
}

/** The packages of pip's command as a new environment that has them from pip. */
function pipOf(typed: string): string[] {
  const { packages } = installed(typed);
  if (packages.length === 0) return [];
  return [['create my-env python', ...packages.map((each) => `--pip ${each}`)].join(' ')];
}

/** What installers' commands name. */
function installed(typed: string) {
  const name = /\s(?:-n|--name)(?:\s+|=)([A-Za-z][\w.-]*)/.exec(typed)?.[1] ?? null;
  const words = withoutInstallers(tokenize(typed), typed);
  const packages: string[] = [];
  const channels: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const { text, start, end, quoted } = words[index] as (typeof words)[number];
    const channel = /^(?:-c|--channel)(?:=(.*))?$/.exec(text);
    if (channel) {
      if (channel[1] === undefined) index += 1;
      channels.push(channel[1] ?? words[index]?.text ?? '');
    } else if (quoted || !/^(?:-|&|;$)/.test(text))
      packages.push(typed.slice(start, end).replace(/;+$/, ''));
    else index += (foreignOption(words, index)?.words ?? 1) - 1;
  }
  return { name, packages, channels };
}
