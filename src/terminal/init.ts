import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { lookAtHostKey } from '../adapters/edge/login.ts';
import { makeKey, publicKeyOf } from '../adapters/host/ssh-key.ts';
import { checkDocument } from '../config/check.ts';
import { documentOf } from '../config/document.ts';
import { ConfigError } from '../config/problems.ts';
import { FerryError, outsideError, userError } from '../domain/errors.ts';
import { ROOT } from '../root.ts';
import {
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';
import { type Answers, type Question, questions, readAnswer } from './init/answers.ts';
import { closing, configuration, manifestFor, type Places, secretFiles } from './init/documents.ts';

const OPTIONS = {
  config: {
    type: 'string',
    value: 'FILE',
    says: 'where to write the configuration; else conda-ferry.yaml in this folder',
  },
  slack: {
    type: 'string',
    value: 'MODE',
    choices: ['socket', 'http'],
    says: '`socket`, as is usual, or `http`',
  },
  url: { type: 'string', value: 'URL', says: 'for `http`: where Slack reaches the bot' },
  command: { type: 'string', value: 'NAME', says: 'the slash command; else /conda-env' },
  channel: {
    type: 'string',
    multiple: true,
    value: 'NAME=URL',
    says: 'a channel that packages come from; else conda-forge',
  },
  edge: { type: 'string', value: 'USER@HOST[:PORT]', says: 'the edge node' },
  key: {
    type: 'string',
    value: 'FILE',
    says: 'the private key for it; made where it is not there',
  },
  'host-key': {
    type: 'string',
    value: 'KEY',
    says: 'the key of that host, as ssh-keyscan prints it; else the one it shows, once you agree',
  },
  root: {
    type: 'string',
    value: 'DIR',
    says: 'the folder there that environments are staged into',
  },
  systemd: {
    type: 'boolean',
    says: 'for the units in deploy/systemd: in /etc/conda-ferry, with data in /var/lib/conda-ferry',
  },
  yes: {
    type: 'boolean',
    says: 'asks nothing: takes what is usual, and the host key that is seen',
  },
  json: JSON_OPTION,
} as const;

const MANIFEST = join(ROOT, 'deploy/manifest.yaml');
const SCRIPT = join(ROOT, 'deploy/edge-account.sh');
const UNIT = {
  file: '/etc/conda-ferry/conda-ferry.yaml',
  dataDirectory: '/var/lib/conda-ferry',
  named: (file: string) => `$CREDENTIALS_DIRECTORY/secrets_${file}`,
};
const PATIENCE_MS = 15_000;

/** Tells what is done, a line each. */
type Say = (text: string) => void;

/** Asks on a terminal; null where nobody is to be asked. */
type Ask = ((question: string) => Promise<string>) | null;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'On a terminal it asks for what no option says. It writes the configuration, the manifest of the Slack app, empty files for the secrets, and a key where there is none; and overwrites nothing without asking.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    if (positionals.length > 0) throw usageError('It takes options only.', usage);
    const isUnit = values.systemd ?? false;
    const file = resolve(values.config ?? (isUnit ? UNIT.file : 'conda-ferry.yaml'));
    const folder = dirname(file);
    const secrets = join(folder, 'secrets');
    const places: Places = {
      secrets: { folder: secrets, named: isUnit ? UNIT.named : (name) => join('secrets', name) },
      dataDirectory: isUnit ? UNIT.dataDirectory : null,
    };
    const isJson = values.json ?? false;
    const say: Say = (text) => void (isJson ? process.stderr : process.stdout).write(`${text}\n`);
    const isAsking = !values.yes && process.stdin.isTTY === true;
    const terminal = isAsking ? openTerminal() : null;
    try {
      const ask: Ask = terminal === null ? null : terminal.ask;
      const given = { ...values, channel: values.channel?.join(' ') };
      const answers = await collect(questions(secrets), given, ask, values.yes ?? false, usage);
      answers.key = resolve(folder, answers.key.replace(/^~(?=\/)/, homedir()));
      const hostKey = values['host-key'] ?? (await seenHostKey(answers, ask, say));
      const text = configuration(answers, hostKey, places);
      refuseFaults(text, file);
      const manifest = join(folder, 'slack-manifest.yaml');
      const texts = [
        [file, text],
        [manifest, manifestFor(await readFile(MANIFEST, 'utf8'), answers)],
      ] as const;
      for (const [path, content] of texts) await agreeToWrite(path, content, ask);
      const keyMade = !existsSync(answers.key);
      await writable(folder, async () => {
        await mkdir(folder, { recursive: true });
        for (const [path, content] of texts) await write(path, content, say);
        await mkdir(secrets, { recursive: true, mode: 0o700 });
        for (const each of secretFiles(answers.mode)) await writeEmpty(join(secrets, each.file));
        if (keyMade) await makeKey(answers.key);
        if (keyMade) say(`A new key: ${answers.key}`);
      });
      const files = { configuration: file, manifest, secrets, script: SCRIPT };
      const publicKey = await publicKeyOf(answers.key);
      if (isJson) writeJson({ ...files, publicKey, keyMade, hostKey });
      else process.stdout.write(closing(answers, hostKey, publicKey, files, isUnit));
      return 0;
    } finally {
      terminal?.close();
    }
  },
};

