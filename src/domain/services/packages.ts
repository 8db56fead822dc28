import type { Channels } from '../ports.ts';
import type { Suggestion } from '../suggestions.ts';

/** What is known of packages without building anything. */
export interface Packages {
  /** What the configured channels hold. */
  readonly channels: Channels;
  /**
   * Which packages have a module, those of the channels where any of them is there: as packages
   * that were built show it, else as is known without them.
   */
  packagesOf(): Promise<(module: string) => readonly string[]>;
  /**
   * What may be meant by a package that is being typed, of the named channels or, without any, the
   * default ones, for the platform of the named edges or the default ones; only what is typed itself while they cannot be known.
   */
  suggest(
    typed: string,
    channels: readonly string[],
    edges: readonly string[],
  ): Promise<readonly Suggestion[]>;
}
