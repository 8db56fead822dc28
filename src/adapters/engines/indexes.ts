import { INDEX_FILES, type IndexFile } from '../../domain/channel-index.ts';
import type { Platform } from '../../domain/lock.ts';
import type { Channel } from '../../domain/ports.ts';
import type { Fetcher } from '../host/fetch.ts';

/** Which index a folder of a channel has, without what stands in it. */
export interface Index {
  channel: string;
  subdir: string;
  /** What its server calls it; null where nobody can tell whether it is what it was. */
  tag: string | null;
  /** Another number whenever it may be another one than before; no number comes again. */
  state: number;
}

/** How long a server's word is believed, in milliseconds; folders are always looked at. */
const FRESH_MS = 3_000;
/** A server that does not answer holds up nobody: the engine finds out in its own words. */
const PATIENCE_MS = 5_000;
const NO_INDEX = 'no index';
/** Of a folder rattler reads the plain file, whatever lies beside it. */
const IN_A_FOLDER: readonly IndexFile[] = ['repodata.json'];

/** Asks channels whether their indexes are what they were, at most every few seconds. */
export class Indexes {
  readonly #folders = new Map<string, Folder>();
  readonly #fetcher: Fetcher;
  readonly #now: () => number;

  /** `now` in milliseconds. */
  constructor(fetcher: Fetcher, now: () => number = () => performance.now()) {
    this.#fetcher = fetcher;
    this.#now = now;
  }

  /** Those that rattler reads for a platform. Never rejects. */
  read(channels: readonly Channel[], platform: Platform): Promise<Index[]> {
    const subdirs = [platform, 'noarch'];
    return Promise.all(
      channels.flatMap(({ url }) => subdirs.map((subdir) => this.#folder(url, subdir).read())),
    );
  }

  #folder(url: string, subdir: string): Folder {
    const address = `${url.replace(/\/+$/, '')}/${subdir}`;
    const known = this.#folders.get(address);
    if (known) return known;
    const folder = new Folder({ channel: url, subdir, address }, this.#fetcher, this.#now);
    this.#folders.set(address, folder);
    return folder;
  }
}

let lastState = 0;

class Folder {
  readonly #place: { channel: string; subdir: string; address: string };
  readonly #fetcher: Fetcher;
  readonly #now: () => number;
  #file: IndexFile | null = null;
  #tag: string | null = null;
  #state = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<Index> | null = null;

  constructor(
    place: { channel: string; subdir: string; address: string },
    fetcher: Fetcher,
    now: () => number,
  ) {
    this.#place = place;
    this.#fetcher = fetcher;
    this.#now = now;
  }

  read(): Promise<Index> {
    const isFolder = this.#place.address.startsWith('file:');
    if (!isFolder && this.#tag !== null && this.#now() - this.#askedAt < FRESH_MS) {
      return Promise.resolve(this.#index());
    }
    // Who asks a folder while another one does may have changed it in between.
    if (isFolder) return this.#ask(IN_A_FOLDER);
    this.#asking ??= this.#ask(INDEX_FILES).finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(files: readonly IndexFile[]): Promise<Index> {
    const askedAt = this.#now();
    const [file, tag] = await this.#find(files).catch(() => [null, null] as const);
    if (tag === null || file !== this.#file || tag !== this.#tag) {
      lastState += 1;
      this.#state = lastState;
    }
    this.#file = file;
    this.#tag = tag;
    this.#askedAt = askedAt;
    return this.#index();
  }

  #index(): Index {
    const { channel, subdir } = this.#place;
    // Two files of a folder may have been written in the same second.
    const tag = this.#tag === null ? null : `${this.#file} ${this.#tag}`;
    return { channel, subdir, tag, state: this.#state };
  }

  /** The file that is there and its tag; `NO_INDEX` where there is none. */
  async #find(files: readonly IndexFile[]): Promise<readonly [IndexFile | null, string | null]> {
    const last = this.#file;
    const ordered = last ? [last, ...files.filter((file) => file !== last)] : files;
    for (const file of ordered) {
      const tag = file === last ? this.#tag : null;
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const fetched = await this.#fetcher.get(`${this.#place.address}/${file}`, tag, signal);
      if (fetched.state === 'same') return [file, tag];
      if (fetched.state === 'absent') continue;
      fetched.body.destroy();
      return [file, fetched.tag];
    }
    return [null, NO_INDEX];
  }
}
