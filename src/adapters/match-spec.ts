import { userError } from '../domain/errors.ts';
import type { Channel } from '../domain/ports.ts';
import type { Spec } from '../domain/spec.ts';

/**
 * A spec as an engine reads it. The two engines differ in what a single `=` may stand before, so
 * each gets the form that it reads as a person typing at conda's command line means it: `=3.11` is
 * 3.11.*, and with a build string the version is exact (conda, "Package match specifications").
 */
export interface MatchSpec {
  name: string;
  /** Address of the configured channel, or null for any of them. */
  channel: string | null;
  version: string | null;
  build: string | null;
}

/** Throws `unknown-channel` for a channel that the build does not use. */
export function matchSpec(spec: Spec, channels: readonly Channel[]): MatchSpec {
  const channel = spec.channel === null ? null : findChannel(spec.channel, channels);
  const exact = spec.build !== null && spec.version !== null && /^=[^=]/.test(spec.version);
  const version = exact ? `=${spec.version}` : spec.version;
  return { name: spec.name, channel: channel?.url ?? null, version, build: spec.build };
}

/** One line of a file for `conda create --file`. */
export function condaLine(spec: MatchSpec): string {
  const channel = spec.channel === null ? '' : `${spec.channel}::`;
  // conda's reader of files takes `=3.11` for 3.11 exactly in some versions; the star says it.
  const version = /^=[^=*,|]+$/.test(spec.version ?? '') ? `${spec.version}.*` : spec.version;
  return `${channel}${spec.name}${version ?? ''}${spec.build === null ? '' : `=${spec.build}`}`;
}

/** rattler's strict form: parts apart, and no `=` before a star. */
export function rattlerText(spec: MatchSpec): string {
  const channel = spec.channel === null ? '' : `${spec.channel}::`;
  const version = spec.version?.replace(/^=(?=[^=,|]*\*$)/, '');
  return [`${channel}${spec.name}`, version ?? (spec.build ? '*' : null), spec.build]
    .filter((part) => part !== null)
    .join(' ');
}

function findChannel(name: string, channels: readonly Channel[]): Channel {
  const channel = channels.find((candidate) => candidate.name === name);
  if (channel) return channel;
  throw userError({
    code: 'unknown-channel',
    message: `\`${name}\` is not one of this build's channels.`,
    suggestion: `Use ${channels.map((candidate) => `\`${candidate.name}\``).join(', ')}, or leave \`${name}::\` out.`,
  });
}
