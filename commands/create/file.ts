import type { FerryError } from '../../src/domain/errors.ts';
import { userError } from '../../src/domain/errors.ts';
import type { Lock, LockedPackage } from '../../src/domain/lock.ts';
import { isName, nearestName, printable } from '../../src/domain/names.ts';
import { formatRequirement } from '../../src/domain/pip.ts';
import { createCommand } from '../../src/domain/request.ts';
import type { Settings } from '../../src/domain/services.ts';
import { LONGEST_TEXT } from '../../src/domain/tokens.ts';
import type { FileContent, FileLock, Refused } from '../../src/reading/content.ts';
import type { Draft, Incomplete, PackagesFile } from '../command.ts';
import { contentOf, forRequest } from '../packages-file.ts';
import { type RequestArguments, requestOf } from './arguments.ts';
import { ROWS_REFUSED } from './review.ts';

/** Rows that a refusal names one by one. */
const MOST_ROWS = 8;

/**
 * What was typed beside a file, together with what the file asks for. Rows of it that cannot be had
 * are one mistake, with the command that builds the rest. Throws for a file that cannot be read.
 */
export function withFile(
  draft: Draft<Incomplete<RequestArguments>>,
  file: PackagesFile,
  settings: Settings,
): Draft<Incomplete<RequestArguments>> {
  const content = contentOf(file, forRequest(settings, draft.arguments.edge));
  const { arguments: typed } = draft;
  const given = typed.name ?? typed.prefix ?? typed.environment;
  const environment = given ?? nameOf(content.name);
  const { pip, refused } = pipOf(content, settings);
  const isWhole = refused.length === 0;
  const channel = typed.channel.length > 0 ? typed.channel : content.channels;
  // Which wheels pip's packages are is found beside the lock, as for any request.
  const isExact = isWhole && typed.specs.length === 0;
  const args: Incomplete<RequestArguments> = {
    ...typed,
    environment,
    // A name beside a file is one, whatever it looks like.
    prefix: typed.name === null ? environment : typed.prefix,
    specs: [...content.specs, ...typed.specs],
    pip: [...pip, ...typed.pip],
    channel,
    lock: isExact ? lockOf(content.lock, channel, settings) : null,
  };
  const mistakes = [...draft.mistakes];
  if (!isWhole) mistakes.push(rowsRefused(refused, { ...args, environment }, content.format));
  if (environment === null) mistakes.push(nameMissing(args));
  if (isWhole && args.specs.length + args.pip.length === 0) mistakes.push(noPackages(content));
  return { ...draft, arguments: args, mistakes };
}

function nameOf(name: string | null): string | null {
  if (name === null) return null;
  return isName(name) ? name : nearestName(name);
}

/** What of pip's packages can be had from an index; a lock's are known again by their digests. */
function pipOf(
  { pip, lock, refused }: FileContent,
  settings: Settings,
): { pip: FileContent['pip']; refused: Refused[] } {
  const wrong = (text: string, message: string, suggestion: string): Refused => ({
    ...{ line: 0, text, message, suggestion },
  });
  const refusals = pip.flatMap((requirement) => {
    const text = formatRequirement(requirement);
    if (settings.indexes.length === 0) {
      return wrong(text, 'No index of pip packages is configured here.', 'Ask conda for it.');
    }
    return requirement.url === null || lock !== null
      ? []
      : wrong(
          text,
          'Packages of pip come from the configured indexes, not from an address.',
          'Install it as a project: `--project REPOSITORY@REF`.',
        );
  });
  const isRefused = new Set(refusals.map(({ text }) => text));
  return {
    pip: pip
      .filter((requirement) => !isRefused.has(formatRequirement(requirement)))
      .map((requirement) => ({ ...requirement, url: null })),
    refused: [...refused, ...refusals],
  };
}

/**
 * Exactly the packages of a lock, where each has its sha256 and lies in a configured channel that is
 * asked for: from there it comes, whatever mirror the lock names. Null where one does not; they are
 * solved then, from no other channels than roles and approvals are looked up for.
 */
function lockOf(lock: FileLock | null, asked: readonly string[], settings: Settings): Lock | null {
  if (lock === null || lock.packages.length === 0) return null;
  const packages: LockedPackage[] = [];
  for (const { sha256, url, subdir, channel, ...rest } of lock.packages) {
    const address = settings.channels.find(({ name }) => name === channel)?.url;
    if (!asked.includes(channel)) return null;
    const file = url.split('/').at(-1);
    if (sha256 === null || address === undefined) return null;
    const from = `${address.replace(/\/+$/, '')}/${subdir}/${file}`;
    packages.push({ ...rest, subdir, channel, url: from, sha256, size: null });
  }
  return { platform: lock.platform, packages };
}

/** Every row at once, and the command of what is left. */
function rowsRefused(
  refused: readonly Refused[],
  args: Incomplete<RequestArguments>,
  format: string,
): FerryError {
  const rows = refused.slice(0, MOST_ROWS).map(rowRefused);
  const more = refused.length > MOST_ROWS ? [`${refused.length - MOST_ROWS} more`] : [];
  const suggestions = [...new Set(refused.flatMap(({ suggestion }) => suggestion ?? []))];
  const rest = commandOf(args);
  return userError({
    code: ROWS_REFUSED,
    message: `Not everything in this ${format} can be had: ${[...rows, ...more].join(' · ')}`,
    suggestion: [...suggestions.slice(0, 3), rest ? 'Or build the rest.' : null]
      .filter((text) => text !== null)
      .join(' '),
    repairs: rest === null ? [] : [{ label: 'Build the rest', command: rest }],
    parts: refused.map((row) =>
      userError({ code: 'file-row', message: rowRefused(row), suggestion: row.suggestion }),
    ),
  });
}

function rowRefused({ line, text, message }: Refused): string {
  const place = line > 0 ? `line ${line}, ` : '';
  return `${place}\`${printable(text)}\`: ${message}`;
}

function nameMissing(args: Incomplete<RequestArguments>): FerryError {
  const whole = commandOf({ ...args, environment: 'my-env', prefix: 'my-env' });
  return userError({
    code: 'name-missing',
    message: 'What is the environment to be called? The file does not say.',
    suggestion: 'Type its name after the word create, and give the file with it.',
    repairs: whole === null ? [] : [{ label: 'Name it my-env', command: whole }],
  });
}

function noPackages({ format }: FileContent): FerryError {
  return userError({
    code: 'file-empty',
    message: `This ${format} names no package.`,
    suggestion: 'Add one, or type the packages: `create NAME python=3.11 numpy`.',
  });
}

/** What a person would type for the same; null for nothing, and for what is too long to type. */
function commandOf(args: Incomplete<RequestArguments>): string | null {
  if (args.specs.length === 0) return null;
  const environment = args.environment ?? 'my-env';
  const command = createCommand(requestOf({ ...args, environment }), true);
  return command.length <= LONGEST_TEXT ? command : null;
}
