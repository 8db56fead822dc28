import { FerryError, userError } from '../../src/domain/errors.ts';
import { LOCK_FORMATS } from '../../src/domain/lock-file.ts';
import { parseName, printable } from '../../src/domain/names.ts';
import { meantOf } from '../../src/domain/near-names.ts';
import { condaVersion, parseRequirement } from '../../src/domain/pip.ts';
import { parseReference, parseTag, type Which } from '../../src/domain/reference.ts';
import { PERIODS } from '../../src/domain/schedule.ts';
import type { Settings } from '../../src/domain/services.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { OUTCOME_NAMES } from '../../src/domain/subscription.ts';
import type { Token } from '../../src/domain/tokens.ts';
import type { Kind, KindTypes } from '../command.ts';

/** Turns one word into its value, or throws a FerryError with the word's position. */
type Parser<T> = (token: Token, settings: Settings) => T;

/** One parser per kind of word: the only way text becomes a value. */
export const KINDS: { readonly [K in Kind]: Parser<KindTypes[K]> } = {
  // `create churn: numpy` names churn.
  environment: (token) =>
    parseName(token.text.replace(/(?<=.)[:,]$/, ''), 'environment name', token),
  revision: (token) => parseReference(token.text, token.start),
  // An id is said as a name is.
  build: (token) => {
    parseReference(token.text, token.start);
    return token.text;
  },
  lockFormat: (token) => oneOf('format', LOCK_FORMATS, token),
  tag: (token) => parseTag(token.text, token.start),
  which: parseWhich,
  plan: (token) => parseName(token.text, 'id of a plan', token),
  spec: parseConfiguredSpec,
  requirement: parseInstallable,
  channel: (token, settings) =>
    oneOf(
      'channel',
      settings.channels.map((channel) => channel.name),
      token,
    ),
  edge: (token, settings) =>
    oneOf(
      'edge',
      settings.edges.map((edge) => edge.name),
      token,
    ),
  layout: (token) => oneOf('layout', ['local', 'global'] as const, token),
  format: (token) => oneOf('format', ['auto', 'zip', 'tar.gz'] as const, token),
  packer: (token) => oneOf('packer', ['segments', 'archiver'] as const, token),
  project: parseProject,
  tool: parseTool,
  mode: (token) => oneOf('mode', ['client', 'cluster'] as const, token),
  purpose: (token) => oneOf('use', PURPOSES, token),
  conf: parseConf,
  count: parseCount,
  sentence: (token) => printable(token.text, 300),
  user: parseUser,
  age: parseAge,
  export: (token) => oneOf('export format', ['json', 'csv'] as const, token),
  period: (token) => oneOf('period', [...PERIODS, 'off'] as const, token),
  watched: (token, settings) =>
    token.text.startsWith('@')
      ? { owner: parseUser(token) }
      : { environment: KINDS.environment(token, settings) },
  outcome: (token) => oneOf('outcome', OUTCOME_NAMES, token),
  command: (token) => token.text.toLowerCase(),
  flag: () => true,
};

const PURPOSES = ['shell', 'jupyter', 'livy', 'spark-defaults', 'connect'] as const;
const TOOLS = ['pyspark', 'spark-submit'] as const;

/** What a line is pasted into is often said where a tool stands: `run churn jupyter`. */
function parseTool(token: Token): KindTypes['tool'] {
  const word = token.text.toLowerCase();
  const purpose =
    PURPOSES.find((each) => each === word) ??
    (meantOf(word, TOOLS).near === null ? meantOf(word, PURPOSES).near : null);
  if (purpose === null) return oneOf('tool', TOOLS, token);
  const option = `--for ${purpose}`;
  throw userError({
    code: 'unknown-tool',
    message: `\`${printable(token.text)}\` is no tool, but what a line is pasted into.`,
    suggestion: `Write \`${option}\`.`,
    position: token,
    replacement: { text: option, start: token.start, end: token.end },
  });
}

function oneOf<const T extends string>(what: string, choices: readonly T[], token: Token): T {
  const found = choices.find((choice) => choice === token.text);
  if (found !== undefined) return found;
  const { near, suggestion } = meantOf(token.text, choices);
  throw userError({
    code: `unknown-${what}`,
    message: `There is no ${what} \`${printable(token.text)}\`${what === 'channel' ? ' configured' : ''}.`,
    suggestion,
    position: token,
    replacement: near === null ? null : { text: near, start: token.start, end: token.end },
  });
}

/** A spec may name a channel, but only one the operator configured. */
function parseConfiguredSpec(token: Token, settings: Settings): KindTypes['spec'] {
  const spec = parseSpec(token.text, token.start, token.end);
  if (spec.channel !== null) {
    // A row of `conda list` was typed in another order.
    const isRow = token.text.length !== token.end - token.start;
    const start = token.start + (isRow ? 0 : token.text.indexOf(spec.channel));
    KINDS.channel(
      {
        ...token,
        text: spec.channel,
        start,
        end: isRow ? token.end : start + spec.channel.length,
      },
      settings,
    );
  }
  return spec;
}

/** What is thrown about a word says where it stands. */
function placed<T>(token: Token, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof FerryError)) throw error;
    const { kind, code, said } = error;
    throw new FerryError(kind, { code, ...said, position: token });
  }
}

