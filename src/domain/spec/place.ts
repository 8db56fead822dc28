/** Where a package comes from: a channel, and a folder of it. */
import { printable } from '../names.ts';
import { PLATFORMS } from '../platform.ts';
import { Mistake, type Position } from './mistake.ts';

const CHANNEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Channels of Anaconda whose names have a slash: `pkgs/main`, `owner/label/dev`. */
const NESTED_CHANNEL = /^(?:pkgs\/[a-z0-9]+|[A-Za-z0-9][\w.-]{0,63}\/label\/[\w.-]{1,64})$/;
const SUBDIRS: readonly string[] = [...PLATFORMS, 'noarch'];
const OTHER_SUBDIR = /^(?:osx|win|linux|freebsd|zos|emscripten|wasi)-[a-z0-9]+$/;

export interface Place {
  /** The name of a channel; null for any. */
  channel?: string | null;
  subdir?: string;
}

/** `conda-forge`, `conda-forge/linux-64` or, for any channel, a `*` in its place. */
export function readChannel(text: string, start: number): Place {
  const isWhole = NESTED_CHANNEL.test(text);
  const [, name = text, subdir] = isWhole ? [] : (/^(.*)\/([^/]*)$/.exec(text) ?? []);
  const end = start + text.length;
  const named = name === '*' ? { channel: null } : { channel: name };
  if (name !== '*' && !CHANNEL.test(name) && !NESTED_CHANNEL.test(name)) {
    throw new Mistake(
      `\`${printable(text)}\` is not the name of a channel`,
      { start, end },
      'Name a channel such as `conda-forge::numpy`; addresses are configured by the operator.',
    );
  }
  if (subdir === undefined) return named;
  return { ...named, subdir: readSubdir(subdir, { start: end - subdir.length, end }) };
}

export function readSubdir(subdir: string, position: Position): string {
  if (SUBDIRS.includes(subdir)) return subdir;
  throw new Mistake(
    OTHER_SUBDIR.test(subdir)
      ? `the clusters are Linux, and \`${printable(subdir)}\` is not for them`
      : `\`${printable(subdir)}\` is not a platform`,
    position,
    `There are ${SUBDIRS.map((known) => `\`${known}\``).join(', ')}.`,
  );
}
