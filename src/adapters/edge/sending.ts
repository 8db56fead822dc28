import { stat } from 'node:fs/promises';
import type { Archive, ArchiveSegment } from '../../domain/archive.ts';
import { Cancelled, outsideError } from '../../domain/errors.ts';
import { duration, part, size } from '../../domain/figures.ts';
import type { Progress } from '../../domain/ports.ts';
import { Arriving } from './arriving.ts';
import { type FoundSegments, isWorthwhile, planAssembly } from './segments.ts';
import type { Session } from './session.ts';
import type { Farm } from './unpacking.ts';
import { type Range, upload } from './upload.ts';

export interface Shipment {
  edge: string;
  root: string;
  /** On the build host. */
  archivePath: string;
  archive: Archive;
  /** Empty where the archive can only travel whole. */
  segments: readonly ArchiveSegment[];
  /** Those of them that the edge has in older archives. */
  found: FoundSegments;
  environment: string;
  /** Packages that it unpacks while they arrive; null for none. */
  farm: Farm | null;
  /** What sending the rest has taken so far; null where nothing of it is there. */
  begun: { seconds: number } | null;
}

/**
 * Brings the bytes of one archive to an edge: first those the edge lacks, when it has others of
 * them in older archives; then, when what arrived is damaged, all of them, once more.
 */
export class Sending {
  readonly #session: Session;
  readonly #shipment: Shipment;
  readonly #progress: Progress;
  readonly #sent: { bytes: number; seconds: number };
  #arriving: Arriving | null = null;

  constructor(session: Session, shipment: Shipment, progress: Progress) {
    this.#session = session;
    this.#shipment = shipment;
    this.#progress = progress;
    this.#sent = { bytes: 0, seconds: shipment.begun?.seconds ?? 0 };
  }

  /**
   * Sends until `publish` answers that the sha256 holds and the archive is in its place. It is told of
   * which pieces to put the archive together, or of none where all has travelled. Answers what travelled: `78 MB sent in 0.5 s`. Errors: `archive-changed`, `upload-corrupt`.
   */
  async until(publish: (pieces: string) => Promise<boolean>): Promise<string> {
    const { edge, segments } = this.#shipment;
    await this.#checkSize();
    const whole = () => this.#sendAll();
    const attempts =
      segments.length > 0 ? [() => this.#sendMissing(), whole, whole] : [whole, whole];
    try {
      for (const attempt of attempts) {
        const pieces = await attempt();
        if (pieces === null) continue;
        this.#progress.detail('verifying');
        const isPublished = await publish(pieces);
        await this.#arriving?.end();
        if (isPublished) return this.#summary();
        this.#progress.log(`edge ${edge}: the sha256 of what arrived is wrong`);
      }
    } catch (error) {
      // A worker that shuts down leaves the part for the one that takes over; `sweep` is the last net.
      const resumes = error instanceof Cancelled && error.reason !== 'cancelled';
      if (!resumes) await discard(this.#session, this.#variables);
      throw error;
    }
    throw outsideError({
      code: 'upload-corrupt',
      message: `The archive arrived damaged on edge ${edge}, twice.`,
      suggestion: 'Check the disk of the edge node, and the archive on the build host.',
      retryable: true,
    });
  }

  get #variables(): { root: string; sha: string } {
    return { root: this.#shipment.root, sha: this.#shipment.archive.sha256 };
  }

  /** What has arrived of the archive so far; `.delta` has only the bytes the edge lacks. */
  #part(ending: '.part' | '.delta.part'): string {
    const { root, archive } = this.#shipment;
    return `${root}/archives/${archive.sha256}${ending}`;
  }

  async #checkSize(): Promise<void> {
    const { archivePath, archive } = this.#shipment;
    const { size } = await stat(archivePath);
    if (size === archive.bytes) return;
    throw outsideError({
      code: 'archive-changed',
      message: `The archive has ${size} bytes instead of the ${archive.bytes} it was packed with.`,
      suggestion: 'Build it again.',
    });
  }

  async #sendAll(): Promise<string> {
    await this.#transfer(this.#part('.part'), [{ offset: 0, bytes: this.#shipment.archive.bytes }]);
    return '';
  }

  /** The pieces of the archive as `FILE OFFSET BYTES` lines; null when the edge has nothing of it. */
  async #sendMissing(): Promise<string | null> {
    const { edge, archive, segments, found, begun } = this.#shipment;
    const assembly = planAssembly(found, segments);
    if (begun === null && !isWorthwhile(assembly)) return null;
    if (assembly.reusedBytes > 0) {
      const reused = size(assembly.reusedBytes);
      this.#progress.log(`edge ${edge} has ${reused} of ${size(archive.bytes)} already`);
    }
    if (assembly.travelling.length > 0) {
      await this.#transfer(this.#part('.delta.part'), assembly.travelling);
    }
    return assembly.pieces
      .map(({ file, offset, bytes }) => `${file} ${offset} ${bytes}`)
      .join('\n');
  }

  async #transfer(remotePath: string, ranges: readonly Range[]): Promise<void> {
    const { archivePath, edge, farm, root, environment, archive } = this.#shipment;
    const place = { root, environment, name: archive.name };
    this.#arriving = farm && new Arriving(this.#session, place, farm, ranges);
    const started = Date.now();
    await upload(this.#session, {
      localPath: archivePath,
      ranges,
      remotePath,
      edge,
      onSent: (sent, all) => this.#progress.detail(part(sent, all)),
      arriving: this.#arriving,
    });
    const bytes = ranges.reduce((sum, range) => sum + range.bytes, 0);
    const seconds = (Date.now() - started) / 1000;
    this.#sent.bytes += bytes;
    this.#sent.seconds += seconds;
    this.#progress.log(`sent ${size(bytes)} to edge ${edge} in ${duration(seconds * 1000)}`);
  }

  #summary(): string {
    const { bytes, seconds } = this.#sent;
    const all = this.#shipment.archive.bytes;
    if (bytes === 0) return `all ${size(all)} were there in pieces`;
    const of = bytes < all ? ` of ${size(all)}` : '';
    return `${size(bytes)}${of} sent in ${duration(seconds * 1000)}`;
  }
}

/** Best effort with a connection and a deadline of its own: the session's may be cut or stopped. */
export async function discard(
  session: Session,
  variables: { root: string; sha: string },
): Promise<void> {
  try {
    await session.detached({ name: 'discard', variables, deadlineSeconds: 10 });
  } catch {
    session.settings.log(`a part of an upload stays until the next sweep`);
  }
}
