import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { probeChannel } from './adapters/channels/probe.ts';
import { examineEdge } from './adapters/edge/examine.ts';
import { chooseEngine } from './adapters/engines/engine.ts';
import { examineEngine } from './adapters/engines/examine.ts';
import { groupKind } from './adapters/host/cgroup.ts';
import { examineFolder, examineHost, examinePort, glibcOfHost } from './adapters/host/examine.ts';
import { type Network, networkEnvironment } from './adapters/host/network.ts';
import { available as sandboxProblem } from './adapters/host/sandbox.ts';
import { sign } from './adapters/host/signature.ts';
import { createDownload } from './adapters/host/slack-download.ts';
import { probeIndex } from './adapters/pip/probe.ts';
import { connectionOf } from './adapters/redis/connection.ts';
import { examineRedis } from './adapters/redis/examine.ts';
import { createStore } from './adapters/redis/store.ts';
import { type Config, settingsOf, slackCredentials } from './config.ts';
import { edgesOf } from './domain/defaults.ts';
import { type CheckResult, failed, type Look, rowsOf, warning } from './domain/doctor.ts';
import { edgesOn, namedEdges, platformOfEdge, platformsOfEdges } from './domain/edge-platforms.ts';
import { FerryError, toFailure } from './domain/errors.ts';
import { counted } from './domain/figures.ts';
import { listInWords } from './domain/phrase.ts';
import { takesWork, workersFor } from './domain/presence.ts';
import { userGroups } from './domain/roles.ts';
import { fit, listOf, object, string } from './domain/shape.ts';
import type { Foundation } from './foundation.ts';
import { parseYaml } from './reading/yaml.ts';
import { ROOT } from './root.ts';
import { createReading } from './slack/chat/reading.ts';
import { boltLogger } from './slack/connection/bolt.ts';
import { createClient } from './slack/connection/client.ts';
import {
  examineAppToken,
  examineBotToken,
  examineChannel,
  examineGroup,
  untold,
} from './slack/connection/examine.ts';
import { REQUEST_PATH } from './slack/connection/request.ts';

/** Slack's app as `deploy/` declares it: what was forgotten of it is found by comparing. */
const MANIFEST = join(ROOT, 'deploy', 'manifest.yaml');

type LookAt = () => Promise<Look | null>;

/** Names of rows, and how each is looked at; null is for what another row says already. */
type Rows = [name: string, look: LookAt][];

/**
 * Looks at everything a build needs, all at once and each thing once. Nothing is changed anywhere, but that files
 * are made and removed where it must be known whether they can be. `waits` is told what is not answered yet of how
 * many rows, as often as that changes. `laid` is what a build would stand on; where it cannot be laid, what does not need it is looked at.
 */
export async function check(
  config: Config,
  laid: Promise<Foundation>,
  waits: (names: readonly string[], all: number) => void = () => undefined,
): Promise<CheckResult[]> {
  // Only from then on this process goes the way that `network` says.
  const foundation = await laid.catch(() => null);
  const network = foundation?.network ?? networkEnvironment(process.env);
  const rows = [
    ...rowsOfHost(config, laid),
    ...rowsOfOthers(config, network),
    ...(await rowsOfSlack(config)),
  ];
  const open = new Set(rows.map(([name]) => name));
  waits([...open], rows.length);
  const results = await Promise.all(
    rows.map(async ([name, look]) => {
      const result = await settle(name, look);
      open.delete(name);
      waits([...open], rows.length);
      return result;
    }),
  );
  return [...rowsOf('configuration', configured(config)), ...results.flat()];
}

/** Default edges of several platforms are no mistake, but nobody can leave `--edge` out then. */
function configured(config: Config): Look {
  const settings = settingsOf(config);
  const [first, ...others] = platformsOfEdges(settings, edgesOf({ edges: [] }, settings));
  const text = `the default edges are for ${listInWords([first, ...others].map(String), 'and')}: a request that names no edge is refused`;
  const fix = 'Mark edges of one platform alone with `default: true`.';
  return { text: 'every key is right', faults: others.length > 0 ? [warning(text, fix)] : [] };
}

async function settle(name: string, look: LookAt): Promise<CheckResult[]> {
  try {
    const seen = await look();
    return seen === null ? [] : rowsOf(name, seen);
  } catch (error) {
    const { message, suggestion } = toFailure(error);
    const text = error instanceof FerryError ? message : String((error as Error).message);
    return [{ name, status: 'failed', text, fix: suggestion }];
  }
}

