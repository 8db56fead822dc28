import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN } from '../harness/product.ts';
import { temporaryFolder } from '../packing/fake-prefix.ts';

const MODULE = join(import.meta.dirname, '../../src/terminal/secrets-aside.ts');

/** How a process began, each time it did, as its standard error tells. */
function beginnings(program: string, words: string[], env: Record<string, string>) {
  const tell = 'console.error(JSON.stringify({ pid: process.pid, options: process.execArgv }))';
  const first = `--import=data:text/javascript,${encodeURIComponent(tell)}`;
  const said = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', ...env, NODE_OPTIONS: `${first} ${env.NODE_OPTIONS ?? ''}` },
  });
  const lines = said.stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line): { pid: number; options: string[] } => JSON.parse(line));
}

test('the bot begins again with a small heap, once, but where its operator says how large it is', async (context) => {
  const folder = await temporaryFolder(context);
  const [young, old] = ['--max-semi-space-size=8', '--max-old-space-size=1024'];
  const words = ['bot', '--config', join(folder, 'none.yaml')];
  const begin = (env: Record<string, string>) => beginnings(MAIN, words, { HOME: folder, ...env });
  for (const secrets of [{}, { SLACK_BOT_TOKEN: 'xoxb-1' }]) {
    const [first, again, ...more] = begin(secrets);
    assert.deepEqual([first?.options, again?.options], [[], [young, old]]);
    assert.deepEqual([again?.pid, more], [first?.pid, []]);
  }
  const [, again] = begin({ NODE_OPTIONS: '--max_semi_space_size=32' });
  assert.deepEqual(again?.options, [old]);
});

test('secrets of a service are whole, and in no environment that others of its user can read', async (context) => {
  const folder = await temporaryFolder(context);
  const program = join(folder, 'service.mjs');
  writeFileSync(
    program,
    `import { readFileSync } from 'node:fs';
const { putSecretsAside, secretsAside } = await import(${JSON.stringify(MODULE)});
putSecretsAside();
const [secrets, again] = [secretsAside(), secretsAside()];
const environ = readFileSync('/proc/self/environ', 'utf8');
const { pid, argv, env } = process;
console.log(JSON.stringify({ pid, secrets, again, environ, words: argv.slice(2), env }));`,
  );
  const secrets = {
    SLACK_BOT_TOKEN: 'xoxb-1 $(touch a) `touch a` "a" \'a\' \\n $HOME ü\nEND\ntouch a',
    SLACK_SIGNING_SECRET: 'long'.repeat(2_000),
  };
  const others = { PATH: '/usr/bin:/bin', HOME: folder, SLACK_API_URL: 'http://127.0.0.1' };
  const words = ['--config', 'a file', '$HOME', '"'];
  const started = spawnSync(process.execPath, [program, ...words], {
    ...{ cwd: folder, encoding: 'utf8', env: { ...others, ...secrets, SLACK_APP_TOKEN: '' } },
  });
  assert.equal(started.stderr, '');
  const said = JSON.parse(started.stdout);
  assert.deepEqual([said.pid, said.words], [started.pid, words]);
  assert.deepEqual([said.secrets, said.again], [secrets, {}]);
  assert.match(said.environ, /SLACK_API_URL/);
  assert.doesNotMatch(said.environ + JSON.stringify(said.env), /xoxb|longlong/);
  assert.deepEqual(readdirSync(folder), ['service.mjs']);
});
