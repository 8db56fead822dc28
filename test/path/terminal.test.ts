import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startServer } from '../adapters/redis/fixture.ts';
import { endProduct, MAIN, runProduct, startProduct } from '../harness/product.ts';
import { onTerminal } from '../harness/pseudo-terminal.ts';
import { documentIn, printedBy } from '../harness/typed.ts';
import { type Context, cannotWalk, ferry, words } from '../harness.ts';

const FERRY = [process.execPath, MAIN];

describe('the command line', { skip: cannotWalk }, () => {
  const runTest = ferry({ processes: [] });
  /** Without a Redis of one's own, as on a single machine. */
  const alone = ({ environment }: Context) => {
    const { REDIS_URL: _, ...rest } = environment;
    return rest;
  };

  test('exec --wait builds with nothing else running; exec then reads it', () =>
    runTest(async (ctx) => {
      const run = (words: string[]) =>
        runProduct(['exec', '--json', '--config', ctx.configFile, ...words], alone(ctx));
      const made = await run([
        '--wait',
        '--user',
        'U0ANARUIZ1',
        '--',
        'create typed python=3.11 six',
      ]);
      assert.equal(made.code, 0, made.stderr);
      const { build, lines } = printedBy('exec', made.stdout);
      assert.equal(build.state, 'ready');
      assert.equal(lines[0].short, `${ctx.edge.root}/run typed@1 pyspark`);
      assert.match(lines[0].text, /pyspark --master yarn/);
      assert.equal(ctx.edge.sha256('typed'), build.archive.sha256);
      // Each step as it ends, for whoever watches.
      assert.match(made.stderr, /✓ solve: 3 packages/);
      assert.match(made.stderr, /✓ verify: smoke-tested/);

      const shown = await run(['--', 'show typed']);
      assert.equal(shown.code, 0, shown.stderr);
      assert.equal(printedBy('exec', shown.stdout).environment.owner, 'U0ANARUIZ1');
    }));

  test('exec --wait on a terminal shows the steps in place, and in the end once', () =>
    runTest(async (ctx) => {
      const terminal = onTerminal(
        [...FERRY, 'exec', '--wait', '--config', ctx.configFile, '--', 'create seen python=3.11'],
        { environment: alone(ctx), columns: 100, rows: 40 },
      );
      await terminal.until(/^seen {2}[\d.]+ s {2}Step \d of 5: /m);
      assert.equal(await terminal.ended, 0, terminal.written());
      const screen = terminal.screen.lines().join('\n');
      assert.match(screen, /✔ Verify on the executors .*smoke-tested/);
      assert.match(screen, /^\/\S+\/run seen@1 pyspark$/m);
      for (const once of ['Solve', 'Pack the archive', 'All 5 steps done', 'is ready']) {
        assert.equal(screen.split(once).length, 2, screen);
      }
      assert.doesNotMatch(screen, /⠋|⠙|⠹|⠸|⠼|⠴|⠦|⠧|⠇|⠏/);
    }));

  test('Ctrl-C leaves the build to who goes on with it, and says how to see and cancel it', () =>
    runTest(async (ctx) => {
      const follow = () =>
        onTerminal(
          [...FERRY, 'exec', '--wait', '--config', ctx.configFile, '--', 'create left python=3.11'],
          { environment: alone(ctx), columns: 100 },
        );
      ctx.edge.link.faults.rate = 200_000;
      const first = follow();
      await first.until(/Stage it on the edge +━*╌* \d+ %/);
      first.type('\u0003');
      assert.equal(await first.ended, 130, first.written());
      assert.ok(first.screen.isCursorVisible);
      assert.match(
        first.screen.lines().join('\n'),
        /stopped by SIGINT\.\nThe build of left waits for a worker[\s\S]*exec -- 'status left'[\s\S]*exec -- 'cancel left'/,
      );
      ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
      const second = follow();
      assert.equal(await second.ended, 0, second.written());
      // It is the same build, of which the steps before were done.
      assert.match(second.screen.lines().join('\n'), /left@1 is ready/);
    }));

  test('Ctrl-C with another worker there says that it goes on, and it does', () =>
    runTest(async (ctx) => {
      const worker = startProduct(['worker', '--config', ctx.configFile], ctx.environment);
      try {
        await ctx.until('the worker', () => /"worker ready"/.test(worker.output()), 60);
        ctx.edge.link.faults.rate = 200_000;
        const command = ['exec', '--wait', '--config', ctx.configFile, '--'];
        const terminal = onTerminal([...FERRY, ...command, 'create handed python=3.11'], {
          ...{ environment: ctx.environment, columns: 100 },
        });
        await terminal.until(/Stage it on the edge +━*╌* \d+ %/);
        terminal.type('\u0003');
        assert.equal(await terminal.ended, 130, terminal.written());
        const said = terminal.screen.lines().join('\n');
        assert.match(said, /The build of handed goes on, by the workers on \S+\.$/m);
        ctx.edge.link.faults.rate = Number.POSITIVE_INFINITY;
        const isReady = async () => (await ctx.build('handed')).state === 'ready';
        await ctx.until('the end', isReady, 90);
      } finally {
        await endProduct(worker);
      }
    }));

  const EXITS: readonly [words: string[], code: number, says: RegExp][] = [
    [['exec', '--json', '--', 'creat churn numpy'], 1, /unknown-command|Did you mean/],
    [['exec', '--json', '--', 'show nothere'], 1, /environment-not-found/],
    [['exec', '--json', '--wait', '--', 'create wrong python=3.11 nunpy'], 1, /package-not-found/],
    [
      ['exec', '--json', '--wait', '--', 'create deaf python=3.11 -c gone'],
      2,
      /channel-unreachable/,
    ],
    [['exec', '--json', '--nonsense'], 1, /"usage"/],
    [['parse', '--json', '--', 'create churn python=3.11 numpy'], 0, /"command":"create"/],
    [['parse', '--json', '--', 'create churn numpy=>1'], 1, /"position":\{"start":\d+,"end":\d+\}/],
  ];
  for (const [words, code, says] of EXITS) {
    test(`${words.join(' ')} ends with ${code} and one JSON document`, () =>
      runTest(async (ctx) => {
        const finished = await ctx.terminal(words);
        assert.equal(finished.code, code, finished.stderr);
        assert.equal('error' in documentIn(finished.stdout), code !== 0);
        assert.match(JSON.stringify(documentIn(finished.stdout)), says);
      }));
  }

  test('check shows each thing it looked at, and below what is wrong with it what to do', () =>
    runTest(async (ctx) => {
      ctx.slack.faults.next('auth.test', { error: 'invalid_auth' });
      ctx.edge.link.faults.refuse = true;
      const bad = await ctx.terminal(['check']);
      assert.equal(bad.code, 2);
      assert.match(bad.stdout, /✗ slack: .*invalid_auth.*\n {4}Copy the Bot User OAuth Token/);
      assert.match(bad.stdout, /✗ edge edge: /);
      assert.match(bad.stdout, /✓ engine: py-rattler/);
      assert.match(
        bad.stdout,
        /✓ kept: \d+ environments?, .*; \d+ builds?: for 365 days, 200 of each/,
      );
      // Nobody watches: no line is written anew.
      assert.equal(bad.stderr, '');
    }));

  /** What keeps a service from starting: it says so and ends, whatever it had begun. */
  const UNFIT: readonly {
    name: string;
    command: string;
    change?: [from: string | RegExp, to: string];
    environment?: Record<string, string>;
    /** Options of a Redis to use in place of the world's. */
    redis?: Record<string, string>;
    code: number;
    says: RegExp;
  }[] = [
    {
      name: 'an app token Slack does not know',
      command: 'bot',
      environment: { SLACK_APP_TOKEN: 'xapp-of-another-app' },
      code: 78,
      says: /app-level token \(invalid_auth\)[\s\S]*App-Level Tokens/,
    },
    {
      name: 'a Redis that wants a password',
      command: 'start',
      redis: { requirepass: 'sesame' },
      code: 2,
      says: /wants a password, and none is given[\s\S]*REDIS_URL/,
    },
    {
      name: 'a Redis that can only be read',
      command: 'worker',
      redis: { replicaof: '127.0.0.1 9' },
      code: 2,
      says: /replica, which can only be read[\s\S]*Name the primary/,
    },
    {
      name: 'a data folder that cannot be made',
      command: 'worker',
      change: [/dataDirectory: .*/, 'dataDirectory: /sys/conda-ferry'],
      code: 2,
      says: /`\/sys\/conda-ferry` cannot be written: E[A-Z]+\.[\s\S]*another `dataDirectory`/,
    },
    {
      name: 'a log that cannot be written',
      command: 'worker',
      change: [/dataDirectory: .*/, '$&\nlog: { file: /sys/conda-ferry.log }'],
      code: 2,
      says: /`\/sys\/conda-ferry\.log` cannot be written: E[A-Z]+\.[\s\S]*another `log\.file`/,
    },
    {
      name: 'an address that is not Slack’s',
      command: 'bot',
      environment: { SLACK_API_URL: 'elsewhere' },
      code: 2,
      says: /not Slack’s Web API[\s\S]*slack\.apiUrl/,
    },
    {
      name: 'a build host without the conda it is configured for',
      command: 'worker',
      change: ['engine: auto', 'engine: conda'],
      code: 78,
      says: /asks for conda, but there is no CONDA_EXE[\s\S]*Install micromamba, or set `engine: auto`/,
    },
    {
      name: 'a CONDA_EXE that is not there',
      command: 'start',
      environment: { CONDA_EXE: '/opt/conda/bin/conda' },
      code: 78,
      says: /CONDA_EXE names `conda`, which is not there[\s\S]*Correct CONDA_EXE/,
    },
    {
      name: 'a token Slack does not know',
      command: 'start',
      environment: { SLACK_BOT_TOKEN: 'xoxb-of-another-workspace' },
      code: 78,
      says: /Slack does not accept|invalid_auth/,
    },
    {
      name: 'a missing secret',
      command: 'bot',
      environment: { SLACK_APP_TOKEN: '' },
      code: 1,
      says: /SLACK_APP_TOKEN is missing/,
    },
    {
      name: 'a key the configuration does not know',
      command: 'start',
      change: ['engine: auto', 'engin: auto'],
      code: 1,
      says: /engin \(line \d+\) is not a key here\. Did you mean `engine`\?/,
    },
    {
      name: 'a port that is taken',
      command: 'bot',
      change: ['mode: socket', 'mode: http'],
      code: 2,
      says: /cannot be taken at 127\.0\.0\.1:\d+: EADDRINUSE[\s\S]*slack\.port/,
    },
  ];
  for (const { name, command, change, environment, redis, code, says } of UNFIT) {
    test(`${name} ends \`${command}\` with ${code}, saying what to do`, () =>
      runTest(async (ctx) => {
        const config = join(ctx.directory, 'unfit.yaml');
        const port = new URL(ctx.slack.url).port;
        const text = readFileSync(ctx.configFile, 'utf8')
          .replace(/( port:) \d+/, `$1 ${port}`)
          .replace(...(change ?? ['', '']));
        writeFileSync(config, text);
        const server = redis === undefined ? ctx.redis : await startServer(redis);
        const { socketPath: REDIS_URL = '' } = server.connection as { socketPath?: string };
        const finished = await runProduct([command, '--config', config], {
          ...ctx.environment,
          ...{ REDIS_URL, ...environment },
          ...(environment?.SLACK_API_URL && { SLACK_API_URL: `${ctx.slack.url}/elsewhere/` }),
        });
        if (server !== ctx.redis) await server.remove();
        assert.equal(finished.code, code, finished.stderr);
        assert.match(finished.stderr, says);
      }));
  }

  test('a worker waits for a Redis that is away, says so once, and begins when it is there', () =>
    runTest(async (ctx) => {
      await ctx.redis.stop();
      const worker = startProduct(['worker', '--config', ctx.configFile], ctx.environment);
      try {
        await ctx.until('the word', () => /Redis does not answer/.test(worker.output()), 30);
        await ctx.redis.start();
        await ctx.until('the worker', () => /"worker ready"/.test(worker.output()), 30);
        assert.equal(worker.output().match(/Redis does not answer/g)?.length, 1, worker.output());
      } finally {
        await endProduct(worker);
      }
      assert.equal(worker.exit()?.code, 0);
    }));

  test('start runs bot, worker and a Redis of its own, and ends all of it when told to', () =>
    runTest(async (ctx) => {
      const product = startProduct(['start', '--config', ctx.configFile], alone(ctx));
      try {
        await ctx.until('the bot', () => /"bot ready"/.test(product.output()), 60);
        await ctx.slash('create started python=3.11 six');
        const message = await ctx.slack.untilMessage(
          (each) => /started@1 is ready/.test(words(each)),
          {
            timeoutMs: 90_000,
          },
        );
        assert.match(words(message), /pyspark --master yarn/);
        const began = Date.now();
        product.kill('SIGTERM');
        assert.equal(await product.ended, 0, product.output());
        assert.ok(Date.now() - began < 10_000);
      } finally {
        await endProduct(product);
      }
      // Nothing of it answers any more, and the next one finds the records.
      const again = await runProduct(
        ['exec', '--json', '--config', ctx.configFile, '--', 'status started'],
        alone(ctx),
      );
      assert.equal(documentIn(again.stdout).build.state, 'ready');
    }));
});
