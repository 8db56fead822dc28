/** An `environment.yml` pasted where a command was expected. */
import { FerryError, userError } from '../../src/domain/errors.ts';
import { isName, printable } from '../../src/domain/names.ts';
import { listInWords } from '../../src/domain/phrase.ts';
import type { Settings } from '../../src/domain/services.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';

/** What an `environment.yml` holds (conda, "Creating an environment file manually"). */
interface EnvironmentFile {
  name: string | null;
  channels: string[];
  dependencies: string[];
  pip: string[];
}

const KEY = /(?:^|\s)(?:name|channels|dependencies|prefix|variables|platforms):(?=\s|$)/;
/** Most packages that a sentence names. */
const MOST_NAMED = 8;

/** Throws `environment-file` with the command that its conda packages make; else does nothing. */
export function refuseEnvironmentFile(typed: string, settings: Settings): void {
  if (!/(?:^|\s)dependencies:\s+-\s/.test(typed)) return;
  const start = KEY.exec(typed)?.index ?? 0;
  const file = readFile(typed.slice(start));
  const before = /^\s*(?:create|build)\s+(?:(?:-n|-p|--name|--prefix)\s+)?(\S+)\s*$/i.exec(
    typed.slice(0, start),
  )?.[1];
  const name = [before, file.name].find((some) => some && isName(some)) ?? 'my-env';
  const specs = file.dependencies.flatMap((text) => specOf(text) ?? []);
  const known = file.channels.filter((channel) =>
    settings.channels.some((configured) => configured.name === channel),
  );
  const options = known.map((channel) => ` -c ${channel}`).join('');
  const command = `create ${name} ${specs.join(' ')}${options}`;
  const left = file.dependencies.filter((text) => specOf(text) === null);
  const unknown = file.channels.filter((channel) => !known.includes(channel));
  const said = [
    specs.length > 0 ? `Did you mean \`${settings.command} ${command}\`?` : null,
    named(file.pip, 'Packages of pip are not installed by name; ask for conda’s own instead of'),
    named(left, 'Not a package spec:'),
    named(unknown, 'Not a configured channel:'),
  ];
  throw userError({
    code: 'environment-file',
    message: 'That is an `environment.yml`; a command names the packages themselves.',
    suggestion: said.filter((sentence) => sentence !== null).join(' '),
    position: { start: typed.indexOf('dependencies:'), end: typed.indexOf('dependencies:') + 13 },
    repairs: specs.length > 0 ? [{ label: command, command }] : [],
  });
}

function named(texts: readonly string[], sentence: string): string | null {
  if (texts.length === 0) return null;
  const shown = texts.slice(0, MOST_NAMED).map((text) => `\`${printable(text)}\``);
  const more = texts.length > MOST_NAMED ? [`${texts.length - MOST_NAMED} more`] : [];
  return `${sentence} ${listInWords([...shown, ...more], 'and')}.`;
}

/** Lines are lost where a chat client makes one of them; keys and dashes begin them again. */
function readFile(text: string): EnvironmentFile {
  const lines = text.includes('\n')
    ? text.split(/\r?\n/)
    : text
        .replace(/\s+(?=-\s|[a-z]+:(?:\s|$))/g, '\n')
        .replace(/-\n(?=pip:)/g, '- ')
        .split('\n');
  const file: EnvironmentFile = { name: null, channels: [], dependencies: [], pip: [] };
  let section = '';
  let pipAt = -1;
  let isDeeper = false;
  for (const typed of lines) {
    const line = typed.replace(/(?:^|\s)#.*$/, '').trimEnd();
    const indent = line.length - line.trimStart().length;
    const [, key, value = ''] = /^\s*([a-z]+):\s*(.*)$/.exec(line) ?? [];
    const item = /^\s*-\s+(.*)$/
      .exec(line)?.[1]
      ?.trim()
      .replace(/^(["'])(.*)\1$/, '$2');
    if (key !== undefined) {
      section = key;
      pipAt = -1;
      if (key === 'name') file.name = value.trim();
    } else if (item === 'pip:') {
      pipAt = indent;
      isDeeper = false;
    } else if (item !== undefined && item !== '') {
      isDeeper ||= indent > pipAt;
      if (pipAt >= 0 && isDeeper && indent <= pipAt) pipAt = -1;
      if (section === 'channels') file.channels.push(item);
      if (section === 'dependencies') (pipAt >= 0 ? file.pip : file.dependencies).push(item);
    }
  }
  return file;
}

/** A spec as it is typed on one line, mended where it can be; null for no spec. */
function specOf(text: string): string | null {
  try {
    return formatSpec(parseSpec(text));
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    return error.replacement && formatSpec(parseSpec(error.replacement.text));
  }
}
