import { userInfo } from 'node:os';
import { z } from 'zod';
import { USUAL } from '../domain/defaults.ts';
import { GLOBAL_ALIAS, hiddenBy } from '../domain/invocation/alias.ts';
import { isName, NAME_RULE } from '../domain/names.ts';
import { closest } from '../domain/near-names.ts';
import { normalName, parseRequirement } from '../domain/pip.ts';
import { ARCHITECTURES, PLATFORMS } from '../domain/platform.ts';
import { RESTRICTABLE } from '../domain/roles.ts';
import { isVariable } from '../domain/shell.ts';
import { SECRETS, type Secrets } from './secrets.ts';

/**
 * What the configuration file may hold. Every rule's message says what to write instead; the path
 * and what was found are put around it by `src/config.ts`. `deploy/config.example.yaml` explains each
 * key to operators.
 */

/** A text rule: `expected` completes the sentence "must be …". */
function text(expected: string, isRight: (value: string) => boolean = () => true) {
  return z.string({ error: expected }).refine(isRight, { error: expected });
}

function choice<const T extends readonly string[]>(...values: T) {
  return z.enum(values, { error: `one of ${values.map((value) => `\`${value}\``).join(', ')}` });
}

function whole(least: number, most: number, example: number) {
  const expected = `a whole number from ${least} to ${most}, such as \`${example}\``;
  return z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected });
}

const yesOrNo = z.boolean({ error: '`true` or `false`' });

/** A key that is left out, or left empty, has the default. */
function or<S extends z.ZodType>(schema: S, value: z.input<S>) {
  return z.preprocess((given) => given ?? value, schema);
}

/** A key that is left out, or left empty, is null. */
function orNull<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? null);
}

/**
 * A section knows its keys: an unknown one is answered with the key that was meant. `hints` answer
 * keys that people look for in vain. One line per unknown key, in the order of the issue's `keys`.
 */
function section<S extends z.ZodRawShape>(shape: S, hints: Readonly<Record<string, string>> = {}) {
  const keys = Object.keys(shape);
  const explain = (key: string): string => {
    if (hints[key]) return hints[key];
    const squashed = squash(key);
    const near = keys.find((known) => squash(known) === squashed) ?? closest(key, keys);
    return near
      ? `is not a key here. Did you mean \`${near}\`?`
      : `is not a key here. There are: ${keys.join(', ')}.`;
  };
  return z.preprocess(
    (given) => given ?? {},
    z.strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map(explain).join('\n')
          : `a section with the keys ${keys.join(', ')}`,
    }),
  );
}

const squash = (key: string): string => key.replace(/[-_ ]/g, '').toLowerCase();

function list<S extends z.ZodType>(item: S, expected: string) {
  return z.array(item, { error: expected });
}

const file = text(
  'the path of a file, relative to this file or beginning with `/` or `~/`',
  isFilled,
);
const NAME = `a name: ${NAME_RULE}`;
const name = text(NAME, isName);

const alias = z.string({ error: NAME }).superRefine((value, context) => {
  const hidden = hiddenBy(value, 'global');
  const message = !isName(value)
    ? NAME
    : hidden && `another name, such as \`${GLOBAL_ALIAS}\`, because this one would hide ${hidden}`;
  if (message) context.addIssue({ code: 'custom', message });
});

function isFilled(value: string): boolean {
  return value.trim() !== '' && !value.includes('\0');
}

function parseUrl(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null;
}

function isLoopback(url: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}

/** `user:password@`, `token@`, or conda's `/t/<token>/` (Anaconda.org's form of a private channel). */
function holdsCredentials(url: URL): boolean {
  return url.username !== '' || url.password !== '' || /\/t\/[^/]+\//.test(url.pathname);
}

const NO_CREDENTIALS =
  'without a user, password or token: it is written into locks and logs that people read. Put the token into a file of its own and name that in `tokenFile`, or name `usernameFile` and `passwordFile`';

/** An address that packages come from. `what`: what it is the address of, `a channel`. */
function packagesUrl(what: string) {
  const expected = `the address of ${what}, \`https://…\` or \`file:///…\``;
  return z.string({ error: expected }).superRefine((value, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    const url = parseUrl(value);
    const isAllowed =
      url !== null &&
      (url.protocol === 'https:' ||
        url.protocol === 'file:' ||
        (url.protocol === 'http:' && isLoopback(url)));
    if (!isAllowed) refuse(expected);
    else if (holdsCredentials(url)) refuse(`an address ${NO_CREDENTIALS}`);
  });
}

const REPOSITORY = 'the address of a git repository: `https://…`, `ssh://git@…` or `file:///…`';

