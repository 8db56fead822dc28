import { userError } from '../../domain/errors.ts';
import type { LockedPackage } from '../../domain/lock.ts';
import type { Channel } from '../../domain/ports.ts';
import { strictVersion } from '../../domain/spec/version.ts';
import type { Spec } from '../../domain/spec.ts';

/**
 * A spec for an engine: a Spec whose channel is an address and whose version has only the forms
 * that all engines read alike (`==1.26`, `1.26.*`, `>=1.26`), never a single `=`.
 */
export interface MatchSpec extends Spec {
  /** Address of the configured channel, or null for any of them. */
  channel: string | null;
}

/** Throws `unknown-channel` for a channel that the build does not use. */
export function matchSpec(spec: Spec, channels: readonly Channel[]): MatchSpec {
  const channel = spec.channel === null ? null : findChannel(spec.channel, channels);
  const version = spec.version === null ? null : strictVersion(spec.version, spec.build !== null);
  return { ...spec, channel: channel?.url ?? null, version };
}

/** The spec that only this package meets, of whatever channel; it asks for no sha256, which conda cannot pin. */
export function exactly({ name, version, build }: LockedPackage): MatchSpec {
  return { name, version: `==${version}`, build, channel: null };
}

/**
 * One line of a file for `conda create --file`. A build that can follow its version does, because
 * conda's older reader of files (`spec_from_line`) knows no brackets; all else is named in them.
 */
export function condaLine(spec: MatchSpec): string {
  const version = spec.version ?? (spec.build === null ? '' : '*');
  const isSingle = /^(?:==)?[^<>=!~,|()]+$/.test(version);
  const build = isSingle && spec.build !== null ? `=${spec.build}` : '';
  const isGrouped = version.includes('(');
  const constraint = isGrouped ? '' : version.replace(/^(?=[^<>=!~])/, '=');
  const fields = {
    version: isGrouped ? version : null,
    build: isSingle ? null : spec.build,
    ...otherFields(spec),
  };
  return `${channelPrefix(spec)}${spec.name}${constraint}${build}${brackets(fields)}`;
}

/** rattler's strict form: parts apart, and no `=` before a star. */
export function rattlerText(spec: MatchSpec): string {
  const version = spec.version ?? (spec.build === null ? null : '*');
  const parts = [`${channelPrefix(spec)}${spec.name}`, version, spec.build];
  return `${parts.filter((part) => part !== null).join(' ')}${brackets(otherFields(spec))}`;
}

function channelPrefix({ channel }: MatchSpec): string {
  return channel === null ? '' : `${channel}::`;
}

function otherFields({ buildNumber, subdir, md5, sha256 }: MatchSpec) {
  return { build_number: buildNumber, subdir, md5, sha256 };
}

function brackets(fields: Readonly<Record<string, string | null | undefined>>): string {
  const named = Object.entries(fields).filter(([, value]) => value);
  return named.length === 0
    ? ''
    : `[${named.map(([key, value]) => `${key}='${value}'`).join(',')}]`;
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
