import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labConfiguration } from '../../deploy/lab/configuration.ts';
import type { LabState } from '../../deploy/lab/lab.ts';
import { defaultUsers } from '../../deploy/lab/slack/index.ts';

test('the operator of the lab’s configuration is the one who operates in its Slack', () => {
  const state = { directory: 'lab', sparkHome: 'spark', edge: {}, cluster: {} } as LabState;
  const { operators } = labConfiguration(state, {
    dataDirectory: 'data',
    root: 'root',
    slackApiUrl: 'http://127.0.0.1:1/api/',
  }).slack;
  const admins = defaultUsers().filter((user) => user.is_admin);
  assert.deepEqual(
    operators,
    admins.map(({ id }) => id),
  );
});