const repositoryUrl = z.string({ error: REPOSITORY }).superRefine((value, context) => {
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  const url = parseUrl(value);
  if (!url || !['https:', 'ssh:', 'file:'].includes(url.protocol)) return refuse(REPOSITORY);
  // A user alone is not a secret over SSH, where every address has one.
  const isSecret = url.password !== '' || (url.protocol !== 'ssh:' && url.username !== '');
  if (isSecret)
    refuse('an address without a password or token; use `ssh://git@…` and a deploy key');
});

/** Numbers such as 3.10 lose their zero before anybody can see it. */
const version = text("a version in quotes, such as `'3.5.9'`", (value) =>
  /^\d+(\.\d+)*$/.test(value),
);

const redisUrl = text(
  '`redis://host:6379`, `rediss://…` or the path of a socket; leave it out for an embedded server',
  (value) => /^(rediss?:\/\/.|\/)/.test(value),
);

const slackUrl = text('an address such as `https://slack.com/api/`', (value) => {
  const url = parseUrl(value);
  return (
    url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))
  );
});

const proxyUrl = text('the address of a proxy such as `http://proxy.example.com:3128`', (value) =>
  ['http:', 'https:'].includes(parseUrl(value)?.protocol ?? ''),
);

/** Secrets come from the environment or from files of their own. */
const secretHint = (name: keyof Secrets): string => {
  const { variable, fileKey } = SECRETS[name];
  return `does not belong here, because it is a secret. Set ${variable} in the environment, or put it into a file of its own and name that in \`${fileKey.at(-1)}\`.`;
};

const slack = section(
  {
    mode: or(choice('socket', 'http'), 'socket'),
    botTokenFile: orNull(file),
    appTokenFile: orNull(file),
    signingSecretFile: orNull(file),
    apiUrl: orNull(slackUrl),
    host: or(text('an address to listen on, such as `127.0.0.1`', isFilled), '127.0.0.1'),
    port: or(whole(0, 65_535, 3000), 3000),
    command: or(
      text('a slash command such as `/conda-env`', (value) => /^\/[a-z0-9_-]{1,31}$/.test(value)),
      '/conda-env',
    ),
    operators: or(
      list(
        text(
          "a person's member ID such as `U024BE7LH` (in Slack: profile → Copy member ID)",
          (value) => /^[UW][A-Z0-9_]+$/.test(value),
        ),
        'a list of member IDs',
      ),
      [],
    ),
  },
  {
    botToken: secretHint('botToken'),
    appToken: secretHint('appToken'),
    signingSecret: secretHint('signingSecret'),
  },
);

const shortName = text('the short name people type: letters, digits, `.`, `_` and `-`', (value) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value),
);

/** Files with what opens a private channel or index; `readCredentials` reads them. */
const opening = {
  tokenFile: orNull(file),
  usernameFile: orNull(file),
  passwordFile: orNull(file),
};

const channel = section({
  name: shortName,
  url: packagesUrl('a channel'),
  default: or(yesOrNo, false),
  ...opening,
  tokenAs: or(choice('header', 'address'), 'header'),
});

const index = section({
  name: shortName,
  url: packagesUrl('an index of pip packages'),
  ...opening,
});

const NOT_A_REQUIREMENT =
  'a requirement with a name and versions, as pip writes it, such as `numpy<2`';
const requirement = text(NOT_A_REQUIREMENT, isRequirement);

function isRequirement(value: string): boolean {
  try {
    return parseRequirement(value).url === null;
  } catch {
    return false;
  }
}

const sdist = section({
  name: text('the name of a package of pip, or `"*"` for each that is not named', (value) =>
    /^(?:\*|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)$/.test(value),
  ).transform((value) => normalName(value)),
  build: or(list(requirement, 'a list of requirements of its build'), []),
});

const cluster = section({
  name: text('a name to show to people', isFilled).exactOptional(),
  manager: choice('yarn', 'kubernetes', 'standalone', 'local-cluster').exactOptional(),
  spark: version.exactOptional(),
  hadoop: version.exactOptional(),
  glibc: version.exactOptional(),
  master: text(
    '`spark://host:7077`, `k8s://https://host:6443` or `local-cluster[2,1,1024]`',
    (value) => /^(?:(?:spark|k8s):\/\/\S+|local-cluster\[\d+,\d+,\d+\])$/.test(value),
  ).exactOptional(),
  sparkHome: text('an absolute path on the edge node, such as `/opt/spark`', (value) =>
    value.startsWith('/'),
  ).exactOptional(),
  architecture: choice(...Object.values(ARCHITECTURES)).exactOptional(),
});

const platform = choice(...PLATFORMS);

