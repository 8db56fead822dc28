import assert from 'node:assert/strict';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pack } from '../../src/packing/pack.ts';
import { fakePrefix, PYTHON, temporaryFolder } from './fake-prefix.ts';
import { listWithPython, output } from './tools.ts';

const NAMES_ITS_PREFIX = '#!/bin/sh\n. "{prefix}/etc/profile.d/conda.sh" || return $?\n';

test('where conda is a package, its activate gives way to one that works where it lies', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'churn'), {
    python: PYTHON,
    conda: {
      'bin/activate': NAMES_ITS_PREFIX,
      'bin/deactivate': NAMES_ITS_PREFIX,
      'bin/conda': '#!{prefix}/bin/python\n',
      'condabin/conda': '#!{prefix}/bin/python\n',
      'etc/profile.d/conda.sh': 'echo conda\n',
    },
  });
  const request = {
    prefix,
    output: join(folder, 'a.tar.gz'),
    format: 'tar.gz',
    root: 'e',
  } as const;
  const report = await pack(request);
  assert.deepEqual(
    report.warnings.map(({ id }) => id),
    ['scripts-replaced'],
  );
  assert.match(report.warnings[0]?.text ?? '', /^`bin\/activate`, `bin\/deactivate` of/);
  const members = await listWithPython(request.output);
  for (const path of ['bin/conda', 'condabin/conda', 'etc/profile.d/conda.sh']) {
    assert.ok(`e/${path}` in members, path);
  }
  await output('tar', 'xzf', request.output, '-C', folder);
  await rename(prefix, join(folder, 'away'));
  const said = await output(
    'bash',
    '-c',
    '. "$1/bin/activate"; echo "$CONDA_PREFIX"',
    'sh',
    join(folder, 'e'),
  );
  assert.equal(said, `${join(folder, 'e')}\n`);
  await rename(join(folder, 'away'), prefix);
  // Made for one place, all of conda's own scripts are right.
  const fixed = join(folder, 'fixed.tar.gz');
  const there = await pack({ ...request, output: fixed, targetPrefix: '/opt/e' });
  assert.deepEqual(there.warnings, []);
  assert.match(await output('tar', 'xOzf', fixed, 'e/bin/activate'), /"\/opt\/e\/etc\/profile\.d/);
});

test('what stays behind is said: folders of a base environment, and variables without their values', async (context) => {
  const folder = await temporaryFolder(context);
  const prefix = await fakePrefix(join(folder, 'base'), { python: PYTHON });
  for (const name of ['pkgs', 'envs']) await mkdir(join(prefix, name));
  const variables = { FERRY_HOME: '/x', API_TOKEN: 'hunter2', GONE: '***unset***' };
  await writeFile(join(prefix, 'conda-meta/state'), JSON.stringify({ env_vars: variables }));
  const archive = join(folder, 'a.tar.gz');
  const { warnings } = await pack({ prefix, output: archive, format: 'tar.gz', root: 'e' });
  assert.deepEqual(
    warnings.map(({ id }) => id),
    ['left-out', 'variables-left-out'],
  );
  assert.match(warnings[0]?.text ?? '', /^`envs`, `pkgs` /);
  assert.match(warnings[1]?.text ?? '', /sets `API_TOKEN`, `FERRY_HOME` here/);
  assert.ok(!JSON.stringify(warnings).includes('hunter2'));
  assert.ok(!(await output('sh', '-c', 'gzip -dc "$1"', 'sh', archive)).includes('hunter2'));
});
