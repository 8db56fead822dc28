import { type FerryError, outsideError, userError } from '../../domain/errors.ts';
import { printable } from '../../domain/names.ts';
import type { Channel } from '../../domain/ports.ts';

/** The failures both engines know, in the same words whichever engine met them. */

export function packageNotFound(
  name: string,
  close: readonly string[],
  channels: readonly Channel[],
  details: string,
): FerryError {
  return userError({
    code: 'package-not-found',
    message: `No package \`${printable(name)}\` is in ${listChannels(channels)}.`,
    suggestion:
      close.length > 0
        ? `Did you mean ${close.map((candidate) => `\`${candidate}\``).join(' or ')}?`
        : 'Check the name, or name another channel with `--channel`.',
    details,
  });
}

export function versionNotFound(
  spec: string,
  versions: readonly string[],
  channels: readonly Channel[],
  details: string,
): FerryError {
  return userError({
    code: 'package-not-found',
    message: `No version in ${listChannels(channels)} meets \`${printable(spec)}\`.`,
    suggestion:
      versions.length > 0
        ? `There is ${versions.map((version) => `\`${version}\``).join(', ')}.`
        : 'Ask for another version, or leave the version out.',
    details,
  });
}

/** `details` is the solver's explanation; its first lines are the message. */
export function unsatisfiable(details: string): FerryError {
  return userError({
    code: 'unsatisfiable',
    message: `These packages do not go together: ${shorten(details) || 'the solver does not say why.'}`,
    suggestion: 'Loosen or leave out one of the versions named, and let the solver choose.',
    details,
  });
}

export function badSpec(details: string): FerryError {
  return userError({
    code: 'bad-spec',
    message: `The engine does not understand a spec: ${shorten(details)}`,
    suggestion: 'Use `name`, `name=1.2` or `name>=1,<2`.',
    details,
  });
}

export function channelUnreachable(channels: readonly Channel[], details: string): FerryError {
  const isRefused = /\b401\b|\b403\b/.test(details);
  return outsideError({
    code: 'channel-unreachable',
    message: `The packages of ${listChannels(channels)} could not be fetched.`,
    suggestion: isRefused
      ? 'The channel does not let this build host in: the operator checks its `tokenFile`, or `usernameFile` and `passwordFile`.'
      : 'Try again in a moment; `conda-ferry check` shows whether the channel answers.',
    details,
    retryable: !isRefused,
  });
}

export function packageChanged(details: string): FerryError {
  return outsideError({
    code: 'package-changed',
    message: `A package is no longer the bytes its sha256 promises: ${shorten(details)}`,
    suggestion: 'Plan again to get a new lock; tell the operator of the channel.',
    details,
  });
}

export function diskFull(details: string): FerryError {
  return outsideError({
    code: 'disk-full',
    message: 'The disk of the build host is full.',
    suggestion: 'The operator frees space in the data folder; then retry the build.',
    details,
  });
}

export function engineHung(name: string, cause: FerryError): FerryError {
  const lines = (cause.details ?? '').split('\n').filter((line) => line.trim() !== '');
  const last = lines.length > 0 ? ` Its last words: ${shorten(lines.slice(-3).join(' / '))}` : '';
  return outsideError(
    {
      code: 'engine-hung',
      message: `${name} did not finish: ${cause.message}${last}`,
      suggestion: 'Retry the build; if it hangs again, ask for fewer or more exact packages.',
      details: cause.details,
      retryable: true,
    },
    cause,
  );
}

/**
 * The engine was ended by a signal that is none of ours; `words` are what it said besides how far it was.
 * The kernel ends what takes the last memory by SIGKILL.
 */
export function engineKilled(name: string, signal: string, words: string): FerryError {
  return outsideError({
    code: 'engine-killed',
    message: `${name} was ended from outside (${signal}) before it was done; mostly the memory of the build host is full.`,
    suggestion:
      'Retry the build; if it happens again, the operator gives the build host more memory or lets fewer builds run at a time.',
    details: words || `${name} said nothing`,
    retryable: true,
  });
}

/** Scripts of packages that run while they are linked are bounded as a project's code is. */
export function linkedTooMuch(name: string, cause: FerryError): FerryError {
  return outsideError(
    {
      code: 'engine-failed',
      message: `${name} was ended while it linked the packages: it, and what their scripts do, took more memory or disk than a build may.`,
      suggestion:
        'Leave out the package whose script does it, or link with `engine: rattler`, which runs no scripts.',
      details: cause.message,
    },
    cause,
  );
}

export function engineFailed(name: string, details: string): FerryError {
  return outsideError({
    code: 'engine-failed',
    message: `${name} failed: ${shorten(details)}`,
    suggestion: 'The log of the build has its whole output.',
    details,
  });
}

export function prefixExists(prefix: string): FerryError {
  return outsideError({
    code: 'prefix-exists',
    message: 'The prefix to create is already there.',
    suggestion: 'Remove what an interrupted build left, then run the build again.',
    details: prefix,
  });
}

/** `name` with its version; `what` is a path or name as the package writes it. */
export function packageUnsafe(name: string, kind: 'file' | 'command', what: string): FerryError {
  return outsideError({
    code: 'package-unsafe',
    message: `The package ${printable(name)} has the ${kind} \`${printable(what, 300)}\`, which lies outside of its environment.`,
    suggestion: 'Leave this package out, and tell the operator of its channel.',
  });
}

export function unreadablePackage(
  { name, version, url }: { name: string; version: string; url: string },
  why: string,
): FerryError {
  return outsideError({
    code: 'package-unreadable',
    message: `What the package ${printable(name)} ${printable(version)} says of its files cannot be read: ${why}.`,
    suggestion: 'Leave this package out, and tell the operator of its channel.',
    details: url,
  });
}

function listChannels(channels: readonly Channel[]): string {
  const names = channels.map((channel) => `\`${channel.name}\``).join(', ');
  return channels.length === 1 ? `the channel ${names}` : `the channels ${names}`;
}

/** A solver's tree in one line: without its drawing, its preamble and whatever is too long. */
function shorten(text: string): string {
  const lines = text
    // conda's classic solver names a virtual package of everything it has looked at.
    .replace(/The following specifications were found to be incompatible with your system:.*$/s, '')
    .replace(/^.*?Cannot solve the request because of:/s, '')
    .split('\n')
    .map((line) => line.replace(/^[\s│├└─|]+/, '').replace(/[\s;]+$/, ''))
    .map((line) => line.replace(/ \* (?=cannot|would|can be)/, ' '))
    .filter((line) => line !== '' && line !== 'The following packages are incompatible');
  return printable([...new Set(lines)].reduce(joinBranch, ''), 300);
}

/** A branch of the tree continues the sentence of the one above it. */
function joinBranch(sentence: string, line: string): string {
  if (sentence === '') return line;
  return /(:|would require|requires)$/.test(sentence)
    ? `${sentence} ${line}`
    : `${sentence}; ${line}`;
}
