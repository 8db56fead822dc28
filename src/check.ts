import { createEdge } from './adapters/edge/edge.ts';
import { chooseEngine } from './adapters/engines/engine.ts';
import { groupKind } from './adapters/host/cgroup.ts';
import { available as sandboxProblem } from './adapters/host/sandbox.ts';
import { sign } from './adapters/host/signature.ts';
import { createDownload } from './adapters/host/slack-download.ts';
import { probeIndex } from './adapters/pip/probe.ts';
import { createStore } from './adapters/redis/store.ts';
import { slackCredentials } from './config.ts';
import { FerryError, outsideError, toFailure } from './domain/errors.ts';
import { counted } from './domain/figures.ts';
import { userGroups } from './domain/roles.ts';
import { type Foundation, REDIS_PREFIX } from './foundation.ts';
import { ChatError } from './slack/chat/error.ts';
import { createReading } from './slack/chat/reading.ts';
import { boltLogger } from './slack/connection/bolt.ts';
import { createClient } from './slack/connection/client.ts';
import { signIn } from './slack/connection/sign-in.ts';

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
  const { keyFile } = config.signing;
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
          environment: foundation.environment,
          credentials: config.credentials,
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
    ...config.indexes.map((index): [string, () => Promise<string>] => [
      `index ${index.name}`,
      () => probeIndex(index, foundation.network, config.credentials),
    ]),
    ...(keyFile === null
      ? []
      : [
          [
            'signing',
            async () => {
              await sign('check', keyFile);
              return 'manifests are signed';
            },
          ] satisfies [string, () => Promise<string>],
        ]),
    ['kept', () => kept(foundation)],
    ['slack', () => slack(foundation)],
    ...userGroups(config.roles).map((id): [string, () => Promise<string>] => [
      `user group ${id}`,
      () => userGroup(foundation, id),
    ]),
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

/** How long everything is kept that would come for ever, and how much of it there is by now. */
async function kept({ config, connection }: Foundation): Promise<string> {
  const { retention, history, audit, worker } = config;
  const store = createStore({ connection, prefix: REDIS_PREFIX });
  try {
    const { there, letGo } = await store.countEnvironments();
    const builds = await store.countBuilds();
    const daysOf = (days: number | null) =>
      days === null ? 'for ever' : `for ${counted(days, 'day')}`;
    const { expireDays, keepRevisions } = retention;
    return [
      `${counted(there, 'environment')}, and ${letGo} let go: unused ones ${daysOf(expireDays)}, ${keepRevisions === null ? 'all revisions' : `the newest ${counted(keepRevisions, 'revision')}`}`,
      `${counted(builds, 'build')}: ${daysOf(history.days)}, ${history.builds} of each environment`,
      `audit: ${daysOf(audit.days)}, ${audit.entries} entries`,
      `caches: ${worker.cacheGigabytes} GB each on a build host`,
    ].join('; ');
  } finally {
    await store.close();
  }
}

/** What Bolt would warn of stands in the result. */
const SILENT = { info() {}, warn() {}, error() {} };

/** Whose token it is; nothing else is asked of Slack, and nothing is waited for. */
async function slack({ config }: Foundation): Promise<string> {
  const { botToken } = slackCredentials(config);
  const access = { botToken, apiUrl: config.slack.apiUrl };
  const { user, team } = await signIn(createClient(access, boltLogger(SILENT)).call);
  return `signed in as ${user} in ${team}`;
}

/** Whether Slack says who is in a user group that a role names. */
async function userGroup({ config }: Foundation, id: string): Promise<string> {
  const { botToken } = slackCredentials(config);
  const access = { botToken, apiUrl: config.slack.apiUrl };
  const { call } = createClient(access, boltLogger(SILENT));
  try {
    const members = await createReading(call, createDownload(access)).membersOfGroup(id);
    return counted(members.length, 'person', 'people');
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    throw outsideError({
      code: 'user-group-unknown',
      message: `Slack does not say who is in ${id}: ${error.code}.`,
      suggestion:
        error.code === 'missing_scope'
          ? 'Give the app the scope `usergroups:read` and install it again.'
          : 'Write the ID of a user group there is (`roles` in the configuration).',
    });
  }
}

function isCondaChosen({ engine, dataDirectory, credentials }: Foundation['config']): boolean {
  try {
    const choice = { configured: engine, environment: process.env, dataDirectory, credentials };
    return chooseEngine({ ...choice, python: async () => '' }).name === 'conda';
  } catch {
    // That there is none is told by its own row.
    return false;
  }
}

/** What bounds the memory of all processes of a sandbox together. */
async function boundedBy(): Promise<string> {
  const kind = await groupKind();
  if (kind === null) return 'by looking at its processes (this host gives no cgroup)';
  return kind === 'cgroup' ? 'by a cgroup' : 'by a scope of systemd';
}

/**
 * Without a sandbox everything works but people's own projects, packages of pip from source, and conda where it may
 * not run scripts of packages outside of one.
 */
async function sandbox({ config }: Foundation): Promise<CheckResult> {
  const problem = await sandboxProblem();
  const text = problem ?? `bubblewrap works here, and memory is bounded ${await boundedBy()}`;
  const isOff = config.projects.sandbox === 'off' && config.sdists.length === 0;
  if (problem === null || isOff) {
    return { name: 'sandbox', status: 'ok', text, fix: null };
  }
  const refused = '`--project` is refused, and what `sdists` names';
  if (config.projects.sandbox !== 'required' || !isCondaChosen(config)) {
    const fix = `Install bubblewrap on the build host; until then ${refused}.`;
    return { name: 'sandbox', status: 'warning', text, fix };
  }
  const fix = `Install bubblewrap on the build host, or set \`engine: rattler\`, which runs no scripts of packages; until then conda creates no environment, ${refused}.`;
  return { name: 'sandbox', status: 'failed', text, fix };
}