const fine = (text: string): Look => ({ text, faults: [] });

/** This host, and what stands on it. */
function rowsOfHost(config: Config, laid: Promise<Foundation>): Rows {
  const { keyFile } = config.signing;
  const folder = examineFolder(config.dataDirectory, 'dataDirectory');
  // Where the folder is why it cannot be looked at, that row says so.
  const onFolder = (look: (foundation: Foundation) => Promise<Look>) =>
    laid.then(look, async (error: unknown) => {
      const { faults } = await folder;
      if (faults.length > 0) return null;
      throw error;
    });
  const redis = async () => {
    const { redisUrl } = config;
    if (redisUrl === null) return onFolder(({ connection }) => examineRedis(connection));
    return examineRedis(await connectionOf({ redisUrl, redis: config.redis }));
  };
  const looked = redis();
  looked.catch(() => undefined);
  const { host, port } = config.slack;
  const logFile = config.log.file;
  return [
    ['build host', async () => examineHost(config.worker.platform)],
    ['data folder', () => folder],
    ...(logFile === null ? [] : row('log', () => examineFolder(dirname(logFile), 'log.file'))),
    ['redis', () => looked],
    [
      'kept',
      () =>
        looked.then(
          () => onFolder(kept),
          () => null,
        ),
    ],
    [
      'workers',
      () =>
        looked.then(
          () => onFolder(workers),
          () => null,
        ),
    ],
    ['engine', () => onFolder((foundation) => examineEngine(engineOf(foundation)))],
    ['sandbox', () => sandbox(config)],
    ...(keyFile === null
      ? []
      : row('signing', async () => {
          await sign('check', keyFile);
          return fine('manifests are signed');
        })),
    ...(config.slack.mode === 'http' && port > 0
      ? row('port', () => examinePort(host, port, REQUEST_PATH))
      : []),
  ];
}

const row = (name: string, look: LookAt): Rows => [[name, look]];

/** Edges, channels and indexes: other people's, over the network. */
function rowsOfOthers(config: Config, network: Network): Rows {
  const { signal } = new AbortController();
  const settings = settingsOf(config);
  const compiledWith = config.sdists.length > 0 ? glibcOfHost() : null;
  return [
    ...config.edges.flatMap((edge) =>
      row(`edge ${edge.name}`, () => {
        const platform = platformOfEdge(edge.name, settings);
        return examineEdge(edge, { platform, compiledWith }, signal);
      }),
    ),
    ...config.channels.flatMap((channel) =>
      row(`channel ${channel.name}`, async () =>
        fine(await probeChannel(channel, config.platform, network, config.credentials)),
      ),
    ),
    ...config.indexes.flatMap((index) =>
      row(`index ${index.name}`, async () =>
        fine(await probeIndex(index, network, config.credentials)),
      ),
    ),
  ];
}

async function rowsOfSlack(config: Config): Promise<Rows> {
  const { mode, apiUrl, command } = config.slack;
  let credentials: ReturnType<typeof slackCredentials>;
  try {
    credentials = slackCredentials(config);
  } catch (error) {
    return row('slack', () => Promise.reject(error));
  }
  const { scopes, command: declared } = await readManifest();
  // What Bolt would warn of stands in the result.
  const logger = boltLogger({ info() {}, warn() {}, error() {} });
  const access = { botToken: credentials.botToken, apiUrl };
  const { call } = createClient(access, logger);
  const token = examineBotToken(call, scopes);
  token.catch(() => undefined);
  // Where Slack is not reached, or does not know us, nothing else can be asked; why, that row says.
  const signedIn =
    (look: LookAt): LookAt =>
    () =>
      token.then(look, () => null);
  const reached = (look: LookAt) => () =>
    token.then(look, ({ code }) => (code === 'slack-token-rejected' ? look() : null));
  const places = new Set(config.approvals.rules.flatMap(({ where }) => where ?? []));
  return [
    ['slack', () => token],
    ...(credentials.mode === 'socket'
      ? row(
          'slack app token',
          reached(() =>
            examineAppToken(
              createClient({ ...access, botToken: credentials.appToken }, logger).call,
            ),
          ),
        )
      : []),
    ['slack settings', async () => untold(mode, command, declared)],
    ...[...places].flatMap((id) =>
      row(
        `approvals ${id}`,
        signedIn(() => examineChannel(call, id)),
      ),
    ),
    ...userGroups(config.roles).flatMap((id) =>
      row(
        `user group ${id}`,
        signedIn(() => examineGroup(createReading(call, createDownload(access)), id)),
      ),
    ),
  ];
}

