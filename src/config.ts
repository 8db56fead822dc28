import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { type ConfigFile, checkConfigFile, type Violation } from './config-schema.ts';
import { FerryError, userError } from './domain/errors.ts';
import { printable } from './domain/names.ts';
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
  /** `redis://…`, `rediss://…` or a socket's path; null for an embedded server. */
  readonly redisUrl: string | null;
  readonly dataDirectory: string;
  readonly engine: ConfigFile['engine'];
  /** An interpreter with py-rattler; null for a private environment made on demand. */
  readonly python: string | null;
  readonly platform: ConfigFile['platform'];
  /** Never empty; at least one is marked default. */
  readonly channels: Readonly<ConfigFile['channels']>;
  /** Never empty; at least one is marked default. */
  readonly edges: Readonly<Edges>;
  readonly projects: Readonly<ConfigFile['projects']>;
  readonly verify: Readonly<ConfigFile['verify']>;
  readonly notify: Readonly<ConfigFile['notify']>;
  readonly worker: Readonly<ConfigFile['worker']>;
  readonly log: Readonly<ConfigFile['log']>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** One thing to correct: `edges[0].port (line 12)` and the sentence that follows. */
export interface Problem {
  where: string;
  what: string;
}

/** Everything that is wrong with the configuration, at once. */
export class ConfigError extends FerryError {
  readonly problems: readonly Problem[];

  constructor(subject: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'One thing' : `${problems.length} things`;
    super('user', {
      code: 'config-invalid',
      message: [
        `${count} in ${subject} must be corrected:`,
        ...problems.map(({ where, what }) => `- ${where} ${what}`),
      ].join('\n'),
      suggestion: 'deploy/config.example.yaml explains every key.',
    });
    this.problems = problems;
  }
}

/**
 * Reads the file, the secrets in the environment and the files that hold secrets. Throws a
 * `ConfigError` with every problem at once, or `config-missing`.
 */
