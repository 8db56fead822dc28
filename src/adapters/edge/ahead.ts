import { isDoneAgain } from '../../domain/errors.ts';
import { size } from '../../domain/figures.ts';
import type { GrowingArchive, Progress, SentAhead } from '../../domain/ports.ts';
import { foundSegments, planAssembly } from './segments.ts';
import { discard } from './sending.ts';
import type { Session } from './session.ts';
import { upload } from './upload.ts';

/** Bytes that become final between two questions to the edge: fewer are not worth one. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** What is sent of an archive goes by this until its sha256 is known; two of one name are one environment's. */
export function aheadName({ fingerprint, name }: { fingerprint: string; name: string }): string {
  return `${fingerprint}.${name}`;
}

/**
 * Sends an archive's segments as they are written, but for those that the edge has in older archives; the
 * last ones are left to staging, which also says whatever is wrong with the edge. `reserve`: bytes that stay
 * free there. Rejects with the reason when it is stopped, and leaves nothing then but for who goes on with it.
 */
export async function sendAhead(
  session: Session,
  place: { edge: string; root: string; reserve: number },
  growing: GrowingArchive,
  progress: Progress,
): Promise<SentAhead> {
  const { edge, root } = place;
  const remotePath = `${root}/archives/${aheadName(growing)}.part`;
  const found = new Map<string, { file: string; offset: number }>();
  const sent = { segments: 0, found, seconds: 0 };
  let bytes = 0;
  try {
    for (;;) {
      const { path, segments, isWhole } = await growing.beyond(bytes + BATCH_BYTES);
      if (isWhole) return sent;
      const fresh = segments.slice(sent.segments);
      const wanted = fresh.map(({ sha256 }) => sha256).join('\n');
      const { facts, stdout } = await session.script({
        name: 'ahead',
        variables: { root, wanted },
      });
      const before = planAssembly(found, segments.slice(0, sent.segments));
      const here = foundSegments(stdout);
      const assembly = planAssembly(new Map([...found, ...here]), segments);
      const more = sum(assembly.travelling) - sum(before.travelling);
      if (more + place.reserve > Number(facts.get('free'))) return sent;
      for (const [sha256, source] of here) found.set(sha256, source);
      sent.segments = segments.length;
      bytes = sum(segments);
      if (more === 0) continue;
      const started = performance.now();
      await upload(session, {
        ...{ localPath: path, ranges: assembly.travelling, remotePath, edge, arriving: null },
        onSent: (done) => progress.detail(`${size(done)} sent`),
      });
      sent.seconds += (performance.now() - started) / 1000;
    }
  } catch (error) {
    const { signal } = session.settings;
    if (!signal.aborted) {
      if (!isGone(error)) progress.log(`edge ${edge} is not sent more ahead: ${wordsOf(error)}`);
      return sent;
    }
    if (!isDoneAgain(signal.reason)) await discard(session, { root, sha: aheadName(growing) });
    throw error;
  }
}

/** An archive that is whole by now has another name. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sum(ranges: readonly { bytes: number }[]): number {
  return ranges.reduce((total, { bytes }) => total + bytes, 0);
}
