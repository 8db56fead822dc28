/** What Slack says of user groups decides what their people may, and holds while Slack is away. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Role } from '../../src/domain/roles.ts';
import { createGroups } from '../../src/slack/groups.ts';
import { BEN, inWorld, OMAR, says } from './world.ts';

const GROUP = 'S0PLATFRM1';
const role: Role = {
  ...{ name: 'release', members: [GROUP], commands: [], edges: ['lab'], channels: [] },
  ...{ indexes: [], projects: [], tags: [] },
};

describe('a role with a user group', () => {
  test('lets the people of the group, and nobody else', () =>
    inWorld(
      async ({ slack, slash, store }) => {
        await slash('create churn numpy', { user: BEN });
        await slack.untilEphemeral(BEN, says(/is for the role/));
        assert.equal(store.builds.size, 0);
        await slash('whoami', { user: OMAR });
        await slack.untilEphemeral(OMAR, says(/Your roles:/));
      },
      { roles: [role] },
    ));

  test('stays as last known while Slack does not say', async () => {
    const asked: string[] = [];
    const kept: string[][] = [];
    const complaints: string[] = [];
    const complained = Promise.withResolvers<void>();
    const groups = createGroups({
      roles: [role, { ...role, members: ['S0DATASCI1', 'U0BENOKAF1'] }],
      chat: {
        async membersOfGroup(id) {
          asked.push(id);
          if (id === GROUP) throw new Error('away');
          return ['U0ANARUIZ1'];
        },
      },
      store: { writeGroup: async ({ id, members }) => void kept.push([id, ...members]) },
      clock: { now: () => 1 },
      log: {
        info() {},
        error() {},
        warn(_fields, message) {
          complaints.push(message);
          complained.resolve();
        },
      },
    });
    await groups.start();
    await complained.promise;
    assert.deepEqual(asked, [GROUP, 'S0DATASCI1']);
    assert.deepEqual(kept, [['S0DATASCI1', 'U0ANARUIZ1']]);
    assert.deepEqual(complaints, ['who is in a user group stays as last known']);
    await groups.stop();
  });

  test('whose scope is missing lets nobody but operators', () =>
    inWorld(
      async ({ slack, slash }) => {
        await slash('create churn numpy', { user: BEN });
        await slack.untilEphemeral(BEN, says(/Slack has not said lately who is in S0PLATFRM1/));
      },
      { roles: [role], emulator: { scopes: ['commands', 'chat:write', 'im:write'] } },
    ));
});