export async function loadConfig(source: {
  file: string;
  environment: Environment;
}): Promise<Config> {
  const { environment } = source;
  const file = resolve(source.file);
  const problems: Problem[] = [];
  const { content, lineOf } = await readYaml(file, problems);
  if (problems.length > 0) throw new ConfigError(file, problems);

  const absolute = (path: string): string =>
    resolve(dirname(file), path.replace(/^~(?=\/|$)/, environment.HOME ?? homedir()));
  const given = (path: Path) => valueAt(content, path);

  const secret = async (key: string, fileKey: Path): Promise<string | null> => {
    if (environment[key]) return environment[key];
    const named = given(fileKey);
    if (typeof named !== 'string') return null;
    const read = await readFile(absolute(named), 'utf8').catch((error: Error) => error);
    const value = read instanceof Error ? '' : read.trim();
    if (value) return value;
    problems.push({
      where: placeOf(fileKey, lineOf(fileKey)),
      what: `names ${absolute(named)}, which ${read instanceof Error ? `cannot be read: ${read.message}` : 'is empty'}.`,
    });
    return null;
  };

  const botToken = await secret('SLACK_BOT_TOKEN', ['slack', 'botTokenFile']);
  const appToken = await secret('SLACK_APP_TOKEN', ['slack', 'appTokenFile']);
  const signingSecret = await secret('SLACK_SIGNING_SECRET', ['slack', 'signingSecretFile']);
  const secretRedisUrl = await secret('REDIS_URL', ['redisUrlFile']);
  if (botToken && !/^xox(e\.xox)?b-/.test(botToken)) {
    problems.push({
      where: 'SLACK_BOT_TOKEN',
      what: 'must be the bot token, which begins with `xoxb-` (OAuth & Permissions → Bot User OAuth Token).',
    });
  }
  if (appToken && !appToken.startsWith('xapp-')) {
    problems.push({
      where: 'SLACK_APP_TOKEN',
      what: 'must be an app-level token, which begins with `xapp-` (Basic Information → App-Level Tokens, scope connections:write).',
    });
  }
  if (holdsPassword(given(['redisUrl']))) {
    problems.push({
      where: placeOf(['redisUrl'], lineOf(['redisUrl'])),
      what: 'holds a password, which does not belong here. Set REDIS_URL in the environment, or put the address into a file of its own and name that in `redisUrlFile`.',
    });
  }

  /** What the environment says wins over the file, and is checked by the same rules. */
  const overrides: { path: Path; from: string; value: string | null | undefined }[] = [
    { path: ['redisUrl'], from: 'REDIS_URL or `redisUrlFile`', value: secretRedisUrl },
    { path: ['slack', 'apiUrl'], from: 'SLACK_API_URL', value: environment.SLACK_API_URL },
  ];
  const origins = new Map<string, string>();
  let checked = content;
  for (const { path, from, value } of overrides) {
    if (!value) continue;
    checked = withValue(checked, path, value);
    origins.set(placeOf(path, null), from);
  }

  const result = checkConfigFile(checked);
  if (Array.isArray(result)) {
    for (const violation of result) {
      const { path } = violation;
      const origin = origins.get(placeOf(path, null));
      problems.push({
        where: origin ?? placeOf(path, lineOf(path)),
        what: sentenceOf(violation, origin ? undefined : given(path), origin !== undefined),
      });
    }
  }
  for (const path of [['channels'], ['edges'], ['projects', 'repositories']] as const) {
    for (const [index, first] of repeatedNames(given(path))) {
      problems.push({
        where: placeOf([...path, index, 'name'], lineOf([...path, index, 'name'])),
        what: `is the same as ${placeOf([...path, first, 'name'], null)}; give every entry a name of its own.`,
      });
    }
  }
  if (Array.isArray(result) || problems.length > 0) throw new ConfigError(file, problems);

  const { redisUrlFile: _, dataDirectory, slack, ...rest } = result;
  return freeze({
    ...rest,
    slack: {
      mode: slack.mode,
      botToken,
      appToken,
      signingSecret,
      apiUrl: slack.apiUrl,
      host: slack.host,
      port: slack.port,
      command: slack.command,
      operators: slack.operators,
    },
    dataDirectory: dataDirectory ? absolute(dataDirectory) : defaultDataDirectory(environment),
    python: rest.python && absolute(rest.python),
    channels: withDefaultEntry(rest.channels),
    edges: withDefaultEntry(rest.edges).map((edge) => ({
      ...edge,
      privateKeyFile: edge.privateKeyFile && absolute(edge.privateKeyFile),
    })),
    projects: { ...rest.projects, paths: rest.projects.paths.map(absolute) },
    log: { ...rest.log, file: rest.log.file && absolute(rest.log.file) },
  });
}

export type SlackCredentials =
  | { mode: 'socket'; botToken: string; appToken: string }
  | { mode: 'http'; botToken: string; signingSecret: string };

/** What a bot signs in with. Throws a `ConfigError` that names every secret that is missing. */
export function slackCredentials(config: Config): SlackCredentials {
  const { mode, botToken, appToken, signingSecret } = config.slack;
  const problems: Problem[] = [];
  const need = (value: string | null, variable: string, key: string): string => {
    if (value !== null) return value;
    problems.push({
      where: variable,
      what: `is missing: set it in the environment, or name a file that holds it in \`slack.${key}\` (mode \`${mode}\` needs it).`,
    });
    return '';
  };
  const bot = need(botToken, 'SLACK_BOT_TOKEN', 'botTokenFile');
  const credentials: SlackCredentials =
    mode === 'socket'
      ? { mode, botToken: bot, appToken: need(appToken, 'SLACK_APP_TOKEN', 'appTokenFile') }
      : {
          mode,
          botToken: bot,
          signingSecret: need(signingSecret, 'SLACK_SIGNING_SECRET', 'signingSecretFile'),
        };
  if (problems.length > 0) throw new ConfigError('the Slack secrets', problems);
  return credentials;
}

/** The part of the configuration that people see. */
export function settingsOf(config: Config): Settings {
  return {
    command: config.slack.command,
    channels: config.channels.map((channel) => ({ name: channel.name, default: channel.default })),
    edges: config.edges.map((edge) => ({ name: edge.name, default: edge.default })),
    projects: {
      repositories: config.projects.repositories.map((repository) => repository.name),
      paths: [...config.projects.paths],
    },
    operators: config.slack.operators,
  };
}

