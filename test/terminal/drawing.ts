/** A program for tests of the block: draws what its first word names, and does what is typed. */
import { openBlock } from '../../src/terminal/block.ts';
import type { Line } from '../../src/terminal/line.ts';

const LONG = 'a long line of words that no narrow terminal has room for in one of its rows';
let count = 0;
const lines = (): Line[] => [
  [{ text: 'churn@1', role: 'title' }, `  step ${count} of 9, ${LONG}`],
  [{ text: '  ✔ ', role: 'good' }, `solved 日本語 ✅ ${LONG}`],
  ['  · last of the block'],
];
// What is typed is not to be shown.
process.stdin.setRawMode(true);
process.stderr.write('before the block\n');
const block = openBlock(lines);
block.draw();

const DEEDS: Readonly<Record<string, () => void>> = {
  step() {
    count += 1;
    block.draw();
  },
  log: () => void process.stderr.write('a line of the log\n'),
  out: () => void process.stdout.write('half a line'),
  end() {
    block.close();
    process.stdout.write('after the block\n');
    process.exit();
  },
  keep() {
    block.close({ keep: true });
    process.stdout.write('after the block\n');
    process.exit();
  },
};
process.stdin.on('data', (data) => {
  for (const key of data.toString()) {
    if (key === '\u0003') process.exit(130);
    const name = { s: 'step', l: 'log', o: 'out', e: 'end', k: 'keep' }[key];
    DEEDS[name ?? '']?.();
  }
});
