/** What a person takes out of one environment and brings in for another one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import type { Lock } from '../../src/domain/lock.ts';
import { isSameLock } from '../../src/domain/lock.ts';
import { LOCK_FORMATS } from '../../src/domain/lock-file.ts';
import type { Pip } from '../../src/domain/ports.ts';
import { settings } from '../answers/samples.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const RICH = {
  ...{ name: 'rich', version: '13.7.1', sha256: 'c'.repeat(64), size: null },
  url: 'https://pypi.example.com/rich-13.7.1-py3-none-any.whl',
};
const PIP: Pip = { indexes: ['pypi'], resolve: async () => [RICH], fetch: async () => [] };

/** Channels at addresses as operators write them: a public one, a mirror with a port, a folder. */
const CHANNELS = [
  'https://conda.anaconda.org/conda-forge',
  'https://packages.example.com:8443/api/conda/forge/',
  'file:///srv/channels/forge',
];

const lockAt = (address: string): Lock => ({
  platform: 'linux-64',
  packages: ['python 3.11.9', 'pip 24.0', '_libgcc_mutex 0.1', 'x264 1!164.3095'].map((text) => {
    const entry = locked(text);
    const file = `${entry.name}-${entry.version.replace('!', '%21')}-0.conda`;
    return { ...entry, url: `${address.replace(/\/$/, '')}/linux-64/${file}` };
  }),
  wheels: [RICH],
});

describe('a lock that was written for people', () => {
  for (const address of CHANNELS) {
    for (const format of LOCK_FORMATS.filter((each) => each !== 'cyclonedx')) {
      test(`from ${address}, as ${format}, is planned as the same packages again`, async () => {
        const lock = lockAt(address);
        const asked: string[][] = [];
        const engine = engineSolving(async ({ specs, platform }) => {
          asked.push(specs.map(({ name, version, build }) => `${name} ${version} ${build}`));
          return { platform, packages: lock.packages };
        });
        const channels = [{ name: 'conda-forge', default: true, url: address }];
        const world = createWorld(
          { engine, pip: PIP },
          { settings: { ...settings, channels, indexes: ['pypi'] } },
        );
        await world.say('U1', 'create churn python --pip rich');
        await world.work('churn');
        const solves = asked.length;
        const reply = await world.say('U1', `lock churn --as ${format}`);
        assert.ok(reply.kind === 'file', JSON.stringify(reply));
        const plan = await execute(
          format === 'requirements.txt' ? 'plan again python=3.11 pip' : 'plan again',
          commands,
          {
            ...{ user: 'U1', channel: 'C1', team: null },
            ...{ services: world.services, commands: commandHelp },
            file: { name: reply.file.name, bytes: new TextEncoder().encode(reply.file.text) },
          },
        );
        assert.ok(plan.kind === 'plan', JSON.stringify(plan));
        assert.ok(isSameLock(plan.plan.lock, lock), JSON.stringify(plan.plan.lock));
        assert.deepEqual(
          plan.plan.lock.packages.map(({ url }) => url).sort(),
          lock.packages.map(({ url }) => url).sort(),
        );
        const isLock = ['explicit', 'conda-lock', 'pixi'].includes(format);
        assert.equal(asked.length - solves, isLock ? 0 : 1);
      });
    }
  }
});
