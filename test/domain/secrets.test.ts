import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MARK, withoutSecrets } from '../../src/domain/secrets.ts';

const PLACES = ['answer', 'log', 'quote'] as const;
/** Made up here, and in pieces: nothing in this file is a token. */
const SLACK = ['xoxb', '123456789012', 'abcdefABCDEF'].join('-');

describe('a secret', () => {
  const everywhere: readonly [what: string, text: string, kept: string][] = [
    ['a token of Slack', `with ${SLACK} in it`, `with ${MARK} in it`],
    ['a password in an address', 'https://ana:pw12@host/x', `https://${MARK}@host/x`],
    ['a token in an address', 'https://s3cr3ttoken@host/x', `https://${MARK}@host/x`],
    ['a token of a channel', 'https://host/t/ab-12345678/acme', `https://host/t/${MARK}/acme`],
    ['a header', 'Bearer abcdef.1234567', `Bearer ${MARK}`],
    ['a key of AWS', `AKIA${'A1B2'.repeat(4)}`, MARK],
    ['a token of GitHub', `ghp_${'aB3'.repeat(12)}`, MARK],
  ];
  for (const [what, text, kept] of everywhere) {
    test(`has one mark in its place everywhere: ${what}`, () => {
      for (const place of PLACES) assert.equal(withoutSecrets(text, place), kept, place);
    });
  }

  test('is what a setting with such a name has, in logs and in what is quoted of them', () => {
    for (const place of ['log', 'quote'] as const) {
      assert.equal(withoutSecrets('DB_PASSWORD=hunter2 run', place), `DB_PASSWORD=${MARK} run`);
    }
    const printed = 'spark.hadoop.fs.s3a.secret.key -> fs.azure.account.key.acme: "a b c"';
    assert.doesNotMatch(withoutSecrets(printed, 'quote'), /a b c/);
  });

  test('is looked for in a text that is one word as fast as in any other', () => {
    for (const word of ['0', 'x.', 'ATOKENR', 'A\r', 'a_', '/t/', '-----BEGIN ']) {
      const text = word.repeat(40_000 / word.length);
      const before = process.cpuUsage();
      for (const place of PLACES) withoutSecrets(text, place);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 1_000_000, `${JSON.stringify(word)}: ${user / 1000} ms`);
    }
  });

  test('is taken out of a log however programs write it, also where the log is JSON', () => {
    const SECRET = 'c0rrect/Horse+77';
    const DIGITS = '0123456789abcdef';
    const lines: readonly [line: string, secret: string][] = [
      [`AWS_SECRET_ACCESS_KEY: ${SECRET}`, SECRET],
      [`{'aws_session_token': '${SECRET}'}`, SECRET],
      [`{"token": "${SECRET}"}`, SECRET],
      [`{"authorization": "token ${SECRET}"}`, SECRET],
      [`PGPASSWORD=${SECRET} psql`, SECRET],
      [`password = "correct ${SECRET} battery"`, SECRET],
      [`mount --password ${SECRET} /x`, SECRET],
      [`machine host login ana password ${SECRET}`, SECRET],
      [`spark.hadoop.fs.s3a.access.key=${SECRET}`, SECRET],
      [`AccountName=acme;AccountKey=${SECRET};`, SECRET],
      [`//registry.example/:_authToken=${SECRET}`, SECRET],
      [`https://acme.example/x.whl?sv=2020&sig=${SECRET}&se=1`, SECRET],
      [`https://b.example/x?a=1&X-Amz-Signature=${SECRET}`, SECRET],
      [`dapi${DIGITS.repeat(2)}`, DIGITS],
      [`npm_${'aB3'.repeat(12)}`, 'aB3aB3'],
    ];
    for (const [line, secret] of lines) {
      assert.ok(!withoutSecrets(line, 'log').includes(secret), line);
      const record = withoutSecrets(JSON.stringify({ message: line }), 'log');
      assert.ok(!record.includes(secret), record);
      assert.doesNotThrow(() => JSON.parse(record), record);
    }
    const harmless = 'SyntaxError: unexpected token: name; password is wrong, --token-file x';
    assert.equal(withoutSecrets(harmless, 'log'), harmless);
  });

  test('that somebody typed to be in the line stays in it', () => {
    const line = 'pyspark --conf spark.hadoop.fs.s3a.secret.key=mine';
    assert.equal(withoutSecrets(line, 'answer'), line);
  });

  test('is gone for good: a second time nothing changes', () => {
    for (const place of PLACES) {
      for (const [, text] of everywhere) {
        const once = withoutSecrets(`password=${text} token = ${text}`, place);
        assert.equal(withoutSecrets(once, place), once);
      }
    }
  });
});
