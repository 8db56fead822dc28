import { latestRevision, revisionLabel } from '../src/domain/environment.ts';
import { FerryError, type Repair, userError } from '../src/domain/errors.ts';
import type { Outline } from '../src/domain/outline.ts';
import { type Meant, namedInLog, unknownInLog } from '../src/domain/own-environment.ts';
import type { Reference } from '../src/domain/reference.ts';
import { generalFindings, type Reply } from '../src/domain/reply.ts';
import type { KeptDiagnosis } from '../src/domain/services/diagnoses.ts';
import { type CommandContext, defineCommand } from './command.ts';
import { KINDS } from './grammar/kinds.ts';

export const diagnose = defineCommand({
  name: 'diagnose',
  group: 'failure',
  onFirstPage: true,
  aliases: ['explain'],
  summary: 'paste a traceback or a log: the cause, and the line that works',
  usage: 'diagnose [--environment NAME] TEXT',
  examples: [
    'diagnose Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied',
    "diagnose --environment churn ModuleNotFoundError: No module named 'sklearn'",
  ],
  notes: [
    'For more than a few lines, attach the log as a file and mention the bot, or use “Diagnose this” on a message.',
    'The environment is the one the log names, the one of the thread, or yours; `--environment` says which.',
  ],
  args: { raw: true },
  reads: true,
  async run(args, context) {
    const asked = readAsked(args.raw, context);
    const found =
      asked.kept === null ? await read(asked.text, context) : await recall(asked.kept, context);
    const general = generalFindings(found.findings);
    if (found.findings.length === 0 && asked.environment === null) return general;
    try {
      return await answerFor(found, asked.environment, context);
    } catch (error) {
      // What a log shows can be told without the store; whose it is cannot.
      if (!(error instanceof FerryError) || error.code !== 'store-unavailable') throw error;
      if (asked.environment !== null) throw error;
      return general;
    }
  },
});

type FindingsReply = Extract<Reply, { kind: 'findings' }>;

interface Asked {
  environment: Reference | null;
  /** A diagnosis that is known already, by its id. */
  kept: string | null;
  text: string;
}

/** The options may only stand first: whatever follows them is a log. */
function readAsked(raw: string, { services, logs = [] }: CommandContext): Asked {
  const [, environment, kept, text = ''] =
    /^(?:--environment[ =]+(\S+)\s*)?(?:--kept[ =]+([\w-]{1,64})(?=\s|$)\s*)?([\s\S]*)$/.exec(
      raw,
    ) ?? [];
  if (text === '' && kept === undefined && logs.length === 0) {
    throw userError({
      code: 'missing-argument',
      message: '`diagnose` needs the text of a failure.',
      suggestion:
        'Paste the traceback after the word, or use “Diagnose this” on the message that holds it.',
    });
  }
  const start = raw.indexOf(environment ?? '');
  const token = { text: environment ?? '', start, end: start + (environment?.length ?? 0) };
  return {
    environment:
      environment === undefined
        ? null
        : KINDS.revision({ ...token, quoted: false }, services.settings),
    kept: kept ?? null,
    text,
  };
}

async function read(text: string, { services, logs = [] }: CommandContext): Promise<KeptDiagnosis> {
  const { readLog } = await import('../src/reading/log.ts');
  const { findings, mentions, form } = await readLog({ text, files: logs });
  if (findings.length === 0) return { findings, mentions, form };
  const { worded } = await import('../src/domain/diagnosis.ts');
  const packagesOf = await services.packagesOf();
  return { findings: findings.map((each) => worded(each, { packagesOf })), mentions, form };
}

async function recall(id: string, { services }: CommandContext): Promise<KeptDiagnosis> {
  const kept = await services.keptDiagnosis(id);
  if (kept) return kept;
  throw userError({
    code: 'diagnosis-forgotten',
    message: 'What was found in that log is not kept any more.',
    suggestion: 'Send the log again, after `diagnose --environment NAME` for one environment.',
  });
}