/** A host and how to log in to it. */
const hop = {
  host: text('a host name or an address', (value) => /^[A-Za-z0-9][A-Za-z0-9.:_-]*$/.test(value)),
  port: or(whole(1, 65_535, 22), 22),
  user: or(
    text('a login name', (value) => /^[A-Za-z_][A-Za-z0-9._@\\-]*\$?$/.test(value)),
    userInfo().username,
  ),
  privateKeyFile: orNull(file),
  passphraseFile: orNull(file),
  hostKey: orNull(
    text(
      '`ssh-ed25519 AAAA…` (as `ssh-keyscan` prints it) or `SHA256:…` (as `ssh-keygen -lf` does)',
      (value) => /^SHA256:[A-Za-z0-9+/]{43}=?$|(^|\s)(ssh|ecdsa|sk)-\S+\s+AAAA/.test(value.trim()),
    ),
  ),
};

const edge = section({
  name,
  default: or(yesOrNo, false),
  ...hop,
  proxyJump: orNull(section(hop)),
  root: or(
    text(
      'an absolute path on the edge node of letters, digits, `.`, `_` and `-`, such as `/srv/conda-ferry`',
      (value) => /^(\/[A-Za-z0-9._-]+)+\/?$/.test(value) && !value.includes('/..'),
    ),
    '/srv/conda-ferry',
  ),
  alias: or(alias, GLOBAL_ALIAS),
  hdfs: text('`auto`, a folder in HDFS such as `/envs`, or `null` for none', (value) =>
    /^(auto$|\/|hdfs:\/\/)/.test(value),
  )
    .nullable()
    .default('auto'),
  env: or(
    z.record(
      text('a variable name', isVariable),
      text(
        "text; put numbers and `true` in quotes, such as `'1'`",
        (value) => !value.includes('\0'),
      ),
      { error: 'variables and their values, such as `JAVA_HOME: /usr/lib/jvm/java-17`' },
    ),
    {},
  ),
  cluster,
  connectTimeoutSeconds: or(whole(1, 300, 15), 15),
});

const MEMBER = "a person's member ID such as `U024BE7LH`, or a user group's such as `S0614TZR7`";

const role = section({
  name,
  members: list(
    text(MEMBER, (value) => /^[UWS][A-Z0-9]{2,30}$/.test(value)),
    'a list of member IDs and user group IDs',
  ),
  commands: or(list(choice(...RESTRICTABLE), 'a list of commands'), []),
  edges: or(list(name, 'a list of configured edge nodes'), []),
  channels: or(list(shortName, 'a list of configured channels'), []),
  indexes: or(list(shortName, 'a list of configured indexes of pip packages'), []),
  projects: or(list(file, 'a list of configured repositories and folders'), []),
  tags: or(list(name, 'a list of tags such as `prod`'), []),
});

const approvalRule = section({
  edges: or(list(name, 'a list of configured edge nodes'), []),
  channels: or(list(shortName, 'a list of configured channels'), []),
  tags: or(list(name, 'a list of tags such as `prod`'), []),
  projects: or(yesOrNo, false),
  by: name,
  count: or(whole(1, 20, 1), 1),
  where: orNull(
    text('the ID of a channel in Slack, such as `C024BE7LR`', (value) =>
      /^[CG][A-Z0-9]{2,30}$/.test(value),
    ),
  ),
});

const collectorUrl = text(
  'the address of a collector, such as `http://127.0.0.1:4318`',
  (value) => {
    const url = parseUrl(value);
    return url !== null && /^https?:$/.test(url.protocol) && !holdsCredentials(url);
  },
);

/** What each means stands in `adapters/host/log.ts`. */
export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;

const AT_LEAST_ONE_CHANNEL =
  'a list of at least one channel: `- { name: conda-forge, url: https://conda.anaconda.org/conda-forge }`';
const AT_LEAST_ONE_EDGE =
  'a list of at least one edge node: `- { name: edge, host: edge.example.com }`';

