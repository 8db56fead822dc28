import type { LockedPackage } from '../lock.ts';

/** Words that YAML 1.1 or 1.2 reads as something else than text. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

/** A text as YAML: bare where nobody can read it as something else, else in quotes. */
export function scalar(text: string): string {
  const isPlain = /^[A-Za-z_](?:[\w./@+=!%~-]|:(?=\/))*$/.test(text);
  return isPlain && !WORDS.test(text) ? text : JSON.stringify(text);
}

/** Where a package comes from: what stands before its folder and file. */
function channelAddress({ url, subdir }: LockedPackage): string {
  const end = url.lastIndexOf(`/${subdir}/`);
  return end < 0 ? url.slice(0, url.lastIndexOf('/')) : url.slice(0, end);
}

/** The channels of packages, each once. */
export function channelAddresses(packages: readonly LockedPackage[]): string[] {
  return [...new Set(packages.map(channelAddress))];
}
