import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  platformOf,
  platformOfBuild,
  platformOfEdge,
  platformsOfEdges,
  requirePlatform,
} from '../../src/domain/edge-platforms.ts';
import { FerryError } from '../../src/domain/errors.ts';
import type { Lock } from '../../src/domain/lock.ts';
import { ARCHITECTURES, PLATFORMS, platformFor } from '../../src/domain/platform.ts';
import type { Settings } from '../../src/domain/services.ts';
import { build, settings } from '../answers/samples.ts';

const { request } = build('queued');

/** `x86` says nothing of its machines, and `arm` does. */
const site = (change: Partial<Settings> = {}): Settings => ({
  ...settings,
  edges: [
    { name: 'x86', default: true },
    { name: 'arm', default: false, platform: 'linux-aarch64' },
    { name: 'arm2', default: false, platform: 'linux-aarch64' },
  ],
  ...change,
});

const asked = (...edges: string[]) => ({ ...request, edges });

function refusal(ask: () => unknown): FerryError {
  try {
    ask();
  } catch (error) {
    if (error instanceof FerryError) return error;
  }
  throw new Error('nothing was refused');
}

describe('the platform of an edge', () => {
  test('is that of the architecture of its cluster, else the one of the configuration', () => {
    assert.equal(platformOfEdge('arm', site()), 'linux-aarch64');
    assert.equal(platformOfEdge('x86', site()), 'linux-64');
    assert.equal(platformOfEdge('x86', site({ platform: 'linux-aarch64' })), 'linux-aarch64');
    assert.equal(platformOfEdge('gone', site()), 'linux-64');
    assert.deepEqual(platformsOfEdges(site()), ['linux-64', 'linux-aarch64']);
    for (const platform of PLATFORMS) assert.equal(platformFor(ARCHITECTURES[platform]), platform);
  });
});

describe('the platform of a request', () => {
  test('is that of its edges, and of the default ones where it names none', () => {
    assert.equal(platformOf(asked('arm', 'arm2'), site()), 'linux-aarch64');
    assert.equal(platformOf(asked(), site()), 'linux-64');
  });

  test('cannot be two: refused with a command for each, which has a name of its own', () => {
    const error = refusal(() => platformOf(asked('x86', 'arm', 'arm2'), site()));
    assert.equal(error.code, 'several-platforms');
    assert.equal(
      error.message,
      '`x86` is for `linux-64` and `arm` and `arm2` are for `linux-aarch64`: an environment is built for one platform.',
    );
    assert.deepEqual(
      error.repairs.map(({ command }) => command.replace(/ python.*? --edge/, ' … --edge')),
      ['create churn … --edge x86', 'create churn-aarch64 … --edge arm --edge arm2'],
    );
    for (const { command } of error.repairs) assert.ok(error.suggestion?.includes(command));
  });

  test('is refused in the same way where the default edges are of two', () => {
    const edges = site().edges.map((edge) => ({ ...edge, default: true }));
    const error = refusal(() => platformOf(asked(), site({ edges })));
    assert.equal(error.code, 'several-platforms');
    assert.match(error.repairs[0]?.command ?? '', / --edge x86$/);
  });

  test('must be that of the packages it is to have', () => {
    const lock: Lock = { platform: 'linux-64', packages: [] };
    assert.equal(requirePlatform(lock, asked('x86'), site()), 'linux-64');
    const error = refusal(() => requirePlatform(lock, asked('arm'), site()));
    assert.equal(
      error.message,
      'These packages are for `linux-64`, and `arm` is for `linux-aarch64`.',
    );
    assert.match(error.repairs[0]?.command ?? '', /^create churn .* --edge arm$/);
  });
});

describe('the platform of a build', () => {
  test('is what it says; of an older one that does not, that of its lock or its edges', () => {
    const older = { ...build('queued'), platform: null, lock: null, request: asked('arm') };
    assert.equal(platformOfBuild(older, site()), 'linux-aarch64');
    const lock: Lock = { platform: 'linux-64', packages: [] };
    assert.equal(platformOfBuild({ ...older, lock }, site()), 'linux-64');
    assert.equal(
      platformOfBuild({ ...older, lock, platform: 'linux-aarch64' }, site()),
      'linux-aarch64',
    );
  });
});