const MANIFEST_SHAPE = object({
  features: object({ slash_commands: listOf(object({ command: string })) }),
  oauth_config: object({ scopes: object({ bot: listOf(string) }) }),
});

async function readManifest(): Promise<{ scopes: string[]; command: string }> {
  const { content } = parseYaml(await readFile(MANIFEST, 'utf8'));
  const { features, oauth_config } = fit(content, MANIFEST_SHAPE, (why) => new Error(why));
  const [first] = features.slash_commands;
  return { scopes: oauth_config.scopes.bot, command: first?.command ?? '' };
}

/** How long everything is kept that would come for ever, and how much of it there is by now. */
async function kept({ config, connection, prefix }: Foundation) {
  const { retention, history, audit, worker } = config;
  const store = createStore({ connection, prefix });
  try {
    const { there, letGo } = await store.countEnvironments();
    const builds = await store.countBuilds();
    const daysOf = (days: number | null) =>
      days === null ? 'for ever' : `for ${counted(days, 'day')}`;
    const { expireDays, keepRevisions } = retention;
    return fine(
      [
        `${counted(there, 'environment')}, and ${letGo} let go: unused ones ${daysOf(expireDays)}, ${keepRevisions === null ? 'all revisions' : `the newest ${counted(keepRevisions, 'revision')}`}`,
        `${counted(builds, 'build')}: ${daysOf(history.days)}, ${history.builds} of each environment`,
        `audit: ${daysOf(audit.days)}, ${audit.entries} entries`,
        `caches: ${worker.cacheGigabytes} GB each on a build host`,
      ].join('; '),
    );
  } finally {
    await store.close();
  }
}

/** Who builds for the edges; before the first worker is started there is nothing to tell. */
async function workers({ config, connection, prefix }: Foundation): Promise<Look> {
  const settings = settingsOf(config);
  const store = createStore({ connection, prefix });
  try {
    await store.ping();
    const now = store.clock.now();
    const presences = await store.readPresences(now);
    if (presences.length === 0) return fine('none has told of itself yet');
    const platforms = platformsOfEdges(settings);
    const lacking = platforms.filter((each) => workersFor(presences, each, now) !== 'there');
    const told = platforms.map((platform) => {
      const own = presences.filter((each) => each.platform === platform && takesWork(each, now));
      return `${platform}: ${own.length}`;
    });
    return {
      text: told.join(', '),
      faults: lacking.map((platform) => {
        const edges = namedEdges(edgesOn(platform, settings), 'and');
        return warning(
          `no worker takes builds for ${platform} at present, which ${edges} must have`,
          `Start one on a build host of that platform, with \`worker.platform: ${platform}\`.`,
        );
      }),
    };
  } finally {
    await store.close();
  }
}

function engineOf({
  config,
  python,
  environment,
}: Pick<Foundation, 'config' | 'python' | 'environment'>) {
  const { engine, dataDirectory, credentials } = config;
  return chooseEngine({ configured: engine, environment, credentials, dataDirectory, python });
}

function isCondaChosen(config: Config): boolean {
  try {
    return engineOf({ config, python: async () => '', environment: process.env }).name === 'conda';
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
async function sandbox(config: Config): Promise<Look> {
  const problem = await sandboxProblem();
  const text = problem ?? `bubblewrap works here, and memory is bounded ${await boundedBy()}`;
  const isOff = config.projects.sandbox === 'off' && config.sdists.length === 0;
  if (problem === null || isOff) return fine(text);
  const refused = '`--project` is refused, and what `sdists` names';
  if (config.projects.sandbox !== 'required' || !isCondaChosen(config)) {
    const fix = `Install bubblewrap on the build host; until then ${refused}.`;
    return { text: '', faults: [warning(text, fix)] };
  }
  const fix = `Install bubblewrap on the build host, or set \`engine: rattler\`, which runs no scripts of packages; until then conda creates no environment, ${refused}.`;
  return { text: '', faults: [failed(text, fix)] };
}
