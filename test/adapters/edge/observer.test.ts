import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeArchive, startWorld, withoutSshd } from './world.ts';

const MB = 1_000_000;

test('an edge tells what goes to it, what runs there, and what is free', {
  skip: withoutSshd,
}, async () => {
  await using world = await startWorld();
  const programs = join(world.directory, 'programs');
  mkdirSync(programs);
  world.config.env = { PATH: `${programs}:${process.env.PATH}` };
  const told = { sent: 0, free: new Set<number>() };
  const spans: string[] = [];
  const edge = world.edge(
    {},
    {},
    {
      sent: (bytes) => {
        told.sent += bytes;
      },
      free: (bytes) => told.free.add(bytes),
      span(name, attributes, work) {
        assert.equal(attributes.edge, 'edge1');
        spans.push(name);
        return work();
      },
    },
  );
  writeFileSync(join(programs, 'df'), `#!/bin/sh\n${'printf "h\\nfs 1 1 9765625 1%% /\\n"'}\n`, {
    mode: 0o755,
  });
  const request = makeArchive(world.directory, { padding: 2 * MB });
  await edge.stage(request, world.progress);
  assert.equal(spans.filter((name) => name === 'ssh upload').length, 1);
  for (const name of ['profile', 'prepare', 'publish']) assert.ok(spans.includes(`ssh ${name}`));
  assert.deepEqual(told, { sent: request.archive.bytes, free: new Set([9765625 * 1024]) });
  await edge.stage(request, world.progress);
  assert.equal(told.sent, request.archive.bytes);
});
