import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ensurePython } from '../../../src/adapters/host/python.ts';
import { execFileSync } from '../../harness/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'python-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// An empty requirements file is enough for the promises here, and asks no index.
const requirementsFile = join(folder, 'requirements.txt');
writeFileSync(requirementsFile, '# nothing\n');

function request(directory: string, lines: string[] = []) {
  return {
    python3: 'python3',
    directory: join(folder, directory),
    requirementsFile,
    log: (line: string) => lines.push(line),
  };
}

describe('private python', () => {
  test('is made once, also when two ask at the same time', async () => {
    const [left, right] = await Promise.all([
      ensurePython(request('once')),
      ensurePython(request('once')),
    ]);
    assert.deepEqual(left, right);
    assert.equal(execFileSync(left.python, ['-c', 'print(6 * 7)'], { encoding: 'utf8' }), '42\n');
    assert.equal(readdirSync(join(folder, 'once')).length, 1);
    const lines: string[] = [];
    assert.deepEqual(await ensurePython(request('once', lines)), left);
    assert.deepEqual(lines, []);
  });

  test('other requirements make another one', async () => {
    const first = await ensurePython(request('once'));
    const other = join(folder, 'other.txt');
    writeFileSync(other, '# nothing else\n');
    const second = await ensurePython({ ...request('once'), requirementsFile: other });
    assert.notEqual(first.python, second.python);
  });

  test('an interpreter the operator names is used as it is', async () => {
    const existing = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    }).trim();
    const { python } = await ensurePython({ ...request('unused'), existing });
    assert.equal(python, existing);
  });

  test('a missing Python, and a Python without venv, are told apart', async () => {
    await assert.rejects(ensurePython({ ...request('none'), python3: '/no/python3' }), {
      code: 'python-missing',
    });
    const bare = join(folder, 'python-without-venv');
    writeFileSync(bare, '#!/bin/sh\necho "ensurepip is not available" >&2; exit 1\n');
    chmodSync(bare, 0o755);
    await assert.rejects(ensurePython({ ...request('bare'), python3: bare }), {
      code: 'venv-missing',
      details: 'ensurepip is not available',
    });
    assert.deepEqual(readdirSync(join(folder, 'bare')), []);
  });

  test('packages that cannot be had leave nothing behind', async () => {
    const wrong = join(folder, 'wrong.txt');
    writeFileSync(wrong, './no-such-wheel.whl\n');
    await assert.rejects(ensurePython({ ...request('wrong'), requirementsFile: wrong }), {
      ...{ code: 'python-packages', suggestion: /install \/\S+\/wrong\.txt elsewhere/ },
    });
    assert.deepEqual(readdirSync(join(folder, 'wrong')), []);
  });
});
