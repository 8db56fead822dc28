import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { type Edge, startEdge } from '../../deploy/lab/edge/edge.ts';
import { readManifest } from '../../deploy/lab/slack/index.ts';
import { loadConfig } from '../../src/config.ts';
import { FerryError } from '../../src/domain/errors.ts';
import { usageOf } from '../../src/terminal/catalogue.ts';
import { command } from '../../src/terminal/init.ts';
import { MAIN } from '../harness/product.ts';
import { printedBy } from '../harness/typed.ts';

const FORGE = { name: 'conda-forge', url: 'https://conda.anaconda.org/conda-forge', default: true };

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].some((path) => existsSync(path));

describe('init', { skip: sshd ? false : 'openssh-server is not installed' }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-init-'));
  let edge: Edge;
  let address = '';
  before(async () => {
    edge = await startEdge({ directory: join(directory, 'edge') });
    address = `${edge.user}@127.0.0.1:${edge.port}`;
  });
  after(async () => {
    await edge.stop();
    rmSync(directory, { recursive: true });
  });

  let count = 0;
  /** A folder that is not there yet. */
  const place = (): string => join(directory, `place-${++count}`);
  const init = (folder: string, ...words: string[]) =>
    spawnSync(process.execPath, [MAIN, 'init', '--config', join(folder, 'ferry.yaml'), ...words], {
      encoding: 'utf8',
      input: '',
    });
  const filled = async (folder: string, environment: Record<string, string> = {}) => {
    const tokens = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };
    const file = join(folder, 'ferry.yaml');
    return loadConfig({ file, environment: { ...tokens, ...environment } });
  };
  const mode = (...parts: string[]): string => (statSync(join(...parts)).mode & 0o777).toString(8);

  test('writes with options alone what the product reads, and keeps what is secret to its owner', async () => {
    const folder = place();
    const { status, stdout, stderr } = init(folder, '--edge', address, '--yes');
    assert.equal(status, 0, stderr);
    const config = await filled(folder);
    assert.deepEqual(config.channels, [FORGE]);
    assert.equal(config.slack.command, '/conda-env');
    const [written] = config.edges;
    assert.equal(written?.hostKey, edge.hostKey);
    assert.deepEqual(
      [written?.user, written?.host, written?.port],
      [edge.user, '127.0.0.1', edge.port],
    );
    assert.equal(written?.privateKeyFile, join(folder, 'secrets/edge-key'));
    assert.deepEqual(readdirSync(join(folder, 'secrets')).sort(), [
      ...['edge-key', 'edge-key.pub', 'slack-app-token', 'slack-bot-token'],
    ]);
    assert.equal(mode(folder, 'secrets'), '700');
    for (const name of ['edge-key', 'slack-app-token', 'slack-bot-token']) {
      assert.equal(mode(folder, 'secrets', name), '600', name);
    }
    const publicKey =
      readFileSync(join(folder, 'secrets/edge-key.pub'), 'utf8').split(' ')[1] ?? '';
    assert.ok(publicKey !== '' && stdout.includes(publicKey));
    assert.ok(stdout.includes(edge.hostKeyFingerprint));
    assert.doesNotMatch(stdout, /Left open/);
    assert.ok(stdout.includes(`--hdfs /user/${edge.user}/envs`));
    const [, script = ''] = /^ +(\/\S+\/edge-account\.sh)$/m.exec(stdout) ?? [];
    assert.ok(existsSync(script));
    const last = stdout.trimEnd().split('\n').slice(-2);
    for (const [index, name] of ['check', 'start'].entries()) {
      assert.equal(last[index]?.trim(), `conda-ferry ${name} --config ${folder}/ferry.yaml`);
    }
  });

  test('tells programs what it wrote, and people meanwhile', async () => {
    const folder = place();
    const { status, stdout, stderr } = init(folder, '--edge', address, '--yes', '--json');
    assert.equal(status, 0, stderr);
    const { configuration, publicKey, keyMade, hostKey } = printedBy('init', stdout);
    assert.deepEqual([configuration, keyMade], [join(folder, 'ferry.yaml'), true]);
    assert.ok(readFileSync(join(folder, 'secrets/edge-key.pub'), 'utf8').startsWith(publicKey));
    assert.equal(hostKey, edge.hostKey);
    assert.match(stderr, /^Written: /m);
  });

  test('reads its secrets from the files that it made for them', async () => {
    const folder = place();
    init(folder, '--edge', address, '--yes');
    writeFileSync(join(folder, 'secrets/slack-bot-token'), 'xoxb-in-a-file\n');
    writeFileSync(join(folder, 'secrets/slack-app-token'), 'xapp-in-a-file\n');
    const { slack } = await loadConfig({ file: join(folder, 'ferry.yaml'), environment: {} });
    assert.deepEqual([slack.botToken, slack.appToken], ['xoxb-in-a-file', 'xapp-in-a-file']);
  });

  test('writes a manifest with the command’s name, for either mode', async () => {
    const socket = place();
    init(socket, '--edge', address, '--command', '/envs', '--yes');
    const manifest = join(socket, 'slack-manifest.yaml');
    const { commands, scopes } = await readManifest(manifest);
    assert.equal(commands?.[0]?.command, '/envs');
    assert.ok(scopes?.includes('commands'));
    assert.equal(parse(readFileSync(manifest, 'utf8')).settings.socket_mode_enabled, true);

    const http = place();
    const words = ['--slack', 'http', '--url', 'https://ferry.example.com/'];
    assert.equal(init(http, '--edge', address, ...words, '--yes').status, 0);
    const { features, settings } = parse(readFileSync(join(http, 'slack-manifest.yaml'), 'utf8'));
    const url = 'https://ferry.example.com/slack/events';
    assert.equal(features.slash_commands[0].url, url);
    assert.equal(settings.event_subscriptions.request_url, url);
    assert.equal(settings.interactivity.request_url, url);
    assert.equal(settings.socket_mode_enabled, false);
    assert.ok(existsSync(join(http, 'secrets/slack-signing-secret')));
    const config = await filled(http, { SLACK_SIGNING_SECRET: 'abc' });
    assert.equal(config.slack.mode, 'http');
  });

  test('writes for units of systemd what they find with their credentials', async () => {
    const folder = place();
    const { status, stdout } = init(folder, '--edge', address, '--systemd', '--yes');
    assert.equal(status, 0);
    const credentials = join(directory, 'credentials');
    const config = await filled(folder, { CREDENTIALS_DIRECTORY: credentials });
    assert.equal(config.edges[0]?.privateKeyFile, join(credentials, 'secrets_edge-key'));
    assert.equal(config.dataDirectory, '/var/lib/conda-ferry');
    assert.match(
      stdout,
      /systemctl start conda-ferry@check.*\n.*systemctl enable --now conda-ferry@start\n$/,
    );
  });

  test('overwrites nothing without asking, and writes nothing then', () => {
    const folder = place();
    init(folder, '--edge', address, '--yes');
    const before = readFileSync(join(folder, 'ferry.yaml'), 'utf8');
    writeFileSync(join(folder, 'secrets/slack-bot-token'), 'xoxb-mine');
    rmSync(join(folder, 'slack-manifest.yaml'));
    const { status, stderr } = init(folder, '--edge', address, '--command', '/other', '--yes');
    assert.equal(status, 1);
    assert.match(stderr, /ferry\.yaml is there already; nothing was written/);
    assert.equal(readFileSync(join(folder, 'ferry.yaml'), 'utf8'), before);
    assert.ok(!existsSync(join(folder, 'slack-manifest.yaml')));
    assert.equal(init(folder, '--edge', address, '--yes').status, 0);
    assert.equal(readFileSync(join(folder, 'secrets/slack-bot-token'), 'utf8'), 'xoxb-mine');
  });

  test('leaves the host key open where the edge does not answer, and says so', async () => {
    const folder = place();
    const { status, stdout, stderr } = init(folder, '--edge', 'ferry@127.0.0.1:1', '--yes');
    assert.equal(status, 0);
    assert.match(stdout, /^Left open: `hostKey` .*Nothing is sent there until it is set/m);
    assert.match(stderr, /127\.0\.0\.1:1\) cannot be reached: .*Its host key is left open/);
    assert.equal((await filled(folder)).edges[0]?.hostKey, null);
  });

  const wrong: Readonly<Record<string, [words: string[], says: RegExp]>> = {
    'no edge': [['--yes'], /--edge is missing/],
    'no terminal': [['--edge', 'a@b'], /no terminal to ask on: say all with options, and --yes/],
    'a user alone': [['--edge', 'ferry', '--yes'], /--edge must be a user and a host/],
    'a host with a shell’s words': [['--edge', 'a@b;id', '--yes'], /--edge must be a host name/],
    'a port too high': [['--edge', 'a@b:99999', '--yes'], /--edge must be a whole number from 1/],
    'a mode': [['--slack', 'rtm', '--edge', 'a@b', '--yes'], /`--slack` takes no `rtm`/],
    'no address for http': [['--slack', 'http', '--edge', 'a@b', '--yes'], /--url is missing/],
    'an address for socket': [
      ['--url', 'https://x.example', '--edge', 'a@b', '--yes'],
      /--url is for `http`/,
    ],
    'a command': [
      ['--command', 'conda env', '--edge', 'a@b', '--yes'],
      /--command must be a slash command/,
    ],
    'a channel with a token': [
      ['--channel', 'x=https://t:s3cret@x.example', '--edge', 'a@b', '--yes'],
      /--channel must be an address without a user, password or token/,
    ],
    'a root': [['--root', '../x', '--edge', 'a@b', '--yes'], /--root must be an absolute path/],
    'a host key': [
      ['--host-key', 'abc', '--edge', 'a@b', '--yes'],
      /hostKey .*must be `ssh-ed25519/,
    ],
    'a word': [['ferry.yaml'], /It takes options only/],
  };
  for (const [what, [words, says]] of Object.entries(wrong)) {
    test(`refuses ${what} with what to type instead, and writes nothing`, async () => {
      const folder = place();
      const all = ['--config', join(folder, 'ferry.yaml'), ...words];
      await assert.rejects(command.run(all, usageOf('init')), (error) => {
        assert.ok(error instanceof FerryError && error.kind === 'user', String(error));
        assert.match(error.message, says);
        assert.doesNotMatch(`${error.message}${error.suggestion}`, /s3cret/);
        return true;
      });
      assert.ok(!existsSync(folder));
    });
  }

  test('says of a folder that cannot be written that it is that', () => {
    const { status, stderr } = init('/dev/null/ferry', '--edge', address, '--yes');
    assert.equal(status, 2);
    assert.match(stderr, /Not everything could be written into \/dev\/null\/ferry: /);
  });

  /** The same on a terminal, with these lines typed. */
  const typed = (folder: string, lines: readonly string[]) =>
    spawnSync(
      'script',
      ['-qec', `"${process.execPath}" "${MAIN}" init --config "${folder}/ferry.yaml"`, '/dev/null'],
      { encoding: 'utf8', input: lines.map((line) => `${line}\n`).join(''), timeout: 30_000 },
    );
  const terminal = { skip: existsSync('/usr/bin/script') ? false : '`script` is not installed' };

  test(
    'asks on a terminal, again after a wrong answer, and for the host key',
    terminal,
    async () => {
      const folder = place();
      const channel = 'internal=https://conda.example.com/internal';
      const said = typed(folder, ['', '/Envs', '/envs', channel, address, '', '/data/ferry', 'y']);
      assert.equal(said.status, 0, said.stdout);
      assert.match(said.stdout, /It must be a slash command such as `\/conda-env`/);
      assert.ok(said.stdout.includes(edge.hostKeyFingerprint));
      const config = await filled(folder);
      assert.equal(config.slack.command, '/envs');
      assert.equal(config.channels[0]?.name, 'internal');
      assert.equal(config.edges[0]?.root, '/data/ferry');
      assert.equal(config.edges[0]?.hostKey, edge.hostKey);
    },
  );

  test(
    'takes no host key that nobody agrees to, and writes nothing where questions end',
    terminal,
    async () => {
      const folder = place();
      assert.equal(typed(folder, ['', '', '', address, '', '', 'no']).status, 0);
      assert.equal((await filled(folder)).edges[0]?.hostKey, null);
      const other = place();
      const ended = typed(other, ['', '', '\u0004']);
      assert.equal(ended.status, 1, ended.stdout);
      assert.match(ended.stdout, /The questions were not answered, and nothing was written/);
      assert.ok(!existsSync(other));
    },
  );
});
