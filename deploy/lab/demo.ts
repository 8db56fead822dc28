/**
 * The main job, from a sentence in Slack to Spark executors, on this machine: every part is real
 * but Slack, which is emulated (deploy/lab/slack). `npm run demo` stays up for a person;
 * `npm run demo -- --exit` ends with 0 only if both of the article's promises held.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ArticleResult, articleScript, holds, rowsThatFit, runInPyspark } from './article.ts';
import { behind } from './behind.ts';
import { writeConfiguration } from './configuration.ts';
import { demoGuide, runWithout } from './guide.ts';
import { startLab } from './lab.ts';
import { laboratory } from './laboratory.ts';
import {
  type Message,
  readManifest,
  type SlackEmulator,
  startSlackEmulator,
  terminalLines,
  visibleText,
} from './slack/index.ts';

const COMMAND = 'create my-local-env python=3.11 numpy scipy pandas';
/** The same with one package in another version. */
const CHANGED = 'create my-local-env python=3.11 numpy=1.26 scipy pandas';
const LIMIT = { timeoutMs: 600_000 };
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.js');
const MANIFEST = join(import.meta.dirname, '..', 'manifest.yaml');
const directory = join(laboratory.folder, 'demo');
const configFile = join(directory, 'conda-ferry.yaml');
const logFile = join(directory, 'conda-ferry.log');
const started = Date.now();
const staysUp = !process.argv.includes('--exit');
const port = Number(process.env.CONDA_FERRY_DEMO_PORT ?? 0);

function say(text: string): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(5);
  for (const line of text.split('\n')) process.stdout.write(`[${seconds} s] ${line}\n`);
}

/** Environments of an earlier demo go, so that this one builds; downloads and segments stay. */
async function freshDirectory(): Promise<void> {
  for (const name of ['data/redis', 'data/archives', 'data/builds', 'edge', 'conda-ferry.log']) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  await mkdir(join(directory, 'edge'), { recursive: true });
}

