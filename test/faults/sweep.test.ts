import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unlessFull } from '../harness/full.ts';
import { cannotWalk } from '../harness.ts';
import { planOf } from './schedule.ts';
import { sweep } from './sweep.ts';

const SEED = 7;

describe('a crash sweep', () => {
  test('does the same for the same seed, and everything that it can do in 200 builds', () => {
    assert.deepEqual(planOf(SEED, 30), planOf(SEED, 30));
    assert.notDeepEqual(planOf(SEED, 30), planOf(SEED + 1, 30));
    const { turns } = planOf(SEED, 200);
    const done = new Set(
      turns.flatMap(({ mishaps }) =>
        mishaps.map(({ target, what }) => `${what} ${target.replace(/ \d$/, '')}`),
      ),
    );
    assert.deepEqual([...done].sort(), [
      ...['cut link', 'freeze bot', 'freeze link', 'freeze redis', 'freeze slack', 'freeze sshd'],
      ...['freeze worker', 'kill bot', 'kill redis', 'kill sshd', 'kill worker'],
      ...['lose replies slack', 'refuse link', 'refuse slack', 'say later slack'],
      ...['stop bot', 'stop worker'],
    ]);
    const commands = new Set(turns.map(({ text }) => text.split(' ')[0]));
    assert.deepEqual([...commands].sort(), ['cancel', 'create', 'delete', 'retry']);
  });

  test('of two bots and three workers, Redis, sshd, the link and Slack loses no build, name or byte', {
    skip: cannotWalk || unlessFull,
  }, async (context) => {
    const swept = await sweep({ seed: SEED, builds: 12 });
    const mishaps = Object.values(swept.mishaps).reduce((sum, times) => sum + times, 0);
    context.diagnostic(`${swept.builds} builds, ${mishaps} mishaps`);
    assert.ok(swept.builds > 3 && mishaps > 3, 'there was something to lose');
    const told = [
      ...swept.problems,
      '',
      ...swept.journal,
      `npm run sweep -- --seed ${SEED} --builds 12`,
    ];
    assert.ok(swept.problems.length === 0, told.join('\n'));
  });
});
