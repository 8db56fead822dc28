/** The demo's guide: from a sentence to the line, then a job as it is run without it, and why that fails. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Guide, type Message, type Seen, visibleText } from './slack/index.ts';

const COMMAND = '/conda-env';
/** What the guide has a person ask for. */
export const FIRST = 'create my-first python=3.11 numpy pandas';

export interface GuideOptions {
  /** The environment that the demo itself asks for: nobody has done anything yet because it is there. */
  ours: string;
  /** Runs a job with the cluster's own Python; answers the traceback it ends with. */
  breakIt: () => Promise<string>;
}

/** Steps known to be done by the messages of the product, whatever its environments are called. */
export function demoGuide({ ours, breakIt }: GuideOptions): Guide {
  const mine = (seen: Seen, title: RegExp = TITLE) =>
    seen.messages.findLast((message) => {
      const name = environmentIn(message, title);
      return name !== null && name !== ours && visibleText(message).includes(`@${seen.user}`);
    });
  return {
    title: 'A first run',
    end: 'That is all of it: ask, watch, copy; and ask why when a job breaks. All but Slack is real here: the build, SSH, YARN, Spark and its executors.',
    steps: [
      {
        title: 'Type',
        text: 'A name and what you need, as you would say it to conda. No ticket, and no login on a build host.',
        fill: { label: 'Put it into the field', text: () => `${COMMAND} ${FIRST}` },
        isDone: (seen) => mine(seen) !== undefined,
      },
      {
        title: 'Watch',
        text: 'The packages are settled and linked on a build host, and packed. Only bytes that the edge lacks travel there. Then a small job on YARN proves it: executors need nothing installed.',
        find: { label: 'Show me the build', message: (seen) => mine(seen) },
        isDone: (seen) => mine(seen, READY) !== undefined,
      },
      {
        title: 'Copy',
        text: 'This line starts PySpark with exactly these packages, on the driver and on every executor. Below it is what the executors themselves said: their Python, and one numpy for all.',
        find: { label: 'Show me the line', message: (seen) => mine(seen, READY) },
        isDone: ({ copied }) =>
          copied.some((text) => /\brun \S+ (pyspark|spark-submit)|--archives/.test(text)),
      },
      {
        title: 'Break',
        text: 'Now as it goes without: the same cluster with its own Python. The job starts and fails, as no executor has numpy; and YARN calls it SUCCEEDED all the same. It takes some 20 seconds.',
        run: {
          label: 'Run it on the cluster',
          meanwhile: 'spark-submit runs on the edge, with the cluster’s own Python…',
          start: breakIt,
        },
        isDone: ({ answers }) => answers.length > 0,
      },
      {
        title: 'Diagnose',
        text: 'Paste what Spark printed. The answer names the cause, the row that shows it, and the line that works.',
        fill: {
          label: 'Put it into the field',
          text: (seen) => {
            const name = environmentIn(mine(seen, READY), READY);
            const traceback = seen.answers.at(-1) ?? EXAMPLE;
            return `${COMMAND} diagnose ${name ? `--environment ${name} ` : ''}${traceback}`;
          },
        },
        isDone: ({ messages }) =>
          messages.some((message) => /^What went wrong/.test(titleOf(message))),
      },
    ],
  };
}

/** Titles of builds, with the name of the environment in one of two places. */
const TITLE =
  /(?:Building|The build of|Stopping the build of) ([\w.-]+)|^\S+ ([\w.-]+)(?:@\d+)? (?:is|waits|could|was) /u;
const READY = /^✅ ([\w.-]+)@\d+ is ready$/u;

/** For who has not run anything before: what a job says on executors without numpy. */
const EXAMPLE = `Traceback (most recent call last):
  File "job.py", line 7, in numpy_version
    import numpy
ModuleNotFoundError: No module named 'numpy'`;

const titleOf = (message: Message): string => {
  const [header] = message.blocks ?? [];
  return header?.type === 'header' ? visibleText({ blocks: [header] }) : '';
};

/** The environment whose build a message is about; null where it is about none. */
function environmentIn(message: Message | undefined, title: RegExp): string | null {
  if (message?.metadata?.event_type !== 'conda_ferry_build') return null;
  const [, one, other] = title.exec(titleOf(message)) ?? [];
  return one ?? other ?? null;
}

/** What people have instead: numpy is where they typed, and not where it runs. */
const JOB = `from pyspark.sql import SparkSession

spark = SparkSession.builder.appName("without conda-ferry").getOrCreate()


def numpy_version(_):
    import numpy

    return numpy.__version__


print(set(spark.sparkContext.parallelize(range(100), 2).map(numpy_version).collect()))
`;

const LIMIT_MS = 180_000;
const TRACEBACK = /Traceback \(most recent call last\):\n(?:[ \t].*\n)*\w*(?:Error|Exception): .*/g;

/**
 * Runs a job on the edge node with a Python that has no packages, as a cluster's own has none of yours, and
 * answers the traceback of its executors. Throws with the end of what was printed where there is none.
 */
export async function runWithout(
  edge: { sshConfigFile: string },
  directory: string,
  python: string,
): Promise<string> {
  const own = join(directory, 'cluster-python');
  const job = join(directory, 'without.py');
  if (!existsSync(own)) await output(python, ['-m', 'venv', '--without-pip', own]);
  await writeFile(job, JOB);
  const line = `PYSPARK_PYTHON='${own}/bin/python' spark-submit --master yarn '${job}'`;
  const printed = await output('ssh', ['-F', edge.sshConfigFile, 'edge', line]);
  const traceback = printed.match(TRACEBACK)?.at(-1);
  if (traceback === undefined)
    throw new Error(`the job printed no traceback: ${printed.slice(-400)}`);
  return traceback;
}

/** All that a program prints, however it ends. */
async function output(file: string, args: string[]): Promise<string> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      printed += chunk;
    });
  }
  await once(child, 'close');
  return printed;
}