/** A requirement of pip that a configured index may have; one by address has no index. */
function parseInstallable(token: Token, settings: Settings): KindTypes['requirement'] {
  if (settings.indexes.length === 0) {
    throw userError({
      code: 'no-index',
      message: 'No index of pip packages is configured here.',
      suggestion:
        'Ask conda for the package, without `--pip`; or ask the operator for an index (`indexes` in the configuration).',
      position: token,
    });
  }
  const requirement = placed(token, () => parseRequirement(token.text));
  if (requirement.name === 'python') {
    throw userError({
      code: 'bad-requirement',
      message: '`python` is not a package that pip can install.',
      suggestion: `Ask conda for it: \`python${condaVersion(requirement.specifier) ?? ''}\`.`,
      position: token,
    });
  }
  if (requirement.url === null) return requirement;
  throw userError({
    code: 'bad-requirement',
    message: `\`${printable(requirement.name)}\` is given by its address; packages of pip come from the configured indexes.`,
    suggestion: `Write \`--pip ${requirement.name}\`, or install it as a project: \`--project REPOSITORY@REF\`.`,
    position: token,
  });
}

/** `2`, `@2`, `prod` or `:prod`, of an environment that stands beside it. */
function parseWhich(token: Token): Which {
  const bare = token.text.replace(/^[@:]/, '');
  return /^[1-9]\d{0,5}$/.test(bare) ? Number(bare) : parseTag(bare, token.end - bare.length);
}

const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;

/** `FILE_ID` of an attached file, `repository@ref` of a configured one, or an allowed `/path`. */
function parseProject(token: Token, settings: Settings): KindTypes['project'] {
  const text = token.text;
  if (text.startsWith('/')) {
    const allowed = settings.projects.paths.some(
      (path) => text === path || text.startsWith(`${path}/`),
    );
    if (!allowed || text.split('/').includes('..')) {
      throw userError({
        code: 'project-not-allowed',
        message: `\`${printable(text)}\` is not a path projects may come from.`,
        suggestion: settings.projects.paths.length
          ? `Allowed: ${settings.projects.paths.map((path) => `\`${path}\``).join(', ')}.`
          : 'Attach a wheel or sdist to your message instead.',
        position: token,
      });
    }
    return { kind: 'path', path: text };
  }
  if (/^F[A-Z0-9]{6,}$/.test(text)) return { kind: 'file', fileId: text, name: text };
  const at = text.lastIndexOf('@');
  const repository = at < 0 ? text : text.slice(0, at);
  const ref = at < 0 ? null : text.slice(at + 1);
  oneOf('repository', settings.projects.repositories, {
    ...token,
    text: repository,
    end: token.start + repository.length,
  });
  if (ref !== null && (!REFERENCE.test(ref) || ref.includes('..'))) {
    throw userError({
      code: 'bad-ref',
      message: `\`${printable(ref)}\` is not a branch, tag or commit.`,
      suggestion: `Write \`${repository}@main\` or \`${repository}@<commit>\`.`,
      position: { start: token.start + at + 1, end: token.end },
    });
  }
  return { kind: 'repository', repository, ref };
}

/** `spark.executor.memory=2g` */
function parseConf(token: Token): KindTypes['conf'] {
  const split = token.text.indexOf('=');
  const key = split < 0 ? token.text : token.text.slice(0, split);
  if (split < 0 || !/^spark\.[A-Za-z0-9._-]+$/.test(key)) {
    throw userError({
      code: 'bad-conf',
      message: `\`${printable(token.text)}\` is not a Spark setting.`,
      suggestion: 'Write `--conf spark.executor.memory=2g`.',
      position: token,
    });
  }
  return { key, value: token.text.slice(split + 1) };
}

function parseCount(token: Token): number {
  if (/^[1-9]\d{0,3}$/.test(token.text)) return Number(token.text);
  throw userError({
    code: 'bad-count',
    message: `\`${printable(token.text)}\` is not a number from 1 to 9999.`,
    suggestion: 'Write a whole number, such as `50`.',
    position: token,
  });
}

/** `@U024BE7LH`; `terminal` is who a command line asks for that says nobody. */
function parseUser(token: Token): string {
  const id = token.text.replace(/^@/, '');
  if (/^[UW][A-Z0-9]{2,30}$/.test(id) || id === 'terminal') return id;
  throw userError({
    code: 'bad-user',
    message: `\`${printable(token.text)}\` is no person Slack knows.`,
    suggestion: 'Write `@` and pick somebody, or their member ID, such as `U024BE7LH`.',
    position: token,
  });
}

const HOUR_MS = 3600 * 1000;
const UNITS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
};

/** `24h`, `7d`, `4w` */
function parseAge(token: Token): number {
  const [, count, unit = ''] = /^([1-9]\d{0,3})([hdw])$/i.exec(token.text) ?? [];
  if (count !== undefined) return Number(count) * (UNITS[unit.toLowerCase()] ?? 0);
  throw userError({
    code: 'bad-age',
    message: `\`${printable(token.text)}\` is no time to look back.`,
    suggestion: 'Write hours, days or weeks: `24h`, `7d`, `4w`.',
    position: token,
  });
}
