/** What a file of packages asks for, which came with a text. */
import { createRequire } from 'node:module';
import { likelyPlatform, usualPlatform } from '../src/domain/edge-platforms.ts';
import type { Platform } from '../src/domain/lock.ts';
import type { Settings } from '../src/domain/services.ts';
import type { FileContent, ReadSettings } from '../src/reading/content.ts';
import type { PackagesFile } from './command.ts';

const require = createRequire(import.meta.url);

/** Loaded for the first file: most texts come without one, and its formats are two dozen modules. */
const load = (): typeof import('../src/reading/read-file.ts') =>
  require('../src/reading/read-file.ts');

/** Bytes that are read in a few hundredths of a second, whatever they are. */
const SHORT = 4_000;

/** What can be built for these edges, or the default ones: from configured channels alone. */
export function forRequest(settings: Settings, edges: readonly string[]): ReadSettings {
  const { channels } = settings;
  return {
    platform: likelyPlatform({ edges }, settings),
    channels: channels.map(({ name, url = null }) => ({ name, url })),
    ...{ groups: [], has: null },
  };
}

/** What is compared, from whatever channel: nothing is fetched from there. */
export function forComparison(settings: { platform?: Platform | undefined }): ReadSettings {
  return { platform: usualPlatform(settings), channels: null, groups: [], has: null };
}

/** Edges that a text names before it is parsed, for `readAhead`: a word that names none is left out there. */
export function edgesSaid(text: string): string[] {
  return [...text.matchAll(/(?:^|\s)--edge[\s=]+([\w.-]+)/g)].map(([, edge = '']) => edge);
}

/**
 * Reads a long file before anything is asked of it, while other people are answered: `contentOf` finds
 * it read.
 */
export async function readAhead(file: PackagesFile, settings: ReadSettings): Promise<PackagesFile> {
  const { name, bytes } = file;
  if (bytes.length <= SHORT) return file;
  const { readApart } = await import('../src/reading/apart.ts');
  const outcome = await readApart({ name, bytes, settings });
  return { ...file, ahead: { settings, outcome } };
}

/** What a file asks for. Throws for one that cannot be read at all, as `readPackagesFile` does. */
export function contentOf(
  { name, bytes, ahead }: PackagesFile,
  settings: ReadSettings,
): FileContent {
  if (ahead === undefined || JSON.stringify(ahead.settings) !== JSON.stringify(settings)) {
    return load().readPackagesFile(name, bytes, settings);
  }
  const { outcome } = ahead;
  if ('error' in outcome) throw outcome.error;
  return outcome.content;
}
