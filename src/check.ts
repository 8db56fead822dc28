import { createEdge } from './adapters/edge/edge.ts';
import { chooseEngine } from './adapters/engines/engine.ts';
import { available as sandboxProblem } from './adapters/host/sandbox.ts';
import { createStore } from './adapters/redis/store.ts';
import { slackCredentials } from './config.ts';
import { FerryError, outsideError, toFailure } from './domain/errors.ts';
import { type Foundation, REDIS_PREFIX } from './foundation.ts';

/** One thing that was looked at, and what to do when it is not as it should be. */
export interface CheckResult {
  name: string;
  status: 'ok' | 'warning' | 'failed';
  text: string;
  fix: string | null;
}

/** Looks at everything a build needs, all at once; nothing is changed anywhere. */
export async function check(foundation: Foundation): Promise<CheckResult[]> {
  const { config, connection } = foundation;
  const { signal } = new AbortController();
  const quiet = { signal, log: () => undefined };
  const looks: [string, () => Promise<string>][] = [
    [
      'redis',
      async () => {
        const store = createStore({ connection, prefix: REDIS_PREFIX });
        try {
          await store.ping();
        } finally {
          await store.close();
        }
        return config.redisUrl === null ? 'the embedded server answers' : 'the server answers';
      },
    ],
    [
      'engine',
      async () => {
        const engine = await chooseEngine({
          configured: config.engine,
          environment: process.env,
          dataDirectory: config.dataDirectory,
          python: foundation.python,
        }).describe();
        return `${engine.version}: ${engine.reason}`;
      },
    ],
    ...config.edges.map((edge): [string, () => Promise<string>] => [
      `edge ${edge.name}`,
      async () => {
        const profile = await createEdge(edge, { log: () => undefined }).profile(quiet);
        const facts = [
          profile.manager,
          profile.spark === null ? 'no Spark found' : `Spark ${profile.spark}`,
          profile.hadoop === null ? null : `Hadoop ${profile.hadoop}`,
          profile.glibc === null ? null : `glibc ${profile.glibc}`,
          profile.architecture,
        ];
        return facts.filter(Boolean).join(', ');
      },
    ]),
    ['slack', () => signIn(foundation)],
  ];
  const results = await Promise.all(looks.map(([name, look]) => settle(name, look)));
  return [
    { name: 'configuration', status: 'ok', text: 'every key is right', fix: null },
    ...results,
    await sandbox(foundation),
  ];
}

async function settle(name: string, look: () => Promise<string>): Promise<CheckResult> {
  try {
    return { name, status: 'ok', text: await look(), fix: null };
  } catch (error) {
    const { message, suggestion } = toFailure(error);
    const text = error instanceof FerryError ? message : String((error as Error).message);
    return { name, status: 'failed', text, fix: suggestion };
  }
}

/** `auth.test` says whose token it is; nothing else is asked of Slack. */
async function signIn({ config }: Foundation): Promise<string> {
  const { botToken } = slackCredentials(config);
  const response = await fetch(
    new URL('auth.test', config.slack.apiUrl ?? 'https://slack.com/api/'),
    {
      method: 'POST',
      headers: { authorization: `Bearer ${botToken}` },
      signal: AbortSignal.timeout(10_000),
    },
  ).catch((error: Error) => {
    throw outsideError({
      code: 'slack-unreachable',
      message: `Slack does not answer: ${error.message}.`,
      suggestion: 'Check `slack.apiUrl`, the network and the proxy.',
      retryable: true,
    });
  });
  const answer = (await response.json()) as {
    ok: boolean;
    error?: string;
    user?: string;
    team?: string;
  };
  if (answer.ok) return `signed in as ${answer.user} in ${answer.team}`;
  throw outsideError({
    code: 'slack-token-rejected',
    message: `Slack does not accept the bot token (${answer.error}).`,
    suggestion: 'Copy the Bot User OAuth Token (xoxb-…) from the app’s page, OAuth & Permissions.',
  });
}

/** Without a sandbox everything works but people's own projects. */
async function sandbox({ config }: Foundation): Promise<CheckResult> {
  const problem = await sandboxProblem();
  const text = problem ?? 'bubblewrap works here';
  if (problem === null || config.projects.sandbox === 'off') {
    return { name: 'sandbox', status: 'ok', text, fix: null };
  }
  return {
    name: 'sandbox',
    status: 'warning',
    text,
    fix: 'Install bubblewrap on the build host; until then `--project` is refused.',
  };
}
