import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { unlessFull } from '../harness/full.ts';
import { type Fault, linkMaven, noMavenPlugin, startRegistry } from './registry.ts';

const directory = mkdtempSync(join(tmpdir(), 'ferry-steps-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Client {
  client: string;
  words: string;
  /** What is there when the download came. */
  made: string;
  skip: string | false;
}

/** Each client with a home of its own, and the command prepare gives it. */
const CLIENTS: Record<string, Client> = {
  npm: {
    client: 'npm',
    words: 'npm install --no-save --no-audit --no-fund payload@1.0.0',
    made: 'node_modules/payload/data',
    skip: false,
  },
  python: {
    client: 'pip',
    words:
      'python3 -m pip download --no-cache-dir --no-deps --progress-bar off --dest . payload==1.0.0',
    made: 'payload-1.0.0-py3-none-any.whl',
    skip: false,
  },
  cpython: {
    client: 'Maven',
    words:
      'mvn --batch-mode --no-transfer-progress -Duser.home="$HOME" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy -Dartifact=here:payload:1.0.0 -DoutputDirectory=.',
    made: 'payload-1.0.0.jar',
    skip: unlessFull || noMavenPlugin,
  },
};

interface Ended {
  code: number | null;
  said: string;
  place: string;
  log: string;
  downloads: number;
}

/** Runs `fetch NAME …` of deploy/lab/steps.sh in a folder and a home of its own. */
async function fetchWith(name: string, faults: Fault[], tries = 3): Promise<Ended> {
  const client = CLIENTS[name] as (typeof CLIENTS)[string];
  const place = mkdtempSync(join(directory, `${name}-`));
  const registry = await startRegistry(join(place, 'registry'), faults);
  mkdirSync(join(place, '.m2'));
  if (name === 'cpython') linkMaven(join(place, '.m2/repository'));
  writeFileSync(join(place, 'package.json'), '{"private": true}');
  writeFileSync(
    join(place, '.m2/settings.xml'),
    `<settings><mirrors><mirror><id>here</id><mirrorOf>*</mirrorOf><url>${registry.url}/maven</url></mirror></mirrors></settings>`,
  );
  const steps = join(laboratory.root, 'deploy/lab/steps.sh');
  const script = `set -eu; lab=$PWD/lab again='sh prepare'; . '${steps}'
    start_telling; trap stop_telling EXIT
    work() { ${client.words}; }
    fetch ${name} 'the payload' work`;
  const child = spawn('sh', ['-c', script], {
    cwd: place,
    env: {
      PATH: process.env.PATH,
      HOME: place,
      npm_config_registry: `${registry.url}/npm/`,
      npm_config_fetch_retries: '0',
      PIP_INDEX_URL: `${registry.url}/pip/`,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_RETRIES: '0',
      // Of its own patience, too, so that ours ends first, however busy the machine is.
      PIP_DEFAULT_TIMEOUT: '300',
      // Longer than the eight seconds after which a Node that waits moves a few bytes.
      FERRY_SILENT_SECONDS: '10',
      FERRY_TELL_SECONDS: '1',
      FERRY_FIRST_PAUSE: '1',
      FERRY_TRIES: String(tries),
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const log = readFileSync(join(place, `lab/logs/${name}.log`), 'utf8');
  await registry.stop();
  return { code, said, place, log, downloads: registry.downloads() };
}

// They mostly wait, each for itself.
describe('a download', { concurrency: 3 }, () => {
  for (const [name, { client, made, skip }] of Object.entries(CLIENTS)) {
    test(`of ${client} that stalls, and is then cut, is ended and tried again`, {
      skip,
    }, async () => {
      const { code, said, place, log, downloads } = await fetchWith(name, ['stall', 'cut']);
      assert.equal(code, 0, said + log);
      assert.equal(downloads, 3);
      assert.match(said, /the payload: no byte for 10 s; try 2 of 3 in 1 s\n/);
      assert.match(said, /the payload: exit code \d+; try 3 of 3 in 4 s\n/);
      assert.match(said, /\[ +\d+ s\] the payload: \d+ s, \d+ MB written\n/);
      assert.match(said, /the payload: done in \d+ s\n/);
      assert.ok(existsSync(join(place, made)));
      assert.deepEqual(globSync('lab/now*', { cwd: place }), []);
    });

    test(`of ${client} that is slow is left alone`, { skip }, async () => {
      const { code, said, log, downloads } = await fetchWith(name, ['slow']);
      assert.equal(code, 0, said + log);
      assert.equal(downloads, 1, said + log);
      assert.doesNotMatch(said, /try 2/);
    });
  }

  test('that never comes ends, and says where its log is and what to type', async () => {
    const { code, said, place, downloads } = await fetchWith('npm', ['cut', 'cut', 'cut'], 2);
    assert.equal(code, 2);
    assert.equal(downloads, 2);
    const failed =
      /the payload: FAILED \(exit code \d+; tries: 2\)\. The end of \S+lab\/logs\/npm\.log:\n +\| /;
    assert.match(said, failed);
    assert.match(said, /export HTTPS_PROXY=.*\(now: not set\)/);
    assert.match(said, /npm config set registry URL/);
    assert.match(said, /Then type again, what is there is kept: sh prepare\n/);
    assert.deepEqual(globSync('lab/now*', { cwd: place }), []);
  });
});