export const configFile = section(
  {
    slack,
    network: section({
      proxy: orNull(proxyUrl),
      proxyFile: orNull(file),
      noProxy: or(
        list(
          text('a host, or a domain such as `.example.com`', (value) =>
            /^[\w.:*/[\]-]+$/.test(value),
          ),
          'a list of hosts and domains',
        ),
        [],
      ),
      caFile: orNull(file),
    }),
    redisUrl: orNull(redisUrl),
    redisUrlFile: orNull(file),
    redis: section({
      caFile: orNull(file),
      certFile: orNull(file),
      keyFile: orNull(file),
      sentinels: or(
        list(
          text('a host and its port, such as `sentinel1.example.com:26379`', (value) =>
            /^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(value),
          ),
          'a list of sentinels',
        ),
        [],
      ),
      name: orNull(
        text('the name that the sentinels give to the server, such as `mymaster`', isFilled),
      ),
    }),
    dataDirectory: orNull(file),
    engine: or(choice('auto', 'conda', 'rattler'), 'auto'),
    python: orNull(file),
    platform: or(platform, 'linux-64'),
    channels: list(channel, AT_LEAST_ONE_CHANNEL).min(1, { error: AT_LEAST_ONE_CHANNEL }),
    edges: list(edge, AT_LEAST_ONE_EDGE).min(1, { error: AT_LEAST_ONE_EDGE }),
    indexes: or(list(index, 'a list of indexes of pip packages with `name` and `url`'), []),
    sdists: or(list(sdist, 'a list of packages of pip, each with its `name`'), []),
    projects: section({
      repositories: or(
        list(section({ name, url: repositoryUrl }), 'a list of repositories with `name` and `url`'),
        [],
      ),
      paths: or(list(file, 'a list of folders on the build host'), []),
      sandbox: or(choice('required', 'preferred', 'off'), 'required'),
      memoryGigabytes: orNull(whole(1, 10_000, 8)),
    }),
    verify: section({
      enabled: or(yesOrNo, true),
      timeoutSeconds: or(whole(10, 3600, 300), 300),
      executors: or(whole(1, 100, 2), 2),
    }),
    notify: section({
      directAfterSeconds: or(whole(0, 86_400, 300), 300),
      followAfterSeconds: or(whole(1, 60, 15), 15),
    }),
    worker: section({
      concurrency: or(whole(1, 64, 1), 1),
      lockSeconds: or(whole(10, 3600, 120), 120),
      stalledSeconds: or(whole(1, 600, 30), 30),
      cacheGigabytes: or(whole(1, 100_000, 20), 20),
      platform: orNull(platform),
    }),
    roles: or(list(role, 'a list of roles'), []),
    approvals: section({
      rules: or(list(approvalRule, 'a list of rules'), []),
      hours: or(whole(1, 720, USUAL.approvalHours), USUAL.approvalHours),
      closed: or(whole(10, 10_000, USUAL.closedApprovals), USUAL.closedApprovals),
    }),
    audit: section({
      days: or(whole(1, 3650, 365), 365),
      entries: or(whole(100, 1_000_000, 100_000), 100_000),
      refused: or(whole(100, 1_000_000, 20_000), 20_000),
    }),
    quota: section({
      builds: orNull(whole(1, 1000, 2)),
      environments: orNull(whole(1, 100_000, 20)),
      gigabytes: orNull(whole(1, 1_000_000, 50)),
      environmentGigabytes: orNull(whole(1, 1_000_000, 10)),
      approvals: or(whole(1, 1000, USUAL.quota.approvals), USUAL.quota.approvals),
    }),
    retention: section({
      expireDays: orNull(whole(1, 3650, 180)),
      remindDays: or(whole(1, 365, USUAL.retention.remindDays), USUAL.retention.remindDays),
      keepRevisions: orNull(whole(1, 1000, 5)),
      usedDays: or(whole(0, 365, USUAL.retention.usedDays), USUAL.retention.usedDays),
    }),
    signing: section({ keyFile: orNull(file) }),
    history: section({
      days: or(whole(1, 3650, 365), 365),
      builds: or(whole(10, 100_000, 200), 200),
    }),
    watch: section({
      host: or(text('an address to listen on, such as `127.0.0.1`', isFilled), '127.0.0.1'),
      port: orNull(whole(0, 65_535, 9464)),
      tracing: section({ endpoint: orNull(collectorUrl) }),
    }),
    log: section({
      level: or(choice('trace', 'debug', 'info', 'warn', 'error', 'fatal'), 'info'),
      format: or(choice(...LOG_FORMATS), 'auto'),
      file: orNull(file),
    }),
  },
  { condaExe: 'is not a key here. Set CONDA_EXE in the environment of the worker.' },
);

export type ConfigFile = z.output<typeof configFile>;

/** One rule that the file breaks: where, and what to write instead. */
export interface Violation {
  path: readonly (string | number)[];
  /** `expected` completes "must be …"; `remark` stands as it is. */
  kind: 'expected' | 'remark';
  message: string;
  /** What may stand there, where that is one of a few words. */
  choices?: readonly string[];
}

/** The file's content checked against every rule at once. */
export function checkConfigFile(content: unknown): ConfigFile | Violation[] {
  const result = configFile.safeParse(content);
  if (result.success) return result.data;
  return result.error.issues.flatMap((issue): Violation[] => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code !== 'unrecognized_keys') {
      const choices = issue.code === 'invalid_value' ? issue.values.map(String) : [];
      return [{ path, kind: 'expected', message: wordsOf(issue), choices }];
    }
    const lines = issue.message.split('\n');
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      kind: 'remark',
      message: lines[index] ?? '',
    }));
  });
}

/** A bad key of a table carries its own issue inside. */
function wordsOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}
