import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execFileSync, run } from './command.ts';

const program = (end: string): string[] => ['-c', `echo said; echo complained >&2; ${end}`, 'word'];

test('a failed command is told with its exit code and both streams', async () => {
  const told = /^sh -c echo said; .* word: exit code 3\nstdout:\nsaid\nstderr:\ncomplained$/;
  await assert.rejects(run('sh', program('exit 3')), { message: told });
  assert.throws(() => execFileSync('sh', program('exit 3')), { message: told });
});

test('so is one that a signal ended, and one that said nothing', async () => {
  await assert.rejects(run('sh', program('kill -SEGV $$')), { message: /: ended by SIGSEGV\n/ });
  assert.throws(() => execFileSync('sh', program('kill -ABRT $$')), {
    message: /: ended by SIGABRT\n/,
  });
  await assert.rejects(run('false', []), {
    message: 'false: exit code 1\nstdout: nothing\nstderr: nothing',
  });
});

test('a long text is cut, a long output keeps its end', async () => {
  const words = ['-c', `${': '.padEnd(5000)}; seq 1 9999; exit 1`];
  await assert.rejects(run('sh', words), ({ message }: Error) => {
    assert.ok(message.length < 5000);
    assert.match(message, /9999\nstderr: nothing$/);
    return true;
  });
});

test('what works is answered as ever', async () => {
  assert.equal((await run('echo', ['yes'])).stdout, 'yes\n');
  assert.equal(execFileSync('cat', [], { input: 'yes', encoding: 'utf8' }), 'yes');
});
