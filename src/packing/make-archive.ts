import { resolve } from 'node:path';
import { ContentReader } from './content.ts';
import type { KnownFiles } from './memory/known-files.ts';
import type { NotedNames } from './memory/memory-file.ts';
import type { PrefixMemory } from './memory/prefix-memory.ts';
import type { PackReport } from './pack-report.ts';
import { type PackRequest, targetPrefixOf } from './pack-request.ts';
import { planArchive } from './plan.ts';
import { prefixNames, writtenNames } from './prefix-names.ts';
import { notKept } from './recording.ts';
import type { PackWarning } from './warning.ts';
import { writeArchive } from './write-archive.ts';

/**
 * Reads a prefix and writes its archive; `memory` tells what need not be read. `started` is by
 * `performance.now`. Errors: as `pack`.
 */
export async function makeArchive(
  request: PackRequest,
  memory: PrefixMemory | null,
  started: number,
): Promise<PackReport> {
  const { format, signal, output, cache, linked } = request;
  const prefix = resolve(request.prefix);
  const targetPrefix = targetPrefixOf(request);
  const written = writtenNames(prefix);
  const names = prefixNames(prefix, written);
  const leaveOut = [output, cache ?? null];
  const plan = await planArchive({ prefix, names, targetPrefix, format, leaveOut, signal });
  const known = memory?.files(names) ?? null;
  const reader = new ContentReader({ prefix, names, targetPrefix }, known);
  if (cache && linked) {
    // Loaded by workers alone: it reads all code of packing.
    const { remember, WatchedContents } = await import('./remembering.ts');
    const watched = new WatchedContents(reader);
    const report = await writeArchive(request, plan, watched, started);
    const place = { names, format };
    return withWarning(report, remember({ cache, linked, place, plan, watched }));
  }
  const report = await writeArchive(request, plan, reader, started);
  if (!memory || !known) return report;
  return withWarning(report, keep(memory, { names, writtenNames: written }, known, report));
}

/** Keeps for the next packing what this one found; the warning says why it could not be kept. */
function keep(
  memory: PrefixMemory,
  names: NotedNames,
  known: KnownFiles,
  report: PackReport,
): PackWarning | null {
  // Said already, and nothing that the next archive is to say.
  if (report.warnings.some(({ id }) => id === 'cache-not-written')) return null;
  try {
    memory.keep(names, known, report);
    return null;
  } catch (error) {
    return notKept(error);
  }
}

function withWarning(report: PackReport, warning: PackWarning | null): PackReport {
  return warning ? { ...report, warnings: [...report.warnings, warning] } : report;
}
