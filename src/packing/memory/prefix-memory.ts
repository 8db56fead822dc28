import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { PACKING_GENERATION } from '../../domain/fingerprint.ts';
import { markUsed } from '../cache-file.ts';
import type { PackReport } from '../pack-report.ts';
import { DEFAULT_LEVEL, type PackRequest, targetPrefixOf } from '../pack-request.ts';
import { prefixNames } from '../prefix-names.ts';
import { ArchiveCopy, keepArchive } from './archive-copy.ts';
import { KnownFiles } from './known-files.ts';
import {
  type Memory,
  type NotedNames,
  type Outcome,
  readMemory,
  writeMemory,
} from './memory-file.ts';
import {
  isSelfContained,
  isUnchanged,
  observe,
  type PrefixState,
  unchangedFiles,
} from './state.ts';

/** Bumped when a memory is written in another form. */
const GENERATION = 1;

/** What a report says that was not asked for. */
type Found = Omit<PackReport, 'path' | 'format' | 'root' | 'seconds'>;

/**
 * What an earlier packing of a prefix found: a file is trusted without reading it when the file system
 * says that it is the same, and the archive is copied when all files are.
 *
 * In the cache it is two files for a prefix and the way it is packed, replaced by its next packing: the
 * memory, and the archive (a second name of the one that was written, where the file system can).
 */
export class PrefixMemory {
  readonly #request: PackRequest;
  readonly #prefix: string;
  readonly #identity: string;
  readonly #place: string;
  readonly #memory: Memory | null;
  readonly #state: PrefixState;
  /** The archive of before, under the name that this one grows by; null where there is none. */
  readonly #copy: ArchiveCopy | null;

  private constructor(parts: {
    request: PackRequest;
    prefix: string;
    identity: string;
    place: string;
    memory: Memory | null;
    state: PrefixState;
    copy: ArchiveCopy | null;
  }) {
    this.#request = parts.request;
    this.#prefix = parts.prefix;
    this.#identity = parts.identity;
    this.#place = parts.place;
    this.#memory = parts.memory;
    this.#state = parts.state;
    this.#copy = parts.copy;
  }

  /** Looks at the prefix. Null without a cache, and where looking fails: packing says why. */
  static async open(request: PackRequest): Promise<PrefixMemory | null> {
    if (!request.cache || !request.recall) return null;
    const prefix = resolve(request.prefix);
    const identity = identityOf(prefix, request);
    const place = `${request.cache}/${hash('sha256', identity)}`;
    const memory = request.recall === 'verify' ? null : readMemory(`${place}.memory`, identity);
    // It mostly is the same archive, and the disk is at work while the prefix is looked at.
    const copy = memory?.outcome
      ? ArchiveCopy.start(`${place}.archive`, request.output, memory.outcome.sha256)
      : null;
    try {
      const state = await observe(prefix, request.signal);
      return new PrefixMemory({ request, prefix, identity, place, memory, state, copy });
    } catch {
      await copy?.discard();
      request.signal?.throwIfAborted();
      return null;
    }
  }

  /** What packing would come to, with the archive in its place; null when it has to be done. */
  async recallArchive(): Promise<Found | null> {
    const memory = this.#memory;
    const copy = this.#copy;
    if (!memory?.outcome || !copy) return null;
    const isSame =
      isUnchanged(memory.state, this.#state) &&
      sameTexts(memory.names, prefixNames(this.#prefix, memory.writtenNames));
    if (isSame && (await copy.publish(this.#request.signal))) {
      markUsed(`${this.#place}.memory`);
      const { compressed: hits, ...found } = memory.outcome;
      return { ...found, cache: { hits, misses: 0, reusedBytes: found.bytes } };
    }
    await copy.discard();
    return null;
  }

  /** The files that need not be read, by whichever of `names` they may name the prefix. */
  files(names: readonly string[]): KnownFiles {
    const memory = this.#memory;
    if (!memory || !sameTexts(memory.names, names)) return new KnownFiles([], new Map());
    return new KnownFiles(memory.files(), unchangedFiles(memory.state, this.#state));
  }

  /** For the next packing. Throws what the file system throws. */
  keep(names: NotedNames, known: KnownFiles, report: Found): void {
    const isWhole = isSelfContained(this.#prefix, this.#state);
    if (isWhole) keepArchive(this.#request.output, `${this.#place}.archive`);
    else rmSync(`${this.#place}.archive`, { force: true });
    writeMemory(`${this.#place}.memory`, {
      identity: this.#identity,
      state: this.#state,
      ...names,
      outcome: isWhole ? outcomeOf(report) : null,
      files: () => known.learnt,
    });
  }
}

function outcomeOf({
  files,
  bytes,
  sourceBytes,
  sha256,
  segments,
  warnings,
  cache,
}: Found): Outcome {
  const compressed = cache.hits + cache.misses;
  return { files, bytes, sourceBytes, sha256, segments, warnings, compressed };
}

/** All that decides what a packing makes of a prefix, but what is in it. */
function identityOf(prefix: string, request: PackRequest): string {
  const { format, root, level = DEFAULT_LEVEL } = request;
  const maker = [GENERATION, PACKING_GENERATION, process.version, process.versions.zlib];
  return JSON.stringify([
    ...[...maker, process.arch],
    ...[prefix, format, root, level, targetPrefixOf(request)],
  ]);
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index]);
}