/** Bot and worker as an operator starts them, in a process of their own. */
function startProduct(slack: SlackEmulator) {
  const child = spawn(process.execPath, [MAIN, 'start', '--config', configFile], {
    env: {
      ...process.env,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  return {
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** However this process is told to stop, it first ends what it started. */
function endWith(
  product: { stop(): Promise<void> },
  slack: SlackEmulator,
  lab: { stop(): Promise<void> },
  aside: { close(): Promise<void> },
) {
  const end = async () => {
    await Promise.all([aside.close(), product.stop().then(() => slack.stop()), lab.stop()]);
  };
  for (const [name, code] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const) {
    process.once(name, () => void end().finally(() => process.exit(code)));
  }
  return end;
}

async function untilConnected(slack: SlackEmulator, ended: Promise<unknown>): Promise<void> {
  const gone = ended.then(() => {
    throw new Error(`conda-ferry start ended early; its log is ${logFile}`);
  });
  const connected = (async () => {
    while (slack.connections() === 0) await wait(50);
  })();
  await Promise.race([connected, gone]);
}

/** Prints what is new in a message each time it is edited, as a person watching it would see. */
function follow(slack: SlackEmulator, channel: string): () => void {
  const shown = new Set<string>();
  return slack.onChange(() => {
    for (const message of slack.messages(channel)) {
      for (const line of terminalLines(message)) {
        if (shown.has(`${message.ts} ${line}`)) continue;
        shown.add(`${message.ts} ${line}`);
        say(`  │ ${line}`);
      }
    }
  });
}

/** The lines a person may copy: the short one and the whole in the message's code blocks. */
function pysparkLines(message: Message): { short: string; whole: string } {
  const lines = findLines(message);
  if (lines !== null) return lines;
  throw new Error(`there is no pyspark line in the message:\n${visibleText(message)}`);
}

function findLines(message: Message): { short: string; whole: string } | null {
  const codes = [
    ...JSON.stringify(message.blocks ?? []).matchAll(
      /"type":"rich_text_preformatted".*?"text":("(?:[^"\\]|\\.)*")/g,
    ),
  ].map(([, text]) => JSON.parse(text as string) as string);
  const short = codes.find((code) => /\/run \S+ pyspark$/.test(code));
  const whole = codes.find((code) => /(^|\s)pyspark --master/.test(code));
  return short !== undefined && whole !== undefined ? { short, whole } : null;
}

/** Who types, and where. */
interface Place {
  slack: SlackEmulator;
  user: string;
  channel: string;
}

/** Types a command; `until` answers the seconds from Enter to a message, and the message. */
async function type({ slack, user, channel }: Place, text: string) {
  const entered = Date.now();
  await slack.slash({ user, channel, text });
  return async (awaited: Promise<Message>) => {
    const message = await awaited;
    return { message, seconds: (Date.now() - entered) / 1000 };
  };
}

const hasFailed = (message: Message) =>
  /could not be built|does not work|failed/i.test(visibleText(message));

/** The first message of a revision with its line, proven or not yet; or that there will be none. */
function untilLine({ slack }: Place, revision: string): Promise<Message> {
  return slack.untilMessage(
    (message) =>
      hasFailed(message) ||
      (visibleText(message).includes(revision) && findLines(message) !== null),
    LIMIT,
  );
}

/** The same once more, then with one package changed: seconds from Enter to the line. */
async function askAgain(place: Place): Promise<{ again: number; changed: number }> {
  say(`The same is typed once more: /conda-env ${COMMAND}`);
  const repeated = await type(place, COMMAND);
  const again = await repeated(
    place.slack.untilEphemeral(
      place.user,
      (message) => /Nothing to build/.test(visibleText(message)),
      LIMIT,
    ),
  );
  for (const line of terminalLines(again.message)) say(`  │ ${line}`);
  say(`With one package changed: /conda-env ${CHANGED}`);
  const edited = await type(place, CHANGED);
  const changed = await edited(untilLine(place, 'my-local-env@2'));
  if (hasFailed(changed.message)) throw new Error(visibleText(changed.message));
  say(`  │ ${pysparkLines(changed.message).short}`);
  say(`From Enter to the line: ${again.seconds} s the same, ${changed.seconds} s with a change.`);
  return { again: again.seconds, changed: changed.seconds };
}

/** Seconds of each step, from the product itself. */
async function stepSeconds(): Promise<Record<string, number>> {
  const child = spawn(
    process.execPath,
    [MAIN, 'exec', '--json', '--config', configFile, '--', 'status my-local-env'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  const { build } = JSON.parse(text) as {
    build: { steps: { name: string; startedAt: number; finishedAt: number }[] };
  };
  return Object.fromEntries(
    build.steps.map((step) => [step.name, (step.finishedAt - step.startedAt) / 1000]),
  );
}

async function main(): Promise<number> {
  say('Starting an edge node (OpenSSH), a YARN cluster and an emulated Slack on this machine.');
  await freshDirectory();
  const [lab, slack] = await Promise.all([
    // 3.3.6 has libhadoop here, as clusters do: localizing an archive is then no matter of seconds.
    startLab({ directory: join(directory, 'lab'), hadoop: '3.3.6' }),
    startSlackEmulator({ port, ...(await readManifest(MANIFEST)) }),
  ]);
  await writeConfiguration(configFile, lab.state, {
    dataDirectory: join(directory, 'data'),
    root: join(directory, 'edge'),
    slackApiUrl: slack.apiUrl,
    logFile,
  });
  say('Starting Conda Ferry: bot and worker, with a Redis of their own.');
  const product = startProduct(slack);
  const aside = behind({
    slack,
    redisDirectory: join(directory, 'data', 'redis'),
    root: join(directory, 'edge'),
    resourceManagerUrl: lab.state.cluster.resourceManagerUrl,
  });
  const end = endWith(product, slack, lab, aside);
  try {
    await untilConnected(slack, product.ended);
    slack.setAside(aside);
    slack.setGuide(
      demoGuide({
        ours: 'my-local-env',
        breakIt: () => runWithout(lab.state.edge, directory, lab.state.python),
      }),
    );
    const [channel] = [...slack.workspace.channels.values()];
    const [person] = [...slack.workspace.users.values()];
    if (!channel || !person) throw new Error('the emulated workspace is empty');
    say(`Slack’s page: ${slack.url}`);
    say(`In #${channel.name}, ${person.name} types: /conda-env ${COMMAND}`);
    const unfollow = follow(slack, channel.id);
    const place = { slack, user: person.id, channel: channel.id };
    const since = await type(place, COMMAND);
    const [line, { message, seconds: total }] = await Promise.all([
      since(untilLine(place, 'my-local-env@1')),
      since(
        slack.untilMessage(
          (candidate) => /is ready/i.test(visibleText(candidate)) || hasFailed(candidate),
          LIMIT,
        ),
      ),
    ]);
    await wait(300);
    unfollow();
    if (hasFailed(message)) throw new Error('the build failed');

    const { short, whole } = pysparkLines(message);
    const result = await useIt(lab.state.edge, short);
    const ready = holds(result);
    say(
      `The article’s check: ${JSON.stringify(result.npv)}: ${result.npv.length === 1 ? 'one numpy on every executor' : 'NOT one numpy'}.`,
    );
    say(`Its decile job: ${result.job.rows} × ${result.job.columns} in ${result.job.seconds} s.`);
    const { solve, create, pack, stage, verify } = await stepSeconds();
    const { again, changed } = await askAgain(place);
    const seconds = {
      ...{ solve, create, pack, stage, verify, total },
      ...{ line: line.seconds, again, changed },
    };
    const { npv, job } = result;
    const summary = {
      ready,
      short,
      invocation: whole.replaceAll(' \\\n  ', ' '),
      npv,
      job: { rows: job.rows, columns: job.columns },
      seconds,
    };
    if (staysUp) {
      process.stdout.write(`${JSON.stringify(summary)}\n`);
      say(`It stays up. Slack’s page: ${slack.url}   Ctrl-C ends everything.`);
      await product.ended;
    } else {
      await end();
      process.stdout.write(`${JSON.stringify(summary)}\n`);
    }
    return ready ? 0 : 1;
  } finally {
    await end();
  }
}

/** On the edge node, over SSH: the pasted line, then the article's two examples. */
async function useIt(edge: { sshConfigFile: string }, invocation: string): Promise<ArticleResult> {
  const rows = rowsThatFit();
  const script = join(directory, 'article.py');
  await writeFile(script, articleScript(rows));
  say(
    `On the edge node, over SSH, the line is pasted and the article’s code run in it (${rows} × 100):`,
  );
  say(`  $ ${invocation}`);
  return runInPyspark(edge, { directory: null, text: invocation }, script, (line) => {
    if (!/^(>>>|\.\.\.)?\s*$/.test(line)) say(`  │ ${line.slice(0, 200)}`);
  });
}

process.exitCode = await main().catch((error: Error) => {
  say(`The demo failed: ${error.message}`);
  process.stdout.write(`${JSON.stringify({ ready: false, error: error.message.slice(0, 500) })}\n`);
  return 1;
});
