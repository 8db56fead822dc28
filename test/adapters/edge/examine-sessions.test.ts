import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startWorld, withoutSshd } from './world.ts';

describe('how many programs an edge runs at once over a connection', { skip: withoutSshd }, () => {
  for (const [sessions, found] of [
    [1, ['warning']],
    [2, []],
  ] as const) {
    it(`is looked at over the one that the doctor has: MaxSessions ${sessions}`, async () => {
      await using world = await startWorld({}, sessions);
      const { connections } = world.link.traffic;
      const faults = await world.faults('MaxSessions');
      assert.equal(world.link.traffic.connections, connections + 1);
      assert.deepEqual(
        faults.map(({ status }) => status),
        found,
      );
      for (const { fix } of faults) assert.match(fix, /`MaxSessions 10`.*sshd_config/);
    });
  }
});
