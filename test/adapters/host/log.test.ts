import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLog, createRedactor, logEvents, redact } from '../../../src/adapters/host/log.ts';
import { prettyLine } from '../../../src/adapters/host/pretty.ts';
import { createEvents } from '../../../src/domain/events.ts';
import fc from '../../harness/properties.ts';

/** Put together here, so that no scanner of the sources takes an example for a leak. */
const token = (...parts: string[]) => parts.join('-');

const BOT = token('xoxb', '123456789012', 'abcDEF456');
const KEY_BODY = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz';
const HEAD = '-----BEGIN OPENSSH PRIVATE KEY-----';
const TAIL = '-----END OPENSSH PRIVATE KEY-----';

describe('redaction', () => {
  const cases: readonly [what: string, text: string, secret: string][] = [
    ['a bot token', `token is ${BOT}.`, BOT],
    ['an app-level token', token('xapp', '1', 'A0', '99', 'abcdef'), 'abcdef'],
    ['a rotated token', `xoxe.${BOT}`, '123456789012'],
    ['a response_url', 'POST https://hooks.slack.com/commands/T1/22/AbCdEf', 'AbCdEf'],
    ['an AWS key id', `id AKIA${'A1B2'.repeat(4)} used`, 'A1B2A1B2'],
    ['a GitHub token', `git clone with ghp_${'aB3'.repeat(12)}`, 'aB3aB3'],
    ['a PyPI token', `twine pypi-${'AgEI'.repeat(8)}`, 'AgEIAgEI'],
    ['a bearer header', 'Authorization: Bearer abcdef.123456', 'abcdef'],
    ['a web token', 'jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl', 'c2lnbmF0dXJl'],
    ['a password in an address', 'redis://:hunter2@redis:6379/0', 'hunter2'],
    ['a password with @ in an address', 'https://ana:p@ssw0rd@host/x', 'ssw0rd'],
    ['a token in an address', 'https://s3cr3ttoken@github.com/a/b', 's3cr3t'],
    ["a channel's token", 'https://conda.anaconda.org/t/ab-12345678/acme', '12345678'],
    ['an assigned password', 'DB_PASSWORD=hunter2 run', 'hunter2'],
    [
      'a password in quotes with others in it',
      JSON.stringify(`password='a"b\\\\c hunter2'`),
      'hunter2',
    ],
    ['a password in JSON', '{"password": "hunter2"}', 'hunter2'],
    ['an AWS secret key', 'aws_secret_access_key = wJalrXUtnFEMI', 'wJalrXUtnFEMI'],
    ['a private key', `${HEAD}\n${KEY_BODY}\n${TAIL}`, KEY_BODY],
    ['a private key that is cut short', `${HEAD}\n${KEY_BODY}`, KEY_BODY],
    ['a private key inside JSON', JSON.stringify(`${HEAD}\n${KEY_BODY}\n${TAIL}`), KEY_BODY],
    ['one line of a private key', KEY_BODY, KEY_BODY],
  ];
  for (const [what, text, secret] of cases) {
    it(`takes out ${what}`, () => {
      const redacted = redact(text);
      assert.ok(!redacted.includes(secret), redacted);
      assert.match(redacted, /«secret»/);
    });
  }

  it('keeps what stands around a secret', () => {
    assert.equal(redact(`before ${BOT} after`), 'before «secret» after');
    assert.equal(
      redact('git+https://ana:pw12@host/repo.git'),
      'git+https://«secret»@host/repo.git',
    );
    assert.equal(redact(`a\n${HEAD}\n${KEY_BODY}\n${TAIL}\nb`), 'a\n«secret»\nb');
  });

  it('leaves what builds really log alone', () => {
    for (const line of [
      'https://conda.anaconda.org/conda-forge/linux-64/numpy-2.1.0-py311h71ddf71_0.conda',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'ssh://git@git.example.com/team/project.git',
      'SyntaxError: Unexpected token: identifier',
      'solved 16 packages in 3.2 s; 62 MB of 98 MB',
      '<@U024BE7LH> asked for churn',
    ]) {
      assert.equal(redact(line), line);
    }
  });

  it('takes configured secrets out in every form they are written in', () => {
    const secret = 'pa"ss w\\ord/1';
    const redactor = createRedactor([secret]);
    for (const form of [secret, JSON.stringify({ secret }), `?q=${encodeURIComponent(secret)}`]) {
      assert.ok(!redactor(form).includes('ord'), redactor(form));
    }
    assert.equal(createRedactor(['ab', ''])('about'), 'about', 'too short to be a secret');
    assert.equal(createRedactor(['abcd', 'abcdefgh'])('abcdefgh'), '«secret»');
  });

  it('keeps JSON valid and changes nothing the second time, for any text', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(...cases.map(([, text]) => text)),
      fc.constantFrom(
        '"',
        "'",
        '\\',
        '\n',
        'password=',
        'Bearer ',
        'https://a:',
        '@',
        '/t/',
        HEAD,
        TAIL,
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const redacted = redact(JSON.stringify({ msg: pieces.join(''), next: 'field' }));
        assert.equal(JSON.parse(redacted).next, 'field');
        assert.equal(redact(redacted), redacted);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the log', () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ferry-log-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  it('writes JSON lines to a file, without secrets in any field', () => {
    const file = join(directory, 'new', 'ferry.log');
    const log = createLog({ level: 'info', format: 'auto', file }, ['configured-secret']);
    log.debug('not written');
    log.info({ buildId: 'b1', url: 'redis://:hunter2@redis:6379' }, `with ${BOT}`);
    log.warn({ deep: { list: ['configured-secret'] } }, 'careful');
    log.error({ err: new Error('cannot use configured-secret') }, 'failed');
    const text = readFileSync(file, 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line.level),
      ['info', 'warn', 'error'],
    );
    assert.equal(lines[0].buildId, 'b1');
    assert.match(lines[0].time, /^\d{4}-\d\d-\d\dT/);
    assert.match(lines[2].err.stack, /cannot use «secret»/);
    for (const secret of ['hunter2', BOT, 'configured-secret']) assert.ok(!text.includes(secret));
  });

  it('writes to standard error without a file, so that standard output stays for answers', () => {
    const program = `
      import { createLog } from '${join(import.meta.dirname, '../../../src/adapters/host/log.ts')}';
      createLog({ level: 'info', format: 'auto', file: null }).info('hello');
      process.stdout.write('answer');
      process.kill(process.pid, 'SIGKILL');
    `;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { encoding: 'utf8' },
    );
    assert.equal(stdout, 'answer');
    assert.equal(JSON.parse(stderr).msg, 'hello');
  });

  it('has an event as a line of its own, by its name and what is known of it', () => {
    const file = join(directory, 'events.log');
    const events = createEvents([logEvents(createLog({ level: 'info', format: 'json', file }))]);
    events.emit('duty-done', { duty: 'retention', seconds: 1 });
    events.emit('revision-let-go', {
      ...{ user: null, environment: 'churn', revision: 2 },
      reason: 'retention, redis://:hunter2@redis:6379',
    });
    const [line, ...more] = readFileSync(file, 'utf8').trim().split('\n');
    const { time, ...rest } = JSON.parse(String(line));
    assert.deepEqual(more, [], 'debug is not written');
    assert.match(time, /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(rest, {
      ...{ level: 'info', host: hostname(), pid: process.pid, event: 'revision-let-go' },
      ...{ environment: 'churn', revision: 2, reason: 'retention, redis://«secret»@redis:6379' },
    });
  });

  it('is read by people where it is pretty: time, level, what happened, what it carries', () => {
    const file = join(directory, 'pretty.log');
    const log = createLog({ level: 'info', format: 'pretty', file }, ['configured-secret']);
    logEvents(log)({
      name: 'owner-reminded',
      fields: { environment: 'churn' },
    });
    log.warn({ error: 'no «way» to\n\u001b[2Jit', wait: 500, secret: 'configured-secret' }, 'away');
    log.error({ error: new Error('broken') }, 'failed');
    const [event, warning, failure, stack] = readFileSync(file, 'utf8').split('\n');
    const line = (text: string) => new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${text}$`);
    assert.match(String(event), line('info  owner-reminded environment=churn'));
    assert.match(
      String(warning),
      line('warn  away error="no «way» to\\\\n\\\\u001b\\[2Jit" wait=500 secret=«secret»'),
    );
    assert.match(String(failure), line('error failed'));
    assert.equal(stack, '    Error: broken');
  });

  it('is coloured for a terminal alone', () => {
    const line = JSON.stringify({ time: '2026-01-01T10:00:00.000Z', level: 'warn', msg: 'away' });
    assert.equal(prettyLine(line, false), '10:00:00 warn  away\n');
    assert.match(prettyLine(line, true), /\u001b\[33mwarn /);
    assert.equal(prettyLine('no JSON\n', true), 'no JSON\n');
  });
});
