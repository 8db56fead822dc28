import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { requireConfigFile } from '../src/config/find.ts';
import { ConfigError } from '../src/config/problems.ts';
import { configFile } from '../src/config/schema.ts';
import { type Config, loadConfig, secretsOf, slackCredentials } from '../src/config.ts';
import { FerryError } from '../src/domain/errors.ts';

const EXAMPLE = join(import.meta.dirname, '../deploy/config.example.yaml');

const SMALL = `
channels: [{ name: conda-forge, url: 'https://conda.anaconda.org/conda-forge' }]
edges: [{ name: edge, host: edge.example.com }]
`;

const TOKENS = { SLACK_BOT_TOKEN: 'xoxb-1-bot', SLACK_APP_TOKEN: 'xapp-1-app' };

describe('the configuration', () => {
  let directory: string;
  let file: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ferry-config-'));
    file = join(directory, 'conda-ferry.yaml');
  });
  after(() => rmSync(directory, { recursive: true }));

  function load(text: string, environment: Record<string, string> = {}): Promise<Config> {
    writeFileSync(file, text);
    return loadConfig({ file, environment });
  }

  /** Where → what, of everything that is wrong. */
  async function problems(
    text: string,
    environment: Record<string, string> = {},
  ): Promise<Record<string, string>> {
    const error = await load(text, environment).then(
      () => assert.fail('the configuration was accepted'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.kind, 'user');
    assert.equal(error.code, 'config-invalid');
    return Object.fromEntries(error.problems.map(({ where, what }) => [where, what]));
  }

  describe('needs little', () => {
    it('two tokens, a channel and an edge node are enough', async () => {
      const config = await load(SMALL, TOKENS);
      assert.deepEqual(slackCredentials(config), {
        mode: 'socket',
        botToken: 'xoxb-1-bot',
        appToken: 'xapp-1-app',
      });
      assert.deepEqual(config.channels, [
        { name: 'conda-forge', url: 'https://conda.anaconda.org/conda-forge', default: true },
      ]);
      assert.deepEqual(config.edges, [
        {
          name: 'edge',
          default: true,
          host: 'edge.example.com',
          port: 22,
          user: userInfo().username,
          privateKeyFile: null,
          passphraseFile: null,
          hostKey: null,
          proxyJump: null,
          root: '/srv/conda-ferry',
          alias: 'MYGLOBALENV',
          hdfs: 'auto',
          env: {},
          cluster: {},
          connectTimeoutSeconds: 15,
        },
      ]);
      const { slack, channels: _, edges: __, dataDirectory, ...rest } = config;
      assert.equal(slack.command, '/conda-env');
      assert.equal(dataDirectory, join(homedir(), '.local/share/conda-ferry'));
      assert.deepEqual(rest, {
        network: { proxy: null, noProxy: [], caFile: null },
        credentials: [],
        redisUrl: null,
        redis: { caFile: null, certFile: null, keyFile: null, sentinels: [], name: null },
        engine: 'auto',
        python: null,
        platform: 'linux-64',
        ...{ indexes: [], sdists: [] },
        projects: { repositories: [], paths: [], sandbox: 'required', memoryGigabytes: null },
        verify: { enabled: true, timeoutSeconds: 300, executors: 2 },
        notify: { directAfterSeconds: 300, followAfterSeconds: 15 },
        worker: {
          concurrency: 1,
          lockSeconds: 120,
          stalledSeconds: 30,
          cacheGigabytes: 20,
          platform: 'linux-64',
        },
        roles: [],
        approvals: { rules: [], hours: 72, closed: 500 },
        audit: { days: 365, entries: 100_000, refused: 20_000 },
        quota: {
          builds: null,
          environments: null,
          gigabytes: null,
          environmentGigabytes: null,
          approvals: 10,
        },
        history: { days: 365, builds: 200 },
        retention: { expireDays: null, remindDays: 7, keepRevisions: null, usedDays: 7 },
        signing: { keyFile: null },
        watch: { host: '127.0.0.1', port: null, tracing: { endpoint: null } },
        log: { level: 'info', format: 'auto', file: null },
      });
    });

    it('two processes of one file listen at ports of their own by the environment', async () => {
      const text = `${SMALL}watch: { port: 9464 }\n`;
      assert.equal((await load(text)).watch.port, 9464);
      assert.equal((await load(text, { WATCH_PORT: '9465' })).watch.port, 9465);
      assert.equal((await load(text, { WATCH_PORT: '0' })).watch.port, 0);
      const found = await problems(text, { WATCH_PORT: 'nine' });
      assert.match(found.WATCH_PORT ?? '', /whole number from 0 to 65535/);
      const { watch } = await load(SMALL, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' });
      assert.equal(watch.tracing.endpoint, 'http://collector:4318');
    });

    it('hosts of one file build for a platform of their own by the environment', async () => {
      const text = `${SMALL}platform: linux-aarch64\n`;
      assert.equal((await load(text)).worker.platform, 'linux-aarch64');
      const own = await load(text, { WORKER_PLATFORM: 'linux-64' });
      assert.deepEqual([own.platform, own.worker.platform], ['linux-aarch64', 'linux-64']);
      const found = await problems(text, { WORKER_PLATFORM: 'arm' });
      assert.match(found.WORKER_PLATFORM ?? '', /one of `linux-64`, `linux-aarch64`/);
    });

    it('sections and keys that are left empty have their defaults', async () => {
      const config = await load(`${SMALL}slack:\nworker:\n  concurrency:\nlog: {}\n`);
      assert.equal(config.slack.mode, 'socket');
      assert.equal(config.worker.concurrency, 1);
    });

    it('a worker needs no Slack token, and a bot is told of every one it lacks', async () => {
      const lacking = (config: Config): string[] => {
        try {
          slackCredentials(config);
        } catch (error) {
          if (error instanceof ConfigError) return error.problems.map(({ where }) => where);
        }
        return assert.fail('credentials were found');
      };
      assert.deepEqual(lacking(await load(SMALL)), ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN']);
      assert.deepEqual(lacking(await load(`${SMALL}slack: { mode: http }`)), [
        'SLACK_BOT_TOKEN',
        'SLACK_SIGNING_SECRET',
      ]);
    });
  });

  describe('the example', () => {
    it('is accepted', async () => {
      const config = await loadConfig({
        file: EXAMPLE,
        environment: { ...TOKENS, HOME: '/home/ana' },
      });
      assert.equal(config.edges[0]?.privateKeyFile, '/home/ana/.ssh/id_ed25519');
    });

    it('is accepted with everything that stands behind a #', async () => {
      const secrets = [
        'slack-bot-token',
        'slack-app-token',
        'slack-signing-secret',
        'redis-url',
        'proxy',
      ];
      const values = [
        'xoxb-1',
        'xapp-1',
        'abc',
        'redis://:pw12@redis.example.com:6379/0',
        'http://ana:pw34@proxy:1',
      ];
      mkdirSync(join(directory, 'secrets'), { recursive: true });
      for (const name of ['channel-token', 'index-token', 'ours-user', 'ours-password']) {
        writeFileSync(join(directory, 'secrets', name), `the-${name}\n`, { mode: 0o600 });
      }
      for (const [index, name] of secrets.entries()) {
        writeFileSync(join(directory, 'secrets', name), `${values[index]}\n`, { mode: 0o600 });
      }
      const config = await load(
        uncommented().replaceAll('/run/secrets', join(directory, 'secrets')),
      );
      assert.equal(config.slack.botToken, 'xoxb-1');
      assert.equal(config.redisUrl, 'redis://:pw12@redis.example.com:6379/0');
      assert.equal(config.network.proxy, 'http://ana:pw34@proxy:1');
      const ours = { kind: 'password', username: 'the-ours-user', password: 'the-ours-password' };
      assert.deepEqual(config.credentials, [
        { host: 'conda.example.com', kind: 'header', token: 'the-channel-token' },
        { host: 'ours.example.com', ...ours },
        {
          ...{ host: 'pip.example.com', kind: 'password' },
          ...{ username: '__token__', password: 'the-index-token' },
        },
      ]);
      assert.ok(secretsOf(config).includes('the-channel-token'));
      assert.ok(secretsOf(config).includes('the-ours-password'));
      assert.equal(config.edges[0]?.cluster.manager, 'yarn');
    });

    it('shows every key there is', () => {
      const shown = keysIn(parse(uncommented()));
      const known = keysOf(configFile);
      assert.ok(known.includes('edges.cluster.glibc'), 'the rules were walked to the end');
      assert.deepEqual(
        known.filter((key) => !shown.includes(key)),
        [],
      );
    });

    it('shows the defaults', async () => {
      const [shown, small] = [
        await loadConfig({ file: EXAMPLE, environment: {} }),
        await load(SMALL),
      ];
      // An edge node has no default for who signs in there.
      const { user, privateKeyFile, hostKey } = shown.edges[0] ?? assert.fail();
      const edges = small.edges.map((edge) => ({ ...edge, user, privateKeyFile, hostKey }));
      assert.deepEqual(shown, { ...small, edges });
    });

    /** Lines such as `# key: value`, `# - { … }` and `#  - item` become what they show. */
    function uncommented(): string {
      return readFileSync(EXAMPLE, 'utf8')
        .replace(/: (\[\]|\{\}|null)(\n\s*#\s{2})/g, ':$2')
        .replace(
          /^(\s*)# (?=(botTokenFile|appTokenFile|signingSecretFile|apiUrl|passphraseFile|redisUrl|redisUrlFile|dataDirectory|python|proxy|proxyFile|caFile|certFile|name|keyFile|file|memoryGigabytes): )/gm,
          '$1',
        )
        .replace(/^(\s*)# (?=- \{)/gm, '$1')
        .replace(/^(\s*)#(?=\s{2,}(?:- |\w+: ))/gm, '$1 ');
    }

    function keysIn(value: unknown, path = ''): string[] {
      if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, path));
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([key, inner]) => {
        const name = path ? `${path}.${key}` : key;
        return [name, ...keysIn(inner, name)];
      });
    }

    /** Keys of every section in the rules, found by what the rules are made of. */
    function keysOf(rule: unknown, path = ''): string[] {
      const { shape, _zod } = rule as { shape?: object; _zod: { def: Record<string, unknown> } };
      if (shape) {
        return Object.entries(shape).flatMap(([key, inner]) => {
          const name = path ? `${path}.${key}` : key;
          return [name, ...keysOf(inner, name)];
        });
      }
      const { out, innerType, element } = _zod.def;
      return [out, innerType, element].flatMap((inner) => (inner ? keysOf(inner, path) : []));
    }
  });

  describe('says everything that is wrong at once', () => {
    it('with the path, the line, the rule and what was found', async () => {
      const found = await problems(`
channels:
  - { name: conda forge, url: https://conda.anaconda.org/conda-forge }
  - { name: acme }
edges:
  - name: edge
    host: edge.example.com
    port: ssh
    cluster:
      spark: 3.5
      manager: yarm
worker:
  concurrency: 0
verify:
  enabled: yes
platform: [linux-64]
`);
      assert.deepEqual(found, {
        'channels[0].name (line 3)':
          'must be the short name people type: letters, digits, `.`, `_` and `-`; it is `conda forge`.',
        'channels[1].url (line 4)':
          'must be the address of a channel, `https://…` or `file:///…`; it is missing.',
        'edges[0].port (line 8)':
          'must be a whole number from 1 to 65535, such as `22`; it is `ssh`.',
        'edges[0].cluster.spark (line 10)':
          "must be a version in quotes, such as `'3.5.9'`; it is the number `3.5`.",
        'edges[0].cluster.manager (line 11)':
          'must be one of `yarn`, `kubernetes`, `standalone`, `local-cluster`; it is `yarm`. Did you mean `yarn`?',
        'worker.concurrency (line 13)':
          'must be a whole number from 1 to 64, such as `1`; it is the number `0`.',
        'verify.enabled (line 15)': 'must be `true` or `false`; it is `yes`.',
        'platform (line 16)': 'must be one of `linux-64`, `linux-aarch64`; it is a list.',
      });
    });

    it('as one message that names the file and the number of things', async () => {
      const error = await load('channels: 5\nedges: []\n').catch((reason: Error) => reason);
      assert.ok(error instanceof Error);
      assert.match(
        error.message,
        /^2 things in .*conda-ferry\.yaml must be corrected:\n- channels/,
      );
    });

    it('and what is missing altogether', async () => {
      const found = await problems('');
      assert.deepEqual(Object.keys(found), ['channels', 'edges']);
      assert.match(found.channels ?? '', /at least one channel.*missing/);
    });

    it('an unknown key with the one that was meant', async () => {
      const found = await problems(`${SMALL}
slack: { comand: /conda, bot_token_file: x }
workers: { concurrency: 2 }
colour: blue
`);
      assert.equal(found['slack.comand (line 5)'], 'is not a key here. Did you mean `command`?');
      assert.equal(
        found['slack.bot_token_file (line 5)'],
        'is not a key here. Did you mean `botTokenFile`?',
      );
      assert.equal(found['workers (line 6)'], 'is not a key here. Did you mean `worker`?');
      assert.match(found['colour (line 7)'] ?? '', /^is not a key here\. There are: slack, /);
    });

    it('two entries with one name', async () => {
      const found = await problems(`
channels:
  - { name: a, url: 'https://one.example.com' }
  - { name: a, url: 'https://two.example.com' }
edges:
  - { name: e, host: one }
  - { name: f, host: two }
  - { name: e, host: three }
`);
      assert.deepEqual(found, {
        'channels[1].name (line 4)':
          'is the same as channels[0].name; give every entry a name of its own.',
        'edges[2].name (line 8)':
          'is the same as edges[0].name; give every entry a name of its own.',
      });
    });

    it('what a role names and nobody has configured: it would restrict nothing', async () => {
      const role =
        '{ name: r, members: [U12], edges: [edge, egde], channels: [x], projects: [y, /z] }';
      const found = await problems(`${SMALL}roles: [${role}]`);
      assert.deepEqual(Object.values(found), [
        'is none of edges. Did you mean `edge`?',
        'is none of channels. Choose one of `conda-forge`.',
        'is none of projects.repositories. There is none.',
      ]);
    });

    it('what is not YAML, and keys that stand there twice', async () => {
      const found = await problems('a: b: c\nd: e: f\n');
      assert.deepEqual(
        Object.keys(found),
        ['line 1, column 4'],
        'what follows a mistake may follow from it',
      );
      assert.match(
        found['line 1, column 4'] ?? '',
        /^is not YAML: there is more than one `: ` in it/,
      );
      const twice = await problems(`${SMALL}log: {}\nlog: {}\n`);
      assert.match(twice['line 5'] ?? '', /the key `log` is there twice/);
    });

    const MISTAKES: [text: string, place: string, what: RegExp][] = [
      ['slack:\n\tmode: socket\n', 'line 2, column 1', /by a tab; write spaces/],
      [
        'slack:\n  mode: x\n   port: 3\n',
        'line 2, column 9',
        /the line below stands further right/,
      ],
      ['redisUrl: "redis://x\n', 'line 2, column 1', /something is not closed/],
      ['channels: [a, b\nlog: {}\n', 'line 2, column 1', /a bracket before it is not closed/],
      ['slack: @here\n', 'line 1, column 8', /put it into quotes/],
    ];
    for (const [text, place, what] of MISTAKES) {
      it(`what is not YAML, in words: ${JSON.stringify(text)}`, async () => {
        const found = await problems(text);
        assert.deepEqual(Object.keys(found), [place]);
        assert.match(found[place] ?? '', what);
      });
    }

    it('content that is no section at all', async () => {
      assert.match((await problems('just text'))['the file'] ?? '', /must be a section/);
      assert.match(
        (await problems('just text', { REDIS_URL: 'x' }))['the file'] ?? '',
        /a section/,
      );
    });
  });

  it('takes each kind of master that a line can have', async () => {
    for (const master of ['spark://m:7077', 'k8s://https://m:6443', 'local-cluster[2,1,1024]']) {
      const config = await load(`channels: [{ name: c, url: https://c.example.com }]
edges: [{ name: edge, host: edge, cluster: { master: '${master}' } }]
`);
      assert.equal(config.edges[0]?.cluster.master, master);
    }
  });

  describe('keeps secrets out of the file', () => {
    it('refuses them there, says where they belong and does not repeat them', async () => {
      const error = await load(`${SMALL}
slack: { botToken: xoxb-secret, signingSecret: s3cret }
redisUrl: redis://:hunter2@redis:6379
`).catch((reason: Error) => reason);
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /slack\.botToken .*SLACK_BOT_TOKEN.*`botTokenFile`/);
      assert.match(error.message, /slack\.signingSecret .*SLACK_SIGNING_SECRET/);
      assert.match(error.message, /redisUrl .*REDIS_URL.*`redisUrlFile`/);
      assert.doesNotMatch(error.message, /xoxb-secret|s3cret|hunter2/);
    });

    it('reads them from files relative to the configuration, and from the environment first', async () => {
      writeFileSync(join(directory, 'bot'), 'xoxb-from-file\n', { mode: 0o600 });
      const text = `${SMALL}slack: { botTokenFile: bot }\n`;
      assert.equal((await load(text)).slack.botToken, 'xoxb-from-file');
      assert.equal((await load(text, TOKENS)).slack.botToken, 'xoxb-1-bot');
    });

    it('reads them, and finds keys, where systemd gives them to a unit, and says where nobody does', async () => {
      writeFileSync(join(directory, 'secrets_bot'), 'xoxb-credential\n', { mode: 0o400 });
      const text = `channels:
  - { name: conda-forge, url: https://conda.anaconda.org/conda-forge }
edges:
  - { name: edge, host: edge, privateKeyFile: $CREDENTIALS_DIRECTORY/secrets_edge-key }
slack: { botTokenFile: $CREDENTIALS_DIRECTORY/secrets_bot }
`;
      const config = await load(text, { CREDENTIALS_DIRECTORY: directory });
      assert.equal(config.slack.botToken, 'xoxb-credential');
      assert.equal(config.edges[0]?.privateKeyFile, join(directory, 'secrets_edge-key'));
      assert.match(
        (await problems(text))['slack.botTokenFile (line 5)'] ?? '',
        /^names \$CREDENTIALS_DIRECTORY\/secrets_bot, and systemd gave this process no credentials.*conda-ferry@check/,
      );
    });

    it('says what of Redis is named by half', async () => {
      const found = await problems(`${SMALL}redis:\n  sentinels: ['a:1']\n  keyFile: /k\n`);
      assert.match(found['redis.sentinels (line 5)'] ?? '', /needs `name` beside it/);
      assert.match(found['redis.keyFile (line 6)'] ?? '', /needs `certFile` beside it/);
      const config = await load(`${SMALL}redis: { sentinels: ['a:1'], name: main }\n`);
      assert.equal(config.redisUrl, 'redis://sentinels');
    });

    it('says what is wrong with the files that open a channel or index, without repeating them', async () => {
      const secret = (name: string, text: string) =>
        writeFileSync(join(directory, name), text, { mode: 0o600 });
      secret('token', 't0ken\n');
      secret('other', '0ther\n');
      secret('words', 'two words\n');
      const found = await problems(`channels:
  - { name: a, url: 'https://a.example.com/x', tokenFile: gone }
  - { name: b, url: 'https://b.example.com/x', tokenFile: token, passwordFile: token }
  - { name: c, url: 'https://c.example.com/x', usernameFile: token }
  - { name: d, url: 'file:///srv/d', tokenFile: token }
  - { name: e, url: 'https://e.example.com/x', tokenFile: words }
  - { name: f, url: 'https://f.example.com/x', tokenFile: token }
  - { name: g, url: 'https://f.example.com/y', tokenFile: token }
indexes:
  - { name: h, url: 'https://f.example.com/simple', tokenFile: other }
edges: [{ name: e, host: h }]
`);
      assert.deepEqual(Object.keys(found), [
        ...['channels[0].tokenFile (line 2)', 'channels[1] (line 3)', 'channels[2] (line 4)'],
        ...['channels[3] (line 5)', 'channels[4].tokenFile (line 6)', 'indexes[0] (line 10)'],
      ]);
      const words = Object.values(found);
      assert.match(words[0] ?? '', /gone, which cannot be read/);
      for (const each of [words[1], words[2]]) assert.match(each ?? '', /both `usernameFile` and/);
      assert.match(words[3] ?? '', /is a folder/);
      assert.match(words[4] ?? '', /more than one word/);
      assert.match(words[5] ?? '', /same host, f\.example\.com/);
      assert.doesNotMatch(words.join(), /t0ken|0ther|two words/);
    });

    it('says which of these files cannot be used', async () => {
      writeFileSync(join(directory, 'empty'), '\n', { mode: 0o600 });
      const found = await problems(`${SMALL}slack: { botTokenFile: empty, appTokenFile: gone }\n`);
      assert.match(found['slack.botTokenFile (line 4)'] ?? '', /empty, which is empty\.$/);
      assert.match(
        found['slack.appTokenFile (line 4)'] ?? '',
        /gone, which cannot be read: ENOENT/,
      );
    });

    it('does not use one of these files that others may read or write, without repeating it', async () => {
      for (const mode of [0o644, 0o640, 0o602]) {
        writeFileSync(join(directory, 'open'), 'xoxb-open\n');
        chmodSync(join(directory, 'open'), mode);
        const found = await problems(`${SMALL}slack: { botTokenFile: open }\n`);
        const what = found['slack.botTokenFile (line 4)'] ?? '';
        assert.match(
          what,
          /others may read or write it \(mode 06[0-4][0-4]\): `chmod 600 \/.*open`/,
        );
        assert.doesNotMatch(what, /xoxb/);
      }
    });

    it('tells tokens that were mixed up, without repeating them', async () => {
      const found = await problems(SMALL, {
        SLACK_BOT_TOKEN: TOKENS.SLACK_APP_TOKEN,
        SLACK_APP_TOKEN: TOKENS.SLACK_BOT_TOKEN,
      });
      assert.match(found.SLACK_BOT_TOKEN ?? '', /begins with `xoxb-`/);
      assert.match(found.SLACK_APP_TOKEN ?? '', /begins with `xapp-`/);
      assert.doesNotMatch(JSON.stringify(found), /1-bot|1-app/);
    });

    it('lists them all for redaction', async () => {
      const config = await load(SMALL, {
        ...TOKENS,
        SLACK_SIGNING_SECRET: 'signing',
        REDIS_URL: 'redis://user:p%40ss@redis:6379',
      });
      assert.deepEqual(secretsOf(config), ['xoxb-1-bot', 'xapp-1-app', 'signing', 'p@ss']);
      assert.deepEqual(secretsOf(await load(SMALL)), []);
    });
  });

  describe('refuses what would be dangerous', () => {
    const channel = (url: string) =>
      `channels: [{ name: a, url: '${url}' }]\nedges: [{ name: e, host: h }]\n`;

    for (const url of [
      'https://ana:pw12@conda.example.com/a',
      'https://token1234@conda.example.com/a',
      'https://conda.anaconda.org/t/ab-12345678/acme',
    ]) {
      it(`credentials in a channel's address (${new URL(url).pathname})`, async () => {
        const found = await problems(channel(url));
        const what = found['channels[0].url (line 1)'] ?? '';
        assert.match(what, /without a user, password or token.*`tokenFile`/);
        assert.doesNotMatch(what, /pw12|token1234|12345678/);
      });
    }

    for (const url of ['http://conda.example.com/a', 'ftp://x', '-c evil', '/local/path', '']) {
      it(`the channel address \`${url}\``, async () => {
        assert.match((await problems(channel(url)))['channels[0].url (line 1)'] ?? '', /https:/);
      });
    }

    it('channels of this machine are allowed without TLS', async () => {
      for (const url of ['file:///srv/channel', 'http://127.0.0.1:8080/channel']) {
        assert.equal((await load(channel(url))).channels[0]?.url, url);
      }
    });

    for (const [key, value] of [
      ['name', '../etc'],
      ['host', '-oProxyCommand=id'],
      ['user', '-l root'],
      ['root', '/srv/../etc'],
      ['root', 'relative'],
      ['root', '/srv/$(id)'],
      ['alias', 'a#b'],
      ['hdfs', 'envs'],
      ['hostKey', 'yes'],
      ['env', '{ "A B": "1" }'],
      ['env', '{ JAVA_HOME: 17 }'],
    ] as const) {
      it(`\`${key}: ${value}\` of an edge node`, async () => {
        const edge = { name: 'e', host: 'h', [key]: value };
        const lines = Object.entries(edge).map(([name, text]) =>
          name === 'env' ? `    env: ${text}` : `    ${name}: '${text}'`,
        );
        const found = await problems(
          `channels: [{ name: a, url: 'file:///a' }]\nedges:\n  -\n${lines.join('\n')}\n`,
        );
        const [where, ...others] = Object.keys(found);
        assert.ok(where?.startsWith(`edges[0].${key}`), where);
        assert.deepEqual(others, []);
      });
    }

    for (const [alias, hidden] of [
      ['tmp', 'a file that YARN or Spark puts into the container itself'],
      ['py4j-0.10.zip', 'a file that YARN or Spark puts into the container itself'],
      ['envs', 'what stagings need on the edge node'],
    ]) {
      it(`the alias \`${alias}\`, which would hide something, with another one`, async () => {
        const found = await problems(
          `channels: [{ name: a, url: 'file:///a' }]\nedges:\n  - name: e\n    host: h\n    alias: ${alias}\n`,
        );
        assert.deepEqual(found, {
          'edges[0].alias (line 5)': `must be another name, such as \`MYGLOBALENV\`, because this one would hide ${hidden}; it is \`${alias}\`.`,
        });
      });
    }

    for (const url of ['https://token@git.example.com/a', 'ext::sh -c id', 'git.example.com/a']) {
      it(`the repository \`${url}\``, async () => {
        const found = await problems(
          `${SMALL}projects: { repositories: [{ name: a, url: '${url}' }] }\n`,
        );
        assert.ok(found['projects.repositories[0].url (line 4)']);
      });
    }

    it('a Slack that is not reached over TLS, unless it is on this machine', async () => {
      const found = await problems(SMALL, { SLACK_API_URL: 'http://slack.example.com/api/' });
      assert.match(found.SLACK_API_URL ?? '', /https:/);
      const config = await load(SMALL, { SLACK_API_URL: 'http://127.0.0.1:9000/api/' });
      assert.equal(config.slack.apiUrl, 'http://127.0.0.1:9000/api/');
    });
  });

  it('makes paths absolute: relative to the file, or to the home directory', async () => {
    const config = await load(
      `${SMALL}dataDirectory: data\npython: ~/python/bin/python\nprojects: { paths: [../code] }\n`,
      { HOME: '/home/ana' },
    );
    assert.equal(config.dataDirectory, join(directory, 'data'));
    assert.equal(config.python, '/home/ana/python/bin/python');
    assert.deepEqual(config.projects.paths, [join(directory, '../code')]);
  });

  it('keeps the marked defaults, and marks the first entry where there is none', async () => {
    const text = (first: string) => `
channels:
  - { name: a, url: 'https://a.example.com'${first} }
  - { name: b, url: 'https://b.example.com', default: true }
edges:
  - { name: e, host: one }
  - { name: f, host: two }
`;
    const defaults = (entries: readonly { default: boolean }[]) =>
      entries.map((entry) => entry.default);
    assert.deepEqual(defaults((await load(text(''))).channels), [false, true]);
    assert.deepEqual(defaults((await load(text(', default: true'))).channels), [true, true]);
    assert.deepEqual(defaults((await load(text(''))).edges), [true, false]);
  });

  it('cannot be changed by anybody', async () => {
    const config = await load(SMALL);
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.edges[0]?.cluster));
    assert.throws(() => Object.assign(config.worker, { concurrency: 9 }), TypeError);
  });

  it('that is not there is answered with what to do', async () => {
    const isMissing = (error: unknown) =>
      error instanceof FerryError && error.code === 'config-missing' && error.kind === 'user';
    const gone = join(directory, 'gone.yaml');
    await assert.rejects(requireConfigFile(gone, {}), isMissing);
    await assert.rejects(requireConfigFile(undefined, { CONDA_FERRY_CONFIG: gone }), isMissing);
    await assert.rejects(loadConfig({ file: gone, environment: {} }), isMissing);
    await load(SMALL);
    assert.equal(await requireConfigFile(undefined, { CONDA_FERRY_CONFIG: file }), file);
  });
});