/** The answer for the environment that is meant, or with the question which one is. */
async function answerFor(
  found: KeptDiagnosis,
  said: Asked['environment'],
  context: CommandContext,
): Promise<FindingsReply> {
  const { services, user } = context;
  const environments = await mentioned(found.mentions, services);
  const own = await services.environments({ owner: user, letGo: true, limit: MOST_OWN });
  const meant =
    said !== null
      ? await saidEnvironment(said, context)
      : (namedInLog(found.mentions, environments) ??
        (await ofThread(context)) ??
        (own.length === 1 && own[0] ? await wholeNamed(own[0].name, 'only', services) : null));
  const unknown = said === null ? unknownInLog(found.mentions, environments) : null;
  if (meant !== null) {
    const { settings, channels } = services;
    const knowledge = { settings, channels, packagesOf: await services.packagesOf() };
    const { remedyFor } = await import('../src/domain/remedy.ts');
    const remedy = await remedyFor(found.findings, found.form, meant, knowledge);
    return { kind: 'findings', ...remedy, choices: [], unknown };
  }
  const choices = own.length > 1 ? await choicesAmong(own, found, context) : [];
  return { kind: 'findings', findings: found.findings, own: null, choices, unknown };
}

async function saidEnvironment(
  { environment: name, revision: which }: Reference,
  { services }: CommandContext,
): Promise<Meant> {
  const revision = await services.findRevision(name, which);
  const environment = await services.findEnvironment(name);
  return { environment, revision, by: 'said', logLine: null, notes: [] };
}

/** Environments that a log may mean: those it names, and those with an archive that it names. */
async function mentioned(
  mentions: KeptDiagnosis['mentions'],
  services: CommandContext['services'],
): Promise<Meant['environment'][]> {
  const asked = mentions.slice(0, MOST_MENTIONS);
  const archives = [...new Set(asked.flatMap(({ archive }) => archive ?? []))];
  const holders = await Promise.all(
    archives.map((sha256) => services.environmentsWithArchive(sha256)),
  );
  const names = [...asked.map(({ environment }) => environment), ...holders.flat().map(nameOf)];
  return services.environmentsNamed([...new Set(names)].sort().slice(0, MOST_MENTIONS));
}

const nameOf = ({ name }: { name: string }): string => name;

function whole(environment: Meant['environment'] | undefined, by: Meant['by']): Meant | null {
  const revision = environment && latestRevision(environment);
  return environment && revision ? { environment, revision, by, logLine: null, notes: [] } : null;
}

async function wholeNamed(
  name: string,
  by: Meant['by'],
  services: CommandContext['services'],
): Promise<Meant | null> {
  const [environment] = await services.environmentsNamed([name]);
  return whole(environment, by);
}

const MOST_BUILDS = 200;

/** The environment whose build has its message at the head of the thread. */
async function ofThread({ services, channel, thread }: CommandContext): Promise<Meant | null> {
  if (!thread) return null;
  const builds = await services.builds({ limit: MOST_BUILDS });
  const build = builds.find(({ message }) => message?.channel === channel && message.ts === thread);
  if (!build) return null;
  const { environment: name } = build.request;
  const [environment] = await services.environmentsNamed([name]);
  if (!environment) return null;
  const built = environment.revisions.find(({ number }) => number === build.revision);
  const meant = whole(environment, 'thread');
  return meant && built ? { ...meant, revision: built } : meant;
}

/** Slack's menus hold no more. */
const MOST_CHOICES = 100;
/** Of somebody's, by name, that are looked at for the newest. */
const MOST_OWN = 1_000;
/** What a log says at most that is looked up. */
const MOST_MENTIONS = 50;

async function choicesAmong(
  own: readonly Outline[],
  found: KeptDiagnosis,
  { services }: CommandContext,
): Promise<Repair[]> {
  const id = await services.keepDiagnosis(found);
  const newest = (environment: Outline) =>
    latestRevision(environment)?.createdAt ?? environment.createdAt;
  return own
    .toSorted((left, right) => newest(right) - newest(left))
    .slice(0, MOST_CHOICES)
    .map((environment) => ({
      label: revisionLabel(environment.name, latestRevision(environment)?.number ?? 1),
      command: `diagnose --environment ${environment.name} --kept ${id}`,
    }));
}
