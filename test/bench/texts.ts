/**
 * What reading texts costs, in processor time: of logs, and of lines that secrets are taken out of.
 * Twice the text is to take twice the time, whatever it holds; `ratio` says how it is.
 *
 *   node test/bench/texts.ts
 */
import { redact } from '../../src/adapters/host/log.ts';
import { diagnose } from '../../src/domain/diagnosis.ts';
import { filled, HOSTILE, LOGS } from '../domain/logs/repeated.ts';

const MEGABYTE = 1_000_000;

const LINES = ['a', 'a:', 'https://a:', '-----BEGIN ', 'token=', 'a-', '\n', 'A1'];

/** Processor time in milliseconds: the machine may be busy with other things. */
function cost(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function row(name: string, block: string, length: number, read: (text: string) => unknown) {
  const text = filled(block, length);
  read(text);
  const [once, twice] = [cost(() => read(text)), cost(() => read(text + text))];
  const round = (value: number) => Number(value.toFixed(1));
  return { text: name, characters: length, ms: round(once), ratio: round(twice / once) };
}

console.table([
  ...Object.entries({ ...LOGS, ...HOSTILE }).map(([name, block]) =>
    row(name, block, 5 * MEGABYTE, diagnose),
  ),
  ...LINES.map((piece) => row(`a line of ${JSON.stringify(piece)}`, piece, 16_384, redact)),
]);
