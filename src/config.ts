import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { checkDocument } from './config/check.ts';
import { readCredentials } from './config/credentials.ts';
import { keyOf, readDocument } from './config/document.ts';
import { ConfigError, type Problem } from './config/problems.ts';
import type { ConfigFile } from './config/schema.ts';
import { CREDENTIALS, passwordOf, readSecrets, SECRETS, type Secrets } from './config/secrets.ts';
import { type Credential, secretOf } from './domain/credential.ts';
import type { Platform } from './domain/lock.ts';
import { platformFor } from './domain/platform.ts';
import type { Channel } from './domain/ports.ts';
import type { Settings } from './domain/services.ts';

type Edges = ConfigFile['edges'];

/**
 * The one configuration, frozen: the file with defaults filled in, paths made absolute and secrets
 * fetched. What each key means to operators is explained in `deploy/config.example.yaml`.
 */
export interface Config {
  readonly slack: {
    readonly mode: 'socket' | 'http';
    /** The tokens are null where nobody needs them; `slackCredentials` says what a bot lacks. */
    readonly botToken: string | null;
    readonly appToken: string | null;
    readonly signingSecret: string | null;
    /** null: Slack's own. */
    readonly apiUrl: string | null;
    /** Where the bot listens in the mode `http`. */
    readonly host: string;
    readonly port: number;
    readonly command: string;
    readonly operators: readonly string[];
  };
  /** How channels, indexes, repositories and Slack are reached, beside what the environment says. */
  readonly network: {
    /** With its password, if it has one. */
    readonly proxy: string | null;
    readonly noProxy: readonly string[];
    readonly caFile: string | null;
  };
  /** `redis://…`, `rediss://…` or a socket's path; null for an embedded server. */
  readonly redisUrl: string | null;
  /** Certificates for `rediss://`, and the sentinels that say where the server is. */
  readonly redis: Readonly<ConfigFile['redis']>;
  readonly dataDirectory: string;
  readonly engine: ConfigFile['engine'];
  /** An interpreter with py-rattler; null for a private environment made on demand. */
  readonly python: string | null;
  /** What is built for where an edge does not say what its machines are. */
  readonly platform: Platform;
  /** Never empty; at least one is marked default. */
  readonly channels: readonly (Channel & { readonly default: boolean })[];
  /** Never empty; at least one is marked default. */
  readonly edges: Readonly<Edges>;
  /** What pip packages come from, highest priority first. */
  readonly indexes: readonly Channel[];
  /** What opens those of them that are private. */
  readonly credentials: readonly Credential[];
  /** Packages of pip whose source may be built, in the sandbox alone; none: wheels alone. */
  readonly sdists: Readonly<ConfigFile['sdists']>;
  readonly projects: Readonly<ConfigFile['projects']>;
  readonly verify: Readonly<ConfigFile['verify']>;
  readonly notify: Readonly<ConfigFile['notify']>;
  /** `platform`: what this build host builds for. */
  readonly worker: Readonly<Omit<ConfigFile['worker'], 'platform'> & { platform: Platform }>;
  readonly roles: Readonly<ConfigFile['roles']>;
  readonly approvals: Readonly<ConfigFile['approvals']>;
  readonly audit: Readonly<ConfigFile['audit']>;
  readonly quota: Readonly<ConfigFile['quota']>;
  readonly retention: Readonly<ConfigFile['retention']>;
  /** The key that manifests are signed with; null for none. */
  readonly signing: Readonly<ConfigFile['signing']>;
  readonly history: Readonly<ConfigFile['history']>;
  /** Where health and metrics are served, and traces sent to; null: nowhere. */
  readonly watch: Readonly<ConfigFile['watch']>;
  readonly log: Readonly<ConfigFile['log']>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the file, the secrets in the environment and the files that hold secrets. Throws a
 * `ConfigError` with every problem at once, or `config-missing`.
 */
export async function loadConfig(source: {
  file: string;
  environment: Environment;
}): Promise<Config> {
  const { environment } = source;
  const document = await readDocument(resolve(source.file));
  const absolute = (path: string): string =>
    resolve(
      dirname(document.file),
      path
        .replace(/^~(?=\/|$)/, environment.HOME ?? homedir())
        .replace(CREDENTIALS, (name) => environment.CREDENTIALS_DIRECTORY || name),
    );
  const { secrets, problems } = await readSecrets(document, environment, absolute);
  const opening = await readCredentials(document, absolute);
  problems.push(...opening.problems);
  const checked = checkDocument(document, [
    { path: ['redisUrl'], from: 'REDIS_URL or `redisUrlFile`', value: secrets.redisUrl },
    {
      path: ['network', 'proxy'],
      from: 'HTTPS_PROXY or `network.proxyFile`',
      value: secrets.proxy,
    },
    { path: ['slack', 'apiUrl'], from: 'SLACK_API_URL', value: environment.SLACK_API_URL },
    { path: ['worker', 'platform'], from: 'WORKER_PLATFORM', value: environment.WORKER_PLATFORM },
    { path: ['watch', 'port'], from: 'WATCH_PORT', value: numberIn(environment.WATCH_PORT) },
    {
      path: ['watch', 'tracing', 'endpoint'],
      from: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      value: environment.OTEL_EXPORTER_OTLP_ENDPOINT,
    },
  ]);
  if (Array.isArray(checked)) throw new ConfigError(document.file, [...problems, ...checked]);
  if (problems.length > 0) throw new ConfigError(document.file, problems);
  const dataDirectory =
    checked.dataDirectory === null
      ? defaultDataDirectory(environment)
      : absolute(checked.dataDirectory);
  return freeze(configOf({ ...checked, dataDirectory }, secrets, opening.credentials, absolute));
}

/** The checked file with its secrets in place, every path absolute and every default chosen. */
function configOf(
  { redisUrlFile: _, slack, redis, ...rest }: ConfigFile & { dataDirectory: string },
  { botToken, appToken, signingSecret }: Secrets,
  credentials: readonly Credential[],
  absolute: (path: string) => string,
): Config {
  return {
    ...rest,
    slack: {
      ...{ mode: slack.mode, botToken, appToken, signingSecret },
      apiUrl: slack.apiUrl,
      host: slack.host,
      port: slack.port,
      command: slack.command,
      operators: slack.operators,
    },
    redisUrl: rest.redisUrl ?? (redis.sentinels.length > 0 ? 'redis://sentinels' : null),
    redis: {
      ...redis,
      caFile: redis.caFile && absolute(redis.caFile),
      certFile: redis.certFile && absolute(redis.certFile),
      keyFile: redis.keyFile && absolute(redis.keyFile),
    },
    network: {
      proxy: rest.network.proxy,
      noProxy: rest.network.noProxy,
      caFile: rest.network.caFile && absolute(rest.network.caFile),
    },
    python: rest.python && absolute(rest.python),
    worker: { ...rest.worker, platform: rest.worker.platform ?? rest.platform },
    channels: withDefaultEntry(rest.channels).map(({ name, url, default: isDefault }) => ({
      ...{ name, url, default: isDefault },
    })),
    indexes: rest.indexes.map(({ name, url }) => ({ name, url })),
    credentials,
    edges: withDefaultEntry(rest.edges).map((edge) => ({
      ...edge,
      ...keysOf(edge, absolute),
      proxyJump: edge.proxyJump && {
        ...edge.proxyJump,
        ...keysOf(edge.proxyJump, absolute),
      },
    })),
    roles: rest.roles.map((role) => ({
      ...role,
      projects: role.projects.map((named) => (named.includes('/') ? absolute(named) : named)),
    })),
    projects: { ...rest.projects, paths: rest.projects.paths.map(absolute) },
    signing: { keyFile: rest.signing.keyFile && absolute(rest.signing.keyFile) },
    log: { ...rest.log, file: rest.log.file && absolute(rest.log.file) },
  };
}

/** The files of a host's key, absolute. */
function keysOf(
  { privateKeyFile, passphraseFile }: Pick<Edges[number], 'privateKeyFile' | 'passphraseFile'>,
  absolute: (path: string) => string,
) {
  return {
    privateKeyFile: privateKeyFile && absolute(privateKeyFile),
    passphraseFile: passphraseFile && absolute(passphraseFile),
  };
}

export type SlackCredentials =
  | { mode: 'socket'; botToken: string; appToken: string }
  | { mode: 'http'; botToken: string; signingSecret: string };

/** What a bot signs in with. Throws a `ConfigError` that names every secret that is missing. */
export function slackCredentials(config: Config): SlackCredentials {
  const { mode } = config.slack;
  const problems: Problem[] = [];
  const need = (name: 'botToken' | 'appToken' | 'signingSecret'): string => {
    const value = config.slack[name];
    if (value !== null) return value;
    const { variable, fileKey } = SECRETS[name];
    problems.push({
      where: variable,
      what: `is missing: set it in the environment, or name a file that holds it in \`${keyOf(fileKey)}\` (mode \`${mode}\` needs it).`,
    });
    return '';
  };
  const botToken = need('botToken');
  const credentials: SlackCredentials =
    mode === 'socket'
      ? { mode, botToken, appToken: need('appToken') }
      : { mode, botToken, signingSecret: need('signingSecret') };
  if (problems.length > 0) throw new ConfigError('the Slack secrets', problems);
  return credentials;
}

/** The part of the configuration that people see. */
export function settingsOf(config: Config): Settings {
  return {
    command: config.slack.command,
    platform: config.platform,
    channels: config.channels.map(({ name, url, default: isDefault }) => ({
      ...{ name, url, default: isDefault },
    })),
    edges: config.edges.map(({ name, default: isDefault, cluster: { spark, architecture } }) => ({
      ...{ name, default: isDefault },
      ...(spark === undefined ? {} : { spark }),
      ...(architecture === undefined ? {} : { platform: platformFor(architecture) }),
    })),
    indexes: config.indexes.map(({ name }) => name),
    projects: {
      repositories: config.projects.repositories.map((repository) => repository.name),
      paths: [...config.projects.paths],
    },
    operators: config.slack.operators,
    roles: config.roles,
    approvals: config.approvals.rules.map(
      ({ edges, channels, tags, projects, by, count, where }) => ({
        ...{ edges, channels, tags, projects, by, count, where },
      }),
    ),
    approvalHours: config.approvals.hours,
    closedApprovals: config.approvals.closed,
    retention: config.retention,
    quota: config.quota,
  };
}

/** Every configured secret, for the redaction of logs and messages. */
export function secretsOf(config: Config): string[] {
  const { botToken, appToken, signingSecret } = config.slack;
  const addresses = [config.redisUrl, config.network.proxy].map(
    (address) => address !== null && passwordOf(address),
  );
  const secrets = [
    ...[botToken, appToken, signingSecret, ...addresses],
    ...config.credentials.map(secretOf),
  ];
  return secrets.filter((secret): secret is string => Boolean(secret));
}

/** Where no entry is marked as default, the first one is. */
function withDefaultEntry<T extends { default: boolean }>(entries: readonly T[]): T[] {
  if (entries.some((entry) => entry.default)) return [...entries];
  return entries.map((entry, index) => ({ ...entry, default: index === 0 }));
}

/** A number as the file would hold it; any other text stays as it is, to be told as wrong. */
function numberIn(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

/** XDG Base Directory Specification: data of a user's programs. */
function defaultDataDirectory(environment: Environment): string {
  const home = environment.HOME ?? homedir();
  return join(environment.XDG_DATA_HOME || join(home, '.local', 'share'), 'conda-ferry');
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
