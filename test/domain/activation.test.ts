import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { activationOf } from '../../src/domain/invocation/activation.ts';

const PREFIX = '/srv/envs/churn';
const of = (environment: Record<string, string>) => activationOf(environment, PREFIX);

describe('what activation sets', () => {
  test('is a path within the prefix where all of it lies there, else a plain value', () => {
    const { activation, variables } = of({
      GDAL_DATA: `${PREFIX}/share/gdal`,
      PLUGINS: `${PREFIX}/lib/one:${PREFIX}/lib/two`,
      ROOT_DIR: PREFIX,
      GDAL_DRIVER: 'GTiff',
      MIXED: `${PREFIX}/lib:/usr/lib`,
      NEIGHBOUR: '/srv/envs/other/lib',
      CLIMBING: `${PREFIX}/../other`,
    });
    assert.deepEqual(activation, {
      GDAL_DATA: 'share/gdal',
      PLUGINS: 'lib/one:lib/two',
      ROOT_DIR: '',
    });
    assert.deepEqual(variables, { GDAL_DRIVER: 'GTiff', NEIGHBOUR: '/srv/envs/other/lib' });
  });

  const secrets: Readonly<Record<string, string>> = {
    ACME_API_KEY: 'mine',
    APIKEY: 'mine',
    LICENSE_KEY: 'mine',
    SERVICE_AUTH: 'mine',
    CLOUD_CREDENTIALS: 'mine',
    DB_PASS: 'mine',
    DB_PASSWD: 'mine',
    DB_PASSWORD: 'mine',
    SLACK_TOKEN: 'mine',
    CLIENT_SECRET: 'mine',
    PROXY: 'http://ana:pw12@proxy.example:3128',
    IDENTITY: `AKIA${'A1B2'.repeat(4)}`,
  };
  for (const [name, value] of Object.entries(secrets)) {
    test(`comes into no line where it looks like a secret: ${name}`, () => {
      assert.deepEqual(of({ [name]: value }), { activation: {}, variables: {} });
    });
  }

  test('is no secret where only a part of a word is like one', () => {
    const plain = {
      MONKEY: 'a',
      KEYBOARD: 'b',
      AUTHOR: 'c',
      BYPASS: 'd',
      TOKEN_FILE: 'e',
      PASSWORD_ENABLED: '1',
    };
    assert.deepEqual(of(plain).variables, plain);
  });

  test('has nothing of the person, of the shell and of compilers', () => {
    const left = {
      ...{ HOME: '/home/ana', CACHE: '/home/ana/.cache', PATH: '/usr/bin', CFLAGS: '-O2' },
      ...{ SCRIPT: '$(id)', SPACED: ' x', ADDRESS: `file://${PREFIX}/share` },
    };
    assert.deepEqual(of(left), { activation: {}, variables: {} });
  });
});
