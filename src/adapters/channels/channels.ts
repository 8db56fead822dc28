import type { Credential } from '../../domain/credential.ts';
import type { Platform } from '../../domain/lock.ts';
import type { Channel, ChannelContent, Channels } from '../../domain/ports.ts';
import { createFetcher, type Fetcher } from '../host/fetch.ts';
import type { Network } from '../host/network.ts';
import { completeVersions, readSubdir, type SubdirContent } from './subdir.ts';

export interface ChannelsOptions {
  channels: readonly Channel[];
  /** Whose packages are meant where nothing else is said. */
  platform: Platform;
  /** All whose packages may be asked for; left out: that one alone. */
  platforms?: readonly Platform[];
  network: Network;
  /** What opens private ones. */
  credentials?: readonly Credential[];
  log(line: string): void;
  /** Milliseconds; the defaults are for people who wait. */
  timing?: Partial<Timing>;
}

interface Timing {
  /** How long an answer may be waited for. */
  patience: number;
  /** How long what a channel said is believed without asking again; folders are always asked. */
  fresh: number;
  /** How long a channel that could not be read is left alone. */
  respite: number;
  /** How long reading a whole channel may take, behind everybody's back. */
  load: number;
}

const TIMING: Timing = { patience: 1_000, fresh: 60_000, respite: 30_000, load: 180_000 };

/**
 * Reads the channels' own indexes (sharded repodata, else `repodata.json`, compressed where there
 * is such a file), keeps names and versions, and asks only whether they have changed from then on.
 */
export function createChannels(options: ChannelsOptions): Channels & { warm(): void } {
  const timing = { ...TIMING, ...options.timing };
  const fetcher = createFetcher(options.network, options.credentials);
  const closing = new AbortController();
  const platforms = [...new Set([options.platform, ...(options.platforms ?? [])])];
  const known = new Map(
    options.channels.map((channel) => [
      channel.name,
      new KnownChannel(channel, [...platforms, 'noarch'], fetcher, timing, closing.signal),
    ]),
  );
  const read = async (
    channels: readonly string[],
    packages: readonly string[],
    platform: Platform = options.platform,
  ): Promise<ChannelContent[] | null> => {
    const wanted = [...new Set(channels)].map((name) => known.get(name));
    try {
      return await Promise.all(
        wanted.map((channel) => {
          if (!channel) throw new Error('no such channel is configured');
          return channel.read(packages, platform);
        }),
      );
    } catch (error) {
      options.log(`packages are not checked: ${error instanceof Error ? error.message : error}`);
      return null;
    }
  };
  return {
    read,
    /** Begins to read every channel, so that the first question finds it read. */
    warm: () => void read([...known.keys()], []),
    close() {
      closing.abort();
      fetcher.close();
    },
  };
}

class KnownChannel {
  readonly #channel: Channel;
  readonly #timing: Timing;
  readonly #fetcher: Fetcher;
  readonly #closing: AbortSignal;
  readonly #subdirs: Map<string, SubdirContent | null>;
  /** Those of each platform: the same object as long as the channel holds the same. */
  #names = new Map<Platform, ReadonlySet<string>>();
  #loading: Promise<void> | null = null;
  #startedAt = Number.NEGATIVE_INFINITY;
  #readAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor(
    channel: Channel,
    subdirs: readonly string[],
    fetcher: Fetcher,
    timing: Timing,
    closing: AbortSignal,
  ) {
    this.#channel = channel;
    this.#fetcher = fetcher;
    this.#timing = timing;
    this.#closing = closing;
    this.#subdirs = new Map(subdirs.map((subdir) => [subdir, null]));
  }

  /** Rejects when it takes too long, cannot be read, or could not be read a moment ago. */
  async read(packages: readonly string[], platform: Platform): Promise<ChannelContent> {
    const askedAt = performance.now();
    await this.#within(this.#refresh(), this.#startedAt);
    const subdirs = this.#of(platform);
    const names = this.#namesOf(platform);
    const signal = this.#limit(this.#timing.patience);
    const completed = subdirs.map((subdir) =>
      completeVersions(this.#fetcher, subdir, packages, signal),
    );
    await this.#within(Promise.all(completed), askedAt);
    return {
      name: this.#channel.name,
      has: (name) => subdirs.some(({ versions }) => versions.has(name)),
      versions: (name) => [
        ...new Set(subdirs.flatMap(({ versions }) => [...(versions.get(name) ?? [])])),
      ],
      names: () => names,
    };
  }

  #refresh(): Promise<void> {
    const now = performance.now();
    const { fresh, respite } = this.#timing;
    const isFolder = this.#channel.url.startsWith('file:');
    if (this.#loading) return this.#loading;
    if (!isFolder && now - this.#readAt < fresh) {
      this.#startedAt = now;
      return Promise.resolve();
    }
    if (!isFolder && now - this.#failedAt < respite) {
      return Promise.reject(new Error(`${this.#channel.name} could not be read a moment ago`));
    }
    this.#startedAt = now;
    this.#loading = this.#load()
      .then(
        () => {
          this.#readAt = performance.now();
        },
        (error: unknown) => {
          this.#failedAt = performance.now();
          throw error;
        },
      )
      .finally(() => {
        this.#loading = null;
      });
    this.#loading.catch(() => undefined);
    return this.#loading;
  }

  async #load(): Promise<void> {
    const signal = this.#limit(this.#timing.load);
    const url = this.#channel.url.replace(/\/+$/, '');
    const read = await Promise.all(
      [...this.#subdirs].map(async ([subdir, before]) => {
        const content = await readSubdir(this.#fetcher, `${url}/${subdir}`, before, signal);
        return [subdir, content] as const;
      }),
    );
    // conda wants `noarch` of every channel; a channel without any folder is not one.
    if (read.every(([, content]) => content === null)) {
      throw new Error(`${this.#channel.name} has no repodata`);
    }
    if (read.every(([subdir, content]) => this.#subdirs.get(subdir) === content)) return;
    for (const [subdir, content] of read) this.#subdirs.set(subdir, content);
    this.#names.clear();
  }

  #of(platform: Platform): SubdirContent[] {
    return [platform, 'noarch'].flatMap((subdir) => this.#subdirs.get(subdir) ?? []);
  }

  #namesOf(platform: Platform): ReadonlySet<string> {
    const known = this.#names.get(platform);
    if (known) return known;
    const names = new Set(this.#of(platform).flatMap(({ versions }) => [...versions.keys()]));
    this.#names.set(platform, names);
    return names;
  }

  #limit(milliseconds: number): AbortSignal {
    return AbortSignal.any([this.#closing, AbortSignal.timeout(Math.ceil(milliseconds))]);
  }

  /** Waits as long as people may be kept waiting, counted from the time given. */
  async #within(work: Promise<unknown>, since: number): Promise<void> {
    const left = Math.max(0, since + this.#timing.patience - performance.now());
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`${this.#channel.name} does not answer in time`)),
      left,
    );
    try {
      await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
