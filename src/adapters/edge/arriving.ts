import { PassThrough } from 'node:stream';
import type { ArchiveSegment } from '../../domain/archive.ts';
import { composeScript } from './script.ts';
import type { Session } from './session.ts';
import type { SshConnection } from './ssh.ts';
import type { Farm } from './unpacking.ts';
import type { Range } from './upload.ts';

const DEADLINE = 1800_000;

/** A package that travels, and where it lies in what has arrived by then. */
interface Arrival extends Range {
  segment: ArchiveSegment;
}

/** Packages of these ranges of an archive, in the order in which they arrive. */
function arrivalsOf(ranges: readonly Range[], packages: readonly ArchiveSegment[]): Arrival[] {
  let before = 0;
  return ranges.flatMap((range) => {
    const start = before - range.offset;
    before += range.bytes;
    return packages
      .filter(({ offset, bytes }) => offset >= range.offset && offset + bytes <= end(range))
      .map((segment) => ({ segment, offset: start + segment.offset, bytes: segment.bytes }));
  });
}

const end = ({ offset, bytes }: Range) => offset + bytes;

/**
 * Has the edge unpack packages while the rest still travels, over the same connection. Only a help: where
 * it ends early, whatever the reason, what it has not kept is unpacked afterwards, like ever.
 */
export class Arriving {
  readonly #session: Session;
  readonly #variables: { root: string; environment: string; name: string };
  readonly #farm: Farm;
  readonly #arrivals: Arrival[];
  #lines = new PassThrough();
  #program = Promise.resolve();
  #told = 0;

  constructor(
    session: Session,
    variables: { root: string; environment: string; name: string },
    farm: Farm,
    ranges: readonly Range[],
  ) {
    this.#session = session;
    this.#variables = variables;
    this.#farm = farm;
    this.#arrivals = arrivalsOf(ranges, farm.lacking);
  }

  /** Begins, or begins anew over another connection, with the file that the bytes are written to. */
  begin(connection: SshConnection, part: string): void {
    this.#lines.end();
    if (this.#arrivals.length === 0) return;
    const { environment, signal } = this.#session.settings;
    const variables = { ...this.#variables, part };
    const { text, marker } = composeScript({ name: 'keep', variables }, environment);
    const lines = new PassThrough();
    this.#lines = lines;
    this.#told = 0;
    const begun = Promise.withResolvers<void>();
    let said = '';
    const onStdout = (chunk: Buffer) => {
      said = (said + chunk.toString('latin1')).slice(-1000);
      if (said.includes(marker)) begun.resolve();
    };
    this.#program = connection
      .execute('sh -s', {
        ...{ signal, deadlineMilliseconds: DEADLINE, onStdout },
        async input(write, ended) {
          await write(text);
          // A shell may have read what comes behind its program before that begins.
          await Promise.race([begun.promise, ended]);
          for await (const line of lines) await write(line);
        },
      })
      .then(
        () => undefined,
        () => undefined,
      );
  }

  /** So many bytes were sent by now. */
  arrived(bytes: number): void {
    for (;;) {
      const next = this.#arrivals[this.#told];
      if (next === undefined || end(next) > bytes) return;
      this.#told += 1;
      this.#lines.write(`${this.#farm.bundles.alone(next.segment, next)}\n`);
    }
  }

  /** Settles once the edge is done with all it was told of. */
  async end(): Promise<void> {
    this.#lines.end();
    await this.#program;
  }
}
