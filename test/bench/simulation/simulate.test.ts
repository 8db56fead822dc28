import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Events, Servers } from './machinery.ts';
import { breaksAt, simulate, USUAL } from './simulate.ts';

const FEW = { ...USUAL, users: 400, hosts: 2 };

describe('the simulation', () => {
  test('is the same hour for the same seed, and another one for another', () => {
    assert.deepEqual(simulate(FEW), simulate(FEW));
    assert.notDeepEqual(simulate({ ...FEW, seed: 2 }), simulate(FEW));
  });

  test('uses twice as much for twice as many people, and says the same of what breaks', () => {
    const [once, twice] = [
      simulate({ ...USUAL, users: 3_000 }),
      simulate({ ...USUAL, users: 6_000 }),
    ];
    for (const [resource, share] of Object.entries(once.used)) {
      if (/Redis|posts/.test(resource)) continue;
      const more = twice.used[resource as keyof typeof twice.used] / share;
      assert.ok(more > 1.7 && more < 2.3, `${resource}: ${more}`);
    }
    const firsts = [3_000, 6_000].map(
      (users, at) => breaksAt({ ...USUAL, users }, [once, twice][at] ?? once)[0],
    );
    assert.equal(firsts[0]?.[0], firsts[1]?.[0]);
  });

  test('lets builds wait where there are too few hosts, and nobody where there are enough', () => {
    const crowd = { ...USUAL, users: 2_000, builds: 2 };
    const [few, many] = [simulate({ ...crowd, hosts: 3 }), simulate({ ...crowd, hosts: 50 })];
    assert.ok(few.used['build hosts: slots'] > 1, `${few.used['build hosts: slots']}`);
    assert.ok(few.waited.median > 60, `${few.waited.median}`);
    assert.equal(many.waited.median, 0);
    assert.ok(many.used['build hosts: slots'] < 0.5);
  });

  test('has the line wait for Slack alone once its edits are used up, and leaves progress out first', () => {
    const [calm, full] = [simulate({ ...USUAL, users: 300 }), simulate(USUAL)];
    assert.ok(calm.line.median < 10 && calm.editsLeftOut < calm.builds, `${calm.line.median}`);
    assert.equal(full.waited.median, 0);
    assert.ok(full.line.median > 10 * calm.line.median, `${full.line.median}`);
    assert.ok(full.editsLeftOut > full.builds);
  });
});

test('what is served at once is as much as there are servers, and the rest in the order it came', () => {
  const events = new Events();
  const servers = new Servers(2);
  const ended: [string, number][] = [];
  for (const [name, seconds] of [
    ['a', 3],
    ['b', 1],
    ['c', 1],
  ] as const) {
    servers.serve(events, seconds, () => ended.push([name, events.now]));
  }
  events.run(10);
  assert.deepEqual(ended, [
    ['b', 1],
    ['c', 2],
    ['a', 3],
  ]);
  assert.deepEqual([servers.free, servers.demand, events.now], [2, 5, 10]);
});
