import { access, constants, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { type FerryError, outsideError, userError } from '../domain/errors.ts';

/** The two places packing touches. */
export interface Places {
  prefix: string;
  output: string;
}

/** Refuses a place where no archive can be written, before the prefix is read. */
export async function refuseOutput(output: string): Promise<void> {
  const folder = dirname(output);
  const facts = await stat(folder).catch(() => null);
  if (!facts) {
    throw outputError(
      `The folder \`${folder}\` does not exist.`,
      `Make it: \`mkdir -p ${folder}\`.`,
    );
  }
  if (!facts.isDirectory()) throw outputError(`\`${folder}\` is not a folder.`);
  const there = await stat(output).catch(() => null);
  if (there?.isDirectory()) throw outputError(`\`${output}\` is a folder.`);
  if (there && !there.isFile()) throw outputError(`\`${output}\` is not an ordinary file.`);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw outputError(
      `No archive can be written into \`${folder}\`: ${reasonOf(error) ?? 'permission denied'}.`,
    );
  }
}

function outputError(message: string, suggestion = 'Name another place with `-o FILE`.') {
  return userError({ code: 'output-not-writable', message, suggestion });
}

/** What the system's error codes mean, as the second half of a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file system allows no file that large',
  ENAMETOOLONG: 'the name is too long',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'it is not there any more',
  ESTALE: 'it is not there any more',
  ENXIO: 'it is not an ordinary file any more',
  EBUSY: 'it is in use',
  ETIMEDOUT: 'the file system does not answer',
};

/** Why the file system refused, as the second half of a sentence; null for any other error. */
export function reasonOf(error: unknown): string | null {
  return REASONS[codeOf(error) ?? ''] ?? null;
}

/** What the owner of the prefix can mend himself. */
const OWNERS_MATTER = new Set(['EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);
const CHANGED = new Set(['ENOENT', 'ESTALE', 'ENXIO', 'ENOTDIR', 'EISDIR']);

/**
 * Turns an error of the file system into one people can act on; any other stays what it is.
 * Codes: `unreadable-file`, `prefix-changed`, `output-not-writable`.
 */
export function fileErrorInWords(error: unknown, places: Places): unknown {
  const code = codeOf(error);
  const reason = reasonOf(error);
  if (code === null || reason === null) return error;
  const path = (error as NodeJS.ErrnoException).path ?? '';
  const inside = path === places.prefix || path.startsWith(`${places.prefix}/`);
  const isOutput = path.startsWith(places.output);
  // Reading and writing an open file, the system does not repeat its name.
  const isRead = path === '' && (error as NodeJS.ErrnoException).syscall === 'read';
  if (isRead || (inside && !isOutput)) {
    return prefixError(isRead ? 'a file' : relative(places.prefix, path) || '.', code, reason);
  }
  return outsideError(
    {
      code: 'output-not-writable',
      message: `\`${isOutput || path === '' ? places.output : path}\` cannot be written: ${reason}.`,
      suggestion:
        code === 'ENOSPC' || code === 'EDQUOT'
          ? 'Free space there, or name another place with `-o FILE`.'
          : 'Name another place with `-o FILE`.',
      details: String(error),
    },
    error,
  );
}

function prefixError(path: string, code: string, reason: string): FerryError {
  if (OWNERS_MATTER.has(code)) {
    return userError({
      code: 'unreadable-file',
      message: `\`${path}\` in the environment cannot be read: ${reason}.`,
      suggestion: 'Make it readable, remove it, or pack as the user who owns the environment.',
    });
  }
  const changed = CHANGED.has(code);
  return outsideError({
    code: changed ? 'prefix-changed' : 'unreadable-file',
    message: `\`${path}\` in the environment cannot be read: ${reason}.`,
    suggestion: changed
      ? 'Pack again when nothing installs into the environment or runs in it.'
      : 'Look after the file system, then pack again.',
    retryable: true,
  });
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : null;
}
