import { type FileHandle, open } from 'node:fs/promises';
import { FerryError, outsideError } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import { quote } from '../../domain/shell.ts';
import { NO_SPANS } from '../../domain/spans.ts';
import { diskFull, lastLine } from './failures.ts';
import { TextTail } from './output.ts';
import type { Session } from './session.ts';
import type { SshConnection } from './ssh.ts';

/**
 * A transfer is taken up again at a multiple of this many bytes: `dd` seeks in whole blocks. Small,
 * so that a link that is cut again and again still gets further each time.
 */
const BLOCK = 64 * 1024;
const CHUNK = 256 * 1024;
/** At least this many bytes per second, or the transfer is given up and taken up again. */
const SLOWEST = 2_000;

/** Part of a file, in bytes. */
export interface Range {
  offset: number;
  bytes: number;
}

export interface Upload {
  localPath: string;
  /** What of the local file is sent, in this order and without gaps between. */
  ranges: readonly Range[];
  /** File on the edge; what it holds already is a beginning of the same bytes. */
  remotePath: string;
  edge: string;
  /** Told of how many of the bytes were sent. */
  onSent: (bytes: number, all: number) => void;
  /** Told of each connection that the bytes travel over, and how many have gone by then. */
  arriving: {
    begin(connection: SshConnection, part: string): void;
    arrived(bytes: number): void;
  } | null;
}

/**
 * Sends a file over `exec`, continuing where an earlier attempt stopped, also over a new
 * connection. Bytes are written to their place in the file (not appended), so that a writer left
 * over from a frozen link, which still writes, writes the same bytes to the same place.
 * Errors: `edge-unreachable` saying how far it got, `disk-full`, `edge-denied`.
 */
export async function upload(session: Session, request: Upload): Promise<void> {
  const bytes = request.ranges.reduce((sum, range) => sum + range.bytes, 0);
  const span = session.settings.observer?.span ?? NO_SPANS;
  let arrived = 0;
  try {
    await session.withConnection(async (connection, onProgress) => {
      const there = await remoteSize(session, connection, request.remotePath);
      const offset = Math.min(Math.floor(there / BLOCK) * BLOCK, Math.floor(bytes / BLOCK) * BLOCK);
      if (there > arrived) {
        arrived = there;
        onProgress();
      }
      if (there === bytes) {
        request.arriving?.begin(connection, request.remotePath);
        request.arriving?.arrived(bytes);
        return;
      }
      if (offset > 0) session.settings.log(`continuing the upload at ${size(offset)}`);
      await span('ssh upload', { edge: request.edge, bytes: bytes - offset }, () =>
        send(session, connection, request, offset, bytes),
      );
      arrived = bytes;
    });
  } catch (error) {
    throw withReach(error, arrived, bytes);
  }
}

/** What start-up files print comes before the answer. */
const LONGEST_ANSWER = 100;

async function remoteSize(session: Session, connection: SshConnection, path: string) {
  let output = '';
  await connection.execute(oneLine(session, `wc -c <${quote(path)} 2>/dev/null; printf ferry`), {
    signal: session.settings.signal,
    deadlineMilliseconds: 60_000,
    onStdout: (chunk) => {
      output = (output + chunk.toString('latin1')).slice(-LONGEST_ANSWER);
    },
  });
  return Number(/(\d{1,15})\s*ferry$/.exec(output)?.[1] ?? 0);
}

const LONGEST_COMPLAINT = 4_000;

async function send(
  session: Session,
  connection: SshConnection,
  request: Upload,
  offset: number,
  bytes: number,
): Promise<void> {
  const { signal } = session.settings;
  const file = await open(request.localPath, 'r');
  const complaints = new TextTail(LONGEST_COMPLAINT);
  try {
    const { code } = await connection.execute(
      oneLine(
        session,
        `umask 022; LC_ALL=C exec dd of=${quote(request.remotePath)} bs=${BLOCK} seek=${offset / BLOCK} conv=notrunc,fsync`,
      ),
      {
        signal,
        deadlineMilliseconds: 60_000 + ((bytes - offset) / SLOWEST) * 1000,
        onStderr: (chunk) => complaints.add(chunk),
        input: async (write, ended) => {
          let open = true;
          let position = offset;
          // Only now: an edge may run few programs at once over one connection.
          request.arriving?.begin(connection, request.remotePath);
          ended.then(() => {
            open = false;
          });
          for await (const chunk of chunksOf(file, request.ranges, offset)) {
            if (!open) return;
            await write(chunk);
            position += chunk.length;
            session.settings.observer?.sent(chunk.length);
            request.arriving?.arrived(position);
            request.onSent(position, bytes);
          }
          if (position < bytes) throw changed(request);
        },
      },
    );
    if (code !== 0) throw writeError(request, complaints.text, code);
  } finally {
    await file.close();
  }
}

/** The bytes of the ranges after the first `skip`, in pieces. Ends early where the file does. */
async function* chunksOf(file: FileHandle, ranges: readonly Range[], skip: number) {
  let before = skip;
  for (const range of ranges) {
    const start = Math.min(before, range.bytes);
    before -= start;
    for (let position = start; position < range.bytes; ) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, range.bytes - position));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, range.offset + position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }
}

/** One word of one line, so that whatever login shell reads it understands it as sh does. */
function oneLine(session: Session, program: string): string {
  const exports = Object.entries(session.settings.environment).map(
    ([name, value]) => `export ${name}=${quote(value)}; `,
  );
  return `sh -c ${quote(exports.join('') + program)}`;
}

function writeError(request: Upload, stderr: string, code: number | null): FerryError {
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    return diskFull(request.edge, null, null, stderr);
  }
  const reason = stderr.split('\n').find((line) => line.startsWith('dd:')) ?? lastLine(stderr);
  return outsideError({
    code: 'edge-denied',
    message: `Edge ${request.edge} could not write the archive: ${reason || `exit code ${code}`}.`,
    suggestion: 'See whether the SSH user may write the configured `root`.',
    details: stderr,
  });
}

function changed(request: Upload): FerryError {
  return outsideError({
    code: 'archive-changed',
    message: `The archive ${request.localPath} became shorter while it was sent.`,
    suggestion: 'Build it again.',
  });
}

function withReach(error: unknown, arrived: number, bytes: number): unknown {
  if (!(error instanceof FerryError) || error.code !== 'edge-unreachable') return error;
  const { code, message, suggestion } = error;
  return outsideError(
    {
      code,
      message: `${message} ${size(arrived)} of ${size(bytes)} had arrived.`,
      suggestion,
      retryable: true,
    },
    error,
  );
}