/** Questions on a terminal. Lines that are typed ahead answer the next ones; Ctrl-D ends the questions. */
function openTerminal(): { ask: NonNullable<Ask>; close(): void } {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const lines = reader[Symbol.asyncIterator]();
  let isOver = false;
  reader.once('close', () => {
    isOver = true;
  });
  const ask = async (question: string): Promise<string> => {
    reader.setPrompt(question);
    // What was typed before the end still answers.
    if (isOver) process.stderr.write(`${question}\n`);
    else reader.prompt();
    const { done, value } = await lines.next();
    if (done !== true) return value;
    throw userError({
      code: 'usage',
      message: 'The questions were not answered, and nothing was written.',
      suggestion: 'Type `conda-ferry init` again, or `conda-ferry help init` for its options.',
    });
  };
  return { ask, close: () => reader.close() };
}

/** Every answer: an option's, else what is said on the terminal, else what is usual. */
async function collect(
  asked: readonly Question[],
  given: Readonly<Record<string, unknown>>,
  ask: Ask,
  isQuiet: boolean,
  usage: string,
): Promise<Answers> {
  if (ask === null && !isQuiet) {
    throw usageError('There is no terminal to ask on: say all with options, and --yes.', usage);
  }
  let answers: Partial<Answers> = { url: null };
  for (const question of asked) {
    const option = given[question.option];
    if (question.isAsked?.(answers) === false) {
      if (option !== undefined) throw usageError(`--${question.option} is for \`http\`.`, usage);
      continue;
    }
    if (typeof option === 'string') {
      const read = readAnswer(question, option);
      if (typeof read === 'string')
        throw usageError(`--${question.option} must be ${read}.`, usage);
      answers = { ...answers, ...read };
      continue;
    }
    const usual = question.usual(answers);
    if (ask === null && usual === null) throw usageError(`--${question.option} is missing.`, usage);
    for (let isOpen = true; isOpen; ) {
      const prompt = `${question.asks}${usual === null ? '' : ` [${usual}]`}: `;
      const read = readAnswer(question, (ask && (await ask(prompt)).trim()) || (usual ?? ''));
      isOpen = typeof read === 'string';
      if (typeof read === 'string') process.stderr.write(`  It must be ${read}.\n`);
      else answers = { ...answers, ...read };
    }
  }
  return answers as Answers;
}

/** The key that the edge shows, where somebody says that it is the right one; null where nobody does. */
async function seenHostKey({ edge }: Answers, ask: Ask, say: Say): Promise<string | null> {
  const target = {
    ...{ edge: 'edge', ...edge, privateKeyFile: null, hostKey: null },
    ...{ connectTimeoutMilliseconds: PATIENCE_MS, silenceMilliseconds: PATIENCE_MS },
  };
  try {
    const { line, fingerprint } = await lookAtHostKey(target, AbortSignal.timeout(PATIENCE_MS));
    const says = `${edge.host} shows the host key ${fingerprint} (${line.split(' ')[0]}).`;
    const compare = 'Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there.';
    if (ask === null) {
      say(`${says} It is taken. ${compare}`);
      return line;
    }
    return isYes(await ask(`${says}\n${compare} Is it the same? [y/N]: `)) ? line : null;
  } catch (error) {
    if (!(error instanceof FerryError) || error.code !== 'edge-unreachable') throw error;
    process.stderr.write(
      `${error.message} Its host key is left open: \`conda-ferry check\` shows it.\n`,
    );
    return null;
  }
}

/** What the configuration's own reader would say of it, before anything is written. */
function refuseFaults(text: string, file: string): void {
  const checked = checkDocument(documentOf(file, text), []);
  if (Array.isArray(checked)) throw new ConfigError(file, checked);
}

/** A file that is there and says something else stays, unless somebody agrees. */
async function agreeToWrite(file: string, text: string, ask: Ask): Promise<void> {
  const before = await readFile(file, 'utf8').catch(() => null);
  if (before === null || before === text) return;
  const question = `${file} is there already. Overwrite it? [y/N]: `;
  if (ask !== null && isYes(await ask(question))) return;
  throw userError({
    code: 'file-exists',
    message: `${file} is there already; nothing was written.`,
    suggestion: 'Name another file with --config, or move that one away.',
  });
}

/** Writes a file as a whole. */
async function write(file: string, text: string, say: Say): Promise<void> {
  const part = `${file}.${randomUUID()}`;
  try {
    await writeFile(part, text, { mode: 0o644, flag: 'wx' });
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
  say(`Written: ${file}`);
}

/** What cannot be written is told as that. */
async function writable(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof FerryError || code === undefined) throw error;
    throw outsideError(
      {
        code: 'file-unwritable',
        message: `Not everything could be written into ${folder}: ${(error as Error).message}.`,
        suggestion: 'Type it with sudo in front, or name a file in another folder with --config.',
      },
      error,
    );
  }
}

const isYes = (answer: string): boolean => /^y(?:es)?$/i.test(answer.trim());

/** A file for a secret to come, which nobody else may read; one that is there stays. */
async function writeEmpty(file: string): Promise<void> {
  await writeFile(file, '', { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
