import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { laboratory } from '../../deploy/lab/laboratory.ts';

const script = join(laboratory.root, 'deploy/lab/prepare');
const directory = mkdtempSync(join(tmpdir(), 'ferry-prepare-'));
after(() => rmSync(directory, { recursive: true }));

const prepare = (args: string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync('/bin/sh', [script, ...args], { encoding: 'utf8', env });

/** A PATH with basic tools only, and with what `stubs` says about some. */
function bareMachine(name: string, stubs: Record<string, string>): NodeJS.ProcessEnv {
  const bin = join(directory, name);
  const basics =
    'sh cat cut date dirname basename readlink find flock chmod grep id ln ls mkdir mv rm sleep rmdir sha256sum tail uname wc npm node sed awk';
  spawnSync('mkdir', [bin]);
  for (const tool of basics.split(' ')) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    if (!(tool in stubs)) symlinkSync(stdout.trim(), join(bin, tool));
  }
  for (const [tool, text] of Object.entries(stubs)) {
    writeFileSync(join(bin, tool), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  return { PATH: bin, HOME: directory };
}

/** A checkout with what prepare is made of, and no packages. */
function aProject(name: string): string {
  const project = join(directory, name);
  for (const file of ['deploy/lab/prepare', 'deploy/lab/steps.sh', 'src/find-node']) {
    cpSync(join(laboratory.root, file), join(project, file));
  }
  writeFileSync(join(project, 'package-lock.json'), '{}');
  return project;
}

/** Why there is no finished lab of this checkout's own, or false: a link is another one's to change. */
function notPrepared(): string | false {
  if (!existsSync(join(laboratory.folder, 'channel/.stamp'))) return 'the lab is not prepared';
  const linked = [laboratory.folder, join(laboratory.root, 'node_modules')].filter((each) =>
    lstatSync(each).isSymbolicLink(),
  );
  return linked.length > 0 && `${linked.join(' and ')} is another checkout's`;
}

test('a second run finds everything there and says nothing', {
  skip: notPrepared(),
}, () => {
  const { status, stdout, stderr } = prepare(['demo']);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, '');
});

test('an unknown argument is refused with what to type', () => {
  const { status, stderr } = prepare(['everything']);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /unknown argument 'everything'.*prepare \[demo\|test\|npm\|python\|channel\]/,
  );
});

test('without Python it stops and says what to type', () => {
  const { status, stderr } = prepare(['demo'], bareMachine('without-python', {}));
  assert.equal(status, 2);
  assert.match(stderr, /Python 3\.11 or newer is needed\. Type: apt-get install -y python3/);
});

test('who is not root gets one line that installs what is missing', () => {
  const machine = bareMachine('not-root', { id: 'echo 1000', python3: 'exit 0' });
  const { status, stderr } = prepare(['demo'], machine);
  assert.equal(status, 2);
  assert.match(stderr, /Type: sudo apt-get install -y .*maven.*bubblewrap\n$/);
});

test('a link to the packages of another checkout stays, and one that leads nowhere is told', () => {
  const project = aProject('linked');
  const machine = bareMachine('linked-machine', { npm: 'rm -r node_modules; mkdir node_modules' });
  const packages = join(project, 'node_modules');
  symlinkSync(join(directory, 'their-packages'), packages);
  const words = [join(project, 'deploy/lab/prepare'), 'npm'];
  const prepared = () => spawnSync('/bin/sh', words, { encoding: 'utf8', env: machine });
  const { status, stderr } = prepared();
  assert.equal(status, 2);
  assert.match(stderr, /node_modules is a link that leads to no packages\. Remove it/);
  mkdirSync(join(directory, 'their-packages/.bin'), { recursive: true });
  assert.deepEqual([prepared().status, lstatSync(packages).isSymbolicLink()], [0, true]);
});

test('Ctrl-C ends everything that is at work and leaves nothing half-made', async () => {
  const project = aProject('project');
  // Nobody else's, as the same test may run for another checkout.
  const mark = `86399.${process.pid}`;
  const machine = bareMachine('interrupted', {
    ...{ npm: `exec sleep ${mark}`, mvn: 'exit 0', bwrap: 'exit 0', zsh: 'exit 0', sshd: 'exit 0' },
    // `python3 -m venv FOLDER` makes a folder whose pip never ends.
    python3: `case $2 in venv) mkdir -p "$3/bin"; printf '#!/bin/sh\\nsleep ${mark} & wait' >"$3/bin/pip"; chmod +x "$3/bin/pip" ;; esac`,
  });
  const child = spawn('sh', ['deploy/lab/prepare', 'demo'], {
    cwd: project,
    env: { ...machine, JAVA_HOME: laboratory.javaHome },
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const ended = once(child, 'close');
  const atWork = () => spawnSync('pgrep', ['-f', `sleep ${mark}`], { encoding: 'utf8' }).stdout;
  while (atWork().trim().split('\n').length < 2) {
    assert.equal(child.exitCode, null, said);
    await setTimeout(50);
  }
  process.kill(-Number(child.pid), 'SIGINT');
  const [code] = await ended;
  assert.equal(code, 130, said);
  assert.match(said, /interrupted\. To go on, type: sh deploy\/lab\/prepare demo\n$/);
  assert.equal(atWork(), '');
  assert.deepEqual(readdirSync(join(project, '.lab')).sort(), [
    'downloads',
    'java',
    'lock',
    'logs',
  ]);
});