/** Every configured secret, for the redaction of logs and messages. */
export function secretsOf(config: Config): string[] {
  const { botToken, appToken, signingSecret } = config.slack;
  const password = config.redisUrl !== null && passwordOf(config.redisUrl);
  const secrets = [botToken, appToken, signingSecret, password];
  return secrets.filter((secret): secret is string => Boolean(secret));
}

type Path = readonly (string | number)[];

/** The file's content, and on which line a value stands. YAML's own errors become problems. */
async function readYaml(
  file: string,
  problems: Problem[],
): Promise<{ content: unknown; lineOf(path: Path): number | null }> {
  const source = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw userError({
      code: 'config-missing',
      message: `The configuration ${file} cannot be read: ${error.code ?? error.message}.`,
      suggestion: 'Name another one with --config or CONDA_FERRY_CONFIG, or make it readable.',
    });
  });
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  // After a mistake in the syntax, everything may look like one; repeated keys are each their own.
  const first = document.errors.find((error) => error.code !== 'DUPLICATE_KEY');
  for (const error of document.errors) {
    if (error !== first && error.code !== 'DUPLICATE_KEY') continue;
    problems.push({
      where: `line ${lines.linePos(error.pos[0]).line}`,
      what: `is not YAML: ${error.message}`,
    });
  }
  const lineOf = (path: Path): number | null => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
    }
    return null;
  };
  return { content: problems.length > 0 ? null : document.toJS(), lineOf };
}

/** `edges[0].port (line 12)` */
function placeOf(path: Path, line: number | null): string {
  const name = path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
    '',
  );
  return `${name || 'the file'}${line === null ? '' : ` (line ${line})`}`;
}

function sentenceOf(violation: Violation, found: unknown, isSecret: boolean): string {
  if (violation.kind === 'remark') return violation.message;
  const expected = `must be ${violation.message}`;
  const shown = isSecret ? null : describe(found);
  return shown === null ? `${expected}.` : `${expected}; it is ${shown}.`;
}

/** What was found, unless it might be a secret. */
function describe(value: unknown): string | null {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (typeof value !== 'string') return `the ${typeof value} \`${String(value)}\``;
  const mayBeSecret = /[@?]|xox|xapp|AKIA|\/t\/|BEGIN/.test(value);
  return mayBeSecret ? null : `\`${printable(value, 60)}\``;
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    content,
  );
}

/** A copy with one value replaced; content that is no section is left for the rules to refuse. */
function withValue(content: unknown, [key, ...rest]: Path, value: string): unknown {
  if (key === undefined) return value;
  if (content != null && (typeof content !== 'object' || Array.isArray(content))) return content;
  const section = content as Record<string | number, unknown> | null | undefined;
  return { ...section, [key]: withValue(section?.[key], rest, value) };
}

/** Index of every entry whose name an earlier entry has, with that entry's index. */
function repeatedNames(entries: unknown): [number, number][] {
  if (!Array.isArray(entries)) return [];
  const names = entries.map((_, index) => valueAt(entries, [index, 'name']));
  return names.flatMap((name, index): [number, number][] => {
    const first = names.indexOf(name);
    return typeof name === 'string' && first < index ? [[index, first]] : [];
  });
}

/** Where no entry is marked as default, the first one is. */
function withDefaultEntry<T extends { default: boolean }>(entries: readonly T[]): T[] {
  if (entries.some((entry) => entry.default)) return [...entries];
  return entries.map((entry, index) => ({ ...entry, default: index === 0 }));
}

/** XDG Base Directory Specification: data of a user's programs. */
function defaultDataDirectory(environment: Environment): string {
  const home = environment.HOME ?? homedir();
  return join(environment.XDG_DATA_HOME || join(home, '.local', 'share'), 'conda-ferry');
}

function passwordOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { password } = new URL(address);
  return password ? decodeURIComponent(password) : null;
}

function holdsPassword(address: unknown): boolean {
  return typeof address === 'string' && passwordOf(address) !== null;
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
