import type { Channels } from '../ports.ts';

/** What is known of packages without building anything. */
export interface Packages {
  /** What the configured channels hold. */
  readonly channels: Channels;
  /**
   * Which packages have a module, those of the channels where any of them is there: as packages
   * that were built show it, else as is known without them.
   */
  packagesOf(): Promise<(module: string) => readonly string[]>;
}
