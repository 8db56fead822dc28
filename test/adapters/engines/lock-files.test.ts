/** What `lock` writes, read by the programs that it is written for. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { chooseEngine } from '../../../src/adapters/engines/engine.ts';
import type { Lock } from '../../../src/domain/lock.ts';
import { type LockFormat, lockFile } from '../../../src/domain/lock-file.ts';
import { parseSpec } from '../../../src/domain/spec.ts';
import { execFileSync } from '../../harness/command.ts';
import {
  labChannel,
  labPython,
  prepareConda,
  recordProgress,
  whyNoConda,
  whyNoLabChannel,
  whyNoLabPython,
} from './lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'lock-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = whyNoLabPython() || whyNoLabChannel();

/** Packages of the lab's channel: for one platform and for all, of both kinds of archive. */
const solved = async (): Promise<Lock> => {
  const engine = chooseEngine({
    ...{ configured: 'rattler', environment: process.env, dataDirectory: join(folder, 'data') },
    python: async () => labPython,
  });
  const specs = ['python=3.11', 'six', 'pytz'].map((text) => parseSpec(text));
  const asked = { specs, channels: [labChannel], platform: 'linux-64', glibc: '2.17' } as const;
  return engine.solve({ ...asked, keep: [] }, recordProgress().progress);
};

async function written(format: LockFormat): Promise<{ lock: Lock; file: string }> {
  const lock = await solved();
  const { name, text } = lockFile({ label: 'churn@3', name: 'churn', lock, projects: [] }, format);
  const file = join(folder, name);
  writeFileSync(file, text);
  return { lock, file };
}

const wanted = ({ packages }: Lock) =>
  packages.map(({ name, version, build }) => `${name} ${version} ${build}`).sort();

/** conda with nothing of this machine's configuration, and no network. */
function run(...words: string[]): string {
  const named = {
    ...{ CONDA_PKGS_DIRS: join(folder, 'pkgs'), CONDA_OFFLINE: '1', CONDA_SOLVER: 'rattler' },
    CONDARC: join(folder, 'none'),
  };
  return execFileSync(prepareConda(), words, {
    ...{ env: { ...process.env, ...named }, encoding: 'utf8' },
  });
}

const conda = (...words: string[]) => JSON.parse(run(...words, '--json'));

interface Listed {
  name: string;
  version: string;
  build_string: string;
}
const listed = (packages: readonly Listed[]) =>
  packages.map(({ name, version, build_string: build }) => `${name} ${version} ${build}`).sort();

describe('conda', { skip: skip || whyNoConda() }, () => {
  test('makes the same prefix of an explicit list', async () => {
    const { lock, file } = await written('explicit');
    const prefix = join(folder, 'prefix');
    run('create', '--yes', '--quiet', '--prefix', prefix, '--file', file);
    assert.deepEqual(listed(conda('list', '--prefix', prefix)), wanted(lock));
  });

  test('solves an environment.yml to the same packages', async () => {
    const { lock, file } = await written('environment.yml');
    const made = conda('env', 'create', '--dry-run', '--name', 'churn', '--file', file);
    assert.deepEqual(listed(made.actions.LINK), wanted(lock));
  });
});

test('rattler reads a pixi.lock as the same packages', { skip }, async () => {
  const { lock, file } = await written('pixi');
  const script = `
import json, sys
from rattler.lock import LockFile
environment = LockFile.from_path(sys.argv[1]).default_environment()
(platform,) = environment.platforms()
records = environment.conda_repodata_records_for_platform(platform)
print(json.dumps([[r.name.normalized, str(r.version), str(r.build), r.sha256.hex()] for r in records]))
`;
  const records = JSON.parse(execFileSync(labPython, ['-c', script, file], { encoding: 'utf8' }));
  assert.deepEqual(
    records.map((record: string[]) => record.join(' ')).sort(),
    lock.packages
      .map((entry) => `${entry.name} ${entry.version} ${entry.build} ${entry.sha256}`)
      .sort(),
  );
});
