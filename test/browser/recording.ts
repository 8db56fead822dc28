/**
 * Records a job that fails, what `diagnose` makes of it, the build it asks for and the line at work, in a real terminal
 * on a lab of its own: `node test/browser/recording.ts FILE.svg ROOT`. ROOT, which must not be there yet, is the folder
 * on the edge and removed again. What is shown is as it was, at its own speed, but where nothing happens.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeConfiguration } from '../../deploy/lab/configuration.ts';
import { startLab } from '../../deploy/lab/lab.ts';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { onTerminal, type PseudoTerminal } from '../harness/pseudo-terminal.ts';
import { Film } from './animation.ts';

const SIZE = { columns: 96, rows: 28 };
const TITLE =
  'A terminal: diagnose finds that executors lack pandas; conda-ferry builds churn; its line starts PySpark, and one pandas is on every executor.';
/** Milliseconds: a look at the screen, at what only passes, a key, and how long one sees that nothing happens. */
const LOOK = 100;
const LOOK_AT_PASSING = 400;
const KEY = 45;
const STILL = 900;

const JOB = `from pyspark.sql import SparkSession

def version(_):
    import pandas
    return pandas.__version__

spark = SparkSession.builder.getOrCreate()
print(set(spark.sparkContext.parallelize(range(100), 4).map(version).collect()))
`;

/** What moves though nothing happens: the wheel, and times that pass. */
const PASSING = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]|[\d.]+ (?:s|min)\b/g;

/** Looks at the terminal until it is stopped; leaves out where nothing happens. */
function film(terminal: PseudoTerminal) {
  const taken = new Film();
  let at = 0;
  let last = performance.now();
  let still = 0;
  let looked = 0;
  let before = '';
  const look = () => {
    const now = performance.now();
    const text = terminal.screen.lines().join('\n').replace(PASSING, '');
    still = text === before ? still + now - last : 0;
    if (still < STILL) {
      at += now - last;
      if (text !== before || at - looked >= LOOK_AT_PASSING) {
        taken.look(terminal.screen, Math.round(at));
        looked = at;
      }
    }
    before = text;
    last = now;
  };
  const timer = setInterval(look, LOOK);
  return {
    end() {
      clearInterval(timer);
      taken.look(terminal.screen, Math.round(at));
      return taken.svg({ ...SIZE, title: TITLE }, Math.round(at));
    },
  };
}

/** Types a line as people do, once the terminal asks for one. */
async function type(terminal: PseudoTerminal, prompt: string, line: string): Promise<void> {
  await asks(terminal, prompt);
  await pause(700);
  for (const key of line) {
    terminal.type(key);
    await pause(KEY);
  }
  await pause(300);
  terminal.type('\r');
  await pause(300);
}

const asks = (terminal: PseudoTerminal, prompt: string): Promise<void> =>
  terminal.until((screen) => screen.lines().at(-1)?.trimEnd() === prompt);

async function main(file: string, root: string): Promise<void> {
  if (existsSync(root)) throw new Error(`${root} is there already: name a folder that is not`);
  const directory = join(laboratory.folder, 'recording');
  await rm(join(directory, 'data'), { recursive: true, force: true });
  await mkdir(join(directory, 'home'), { recursive: true });
  const lab = await startLab({ directory: join(directory, 'lab'), hadoop: '3.3.6' });
  try {
    const config = join(directory, 'conda-ferry.yaml');
    await writeConfiguration(config, lab.state, {
      dataDirectory: join(directory, 'data'),
      root,
      slackApiUrl: 'http://127.0.0.1:9/api/',
    });
    const home = join(directory, 'home');
    const ssh = `ssh -F ${lab.state.edge.sshConfigFile}`;
    const job = join(home, 'job.py');
    await writeFile(job, JOB);
    await run(`${ssh} edge spark-submit --master yarn ${job} > ${home}/job.log 2>&1`);
    const rc = join(directory, 'bashrc');
    await writeFile(rc, shell(ssh, config));
    const terminal = onTerminal(['bash', '--noprofile', '--rcfile', rc, '-i'], {
      ...SIZE,
      cwd: home,
      environment: { ...withoutOurs(), HOME: home, LANG: 'C.UTF-8' },
    });
    await asks(terminal, '$');
    const taken = film(terminal);
    await type(terminal, '$', 'conda-ferry diagnose job.log');
    await type(terminal, '$', "conda-ferry exec --wait -- 'create churn python=3.11 numpy pandas'");
    await type(terminal, '$', 'ssh edge');
    await type(terminal, 'edge $', `${root}/run churn@1 pyspark`);
    await type(terminal, '>>>', 'def version(_): import pandas; return pandas.__version__');
    await type(terminal, '...', '');
    await type(terminal, '>>>', 'set(sc.parallelize(range(100), 4).map(version).collect())');
    await asks(terminal, '>>>');
    await pause(500);
    const picture = taken.end();
    terminal.type('exit()\r');
    await type(terminal, 'edge $', 'exit');
    await type(terminal, '$', 'exit');
    await terminal.ended;
    for (const ours of [homedir(), hostname(), process.env.HOME ?? homedir()]) {
      if (picture.includes(`${ours}/`) || picture.includes(`@${ours}`)) {
        throw new Error(`the picture shows ${ours}: record it from another folder`);
      }
    }
    await writeFile(file, picture);
    process.stdout.write(`${file}: ${(picture.length / 1000).toFixed(0)} kB\n`);
  } finally {
    await lab.stop();
    await rm(root, { recursive: true, force: true });
  }
}

/** Fails as the job does; what it wrote is what is wanted. */
const run = (command: string): Promise<void> =>
  new Promise((resolve) => execFile('sh', ['-c', command], () => resolve()));

/** As on a build host where conda-ferry is installed, and `edge` is known. */
const shell = (ssh: string, config: string): string => `
PATH=${join(laboratory.root, 'src')}:$PATH
export CONDA_FERRY_CONFIG=${config}
ssh() { command ${ssh} -t edge "PS1='edge $ ' bash --noprofile --norc -i"; }
bind 'set enable-bracketed-paste off'
PS1='$ '
`;

/** The terminal is a person's own, and not the one this was started in. */
function withoutOurs(): NodeJS.ProcessEnv {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...rest } = process.env;
  return rest;
}

const [file, root, ...more] = process.argv.slice(2);
if (file === undefined || root === undefined || more.length > 0) {
  process.stderr.write('Type: node test/browser/recording.ts FILE.svg ROOT\n');
  process.exitCode = 1;
} else {
  await main(file, root);
}
