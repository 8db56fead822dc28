import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { execFileSync } from '../../harness/command.ts';
import { labChannel, labPython, whyNoLabChannel, whyNoLabPython } from './lab.ts';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'rattler-end-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program and tells when its interpreter shuts down, which rattler's threads may not survive. */
const WATCHED = `
import atexit, runpy, sys
atexit.register(print, "SHUTS DOWN")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
`;

const watched = (words: readonly string[], input = ''): string =>
  execFileSync(labPython, ['-c', WATCHED, ...words], { encoding: 'utf8', input });

const skip = whyNoLabPython() || whyNoLabChannel();

test('the embedded engine leaves without shutting its interpreter down', { skip }, () => {
  const program = join(root, 'src/adapters/engines/rattler-engine.py');
  const requests = [
    { do: 'describe' },
    {
      ...{ do: 'solve', specs: ['six'], constraints: [], platform: 'linux-64', glibc: '2.17' },
      ...{ channels: [labChannel.url], cache: join(folder, 'cache'), credentials: {} },
    },
  ];
  for (const request of requests) {
    const said = watched([program], `${JSON.stringify(request)}\n`);
    assert.match(said, /"type": "result"/);
    assert.doesNotMatch(said, /SHUTS DOWN/);
  }
});

test('so does the program that makes environments for tests', { skip }, () => {
  const program = join(root, 'test/harness/create-environment.py');
  const said = watched([program, labChannel.url, `${folder}/prefix`, `${folder}/packages`, 'six']);
  assert.match(said, /"six": "/);
  assert.doesNotMatch(said, /SHUTS DOWN/);
});

test('every program of ours that loads rattler does', () => {
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const ours = ['src', 'deploy', 'test'].flatMap((each) =>
    globSync(`${each}/**/*.py`, { cwd: root }),
  );
  const loading = ours.filter((file) => /^(?:import|from) rattler\b/m.test(read(file)));
  assert.ok(loading.length >= 3, loading.join(', '));
  const wrong = loading.filter((file) => !read(file).includes('os._exit(0)'));
  assert.deepEqual(wrong, []);
});
