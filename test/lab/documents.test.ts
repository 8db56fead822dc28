import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { PROMISES } from '../faults/promises.ts';
import { run } from '../harness/command.ts';
import { testFiles } from '../suites.ts';

const root = laboratory.root;
const folder = mkdtempSync(join(tmpdir(), 'ferry-documents-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Every line that a reader of these is told to type, and where it is run. */
const RUN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': {
    'npm run demo': 'by its reader: prepare, then what the other tests are made of',
    'npm test': 'now',
    "src/conda-ferry exec --wait -- 'create churn python=3.11 numpy'": 'test/path/terminal.test.ts',
    'src/conda-ferry read environment.yml': 'test/terminal/read.test.ts',
    'src/conda-ferry diagnose job.log': 'here',
    'src/conda-ferry lint churn.zip': 'test/packing/lint.test.ts',
    'npm pack': 'test/terminal/installed.test.ts',
    'npm install --global ./conda-ferry-0.1.0.tgz': 'test/path/installed.test.ts',
  },
  'deploy/lab/README.md': {
    'sh deploy/lab/prepare': 'test/lab/prepare.test.ts',
    'src/conda-ferry lab up': 'here',
    'ssh -F .lab/run/edge/ssh_config edge': 'here',
    'PYSPARK_PYTHON=/usr/bin/python3 pyspark --master yarn': 'test/lab/cluster.test.ts',
    'src/conda-ferry lab down': 'here',
  },
  'deploy/README.md': {
    'npm pack': 'test/terminal/installed.test.ts',
    'sudo npm install --prefix /opt/conda-ferry ./conda-ferry-0.1.0.tgz':
      'test/path/installed.test.ts',
    'conda-ferry --version': 'test/terminal/installed.test.ts',
    'sudo conda-ferry init --systemd': 'test/terminal/init.test.ts',
    "sudo sh edge-account.sh --root /data/conda-ferry --from 10.0.0.5 --hdfs /user/conda-ferry/envs --key 'ssh-ed25519 AAAA…'":
      'test/deploy/edge-account.test.ts',
    'conda-ferry init --config ./ferry/conda-ferry.yaml': 'test/terminal/init.test.ts',
  },
  'CONTRIBUTING.md': { 'npm run fast': 'by its reader: npm test runs the same files' },
  'src/README.md': {},
};

/** Where what is to be typed in order ends, and what is to be looked up begins. */
const END: Readonly<Record<string, string>> = { 'deploy/README.md': '\n## Users and folders\n' };

/** The lines in fences that begin with a program, without what is said about them. */
function commandsIn(file: string): string[] {
  const [text = ''] = readFileSync(join(root, file), 'utf8').split(END[file] ?? '\0');
  const fences = [...text.matchAll(/^ *```\w*\n(.*?)^ *```/gms)].map((match) => match[1] ?? '');
  const lines = fences.flatMap((fence) => fence.split('\n'));
  return lines
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) =>
      /^(?:[A-Z_]+=\S+ |sudo )?(?:npm|npx|sh|ssh|node|(?:src\/)?conda-ferry|pyspark) /.test(line),
    );
}

const typed = (line: string, checkout = root) => {
  const [program = '', ...words] = line.split(' ');
  return run(program, words, { cwd: checkout, timeout: 120_000 });
};

for (const [file, lines] of Object.entries(RUN)) {
  test(`every line to type in ${file} is run by a test`, () => {
    assert.deepEqual(commandsIn(file), Object.keys(lines));
    for (const place of Object.values(lines)) {
      assert.ok(!place.startsWith('test/') || existsSync(join(root, place)), place);
    }
  });
}

test('what a document links to is there', () => {
  const documents = globSync(['*.md', 'src/**/*.md', 'deploy/**/*.md'], { cwd: root });
  assert.ok(documents.includes('src/decisions/README.md'));
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      assert.ok(existsSync(join(root, dirname(document), target)), `${document}: ${target}`);
    }
  }
});

test('every unit that a document names is there', () => {
  const [template = ''] = globSync('*@.service', { cwd: join(root, 'deploy/systemd') });
  const commands = ['start', 'bot', 'worker', 'check'];
  const units = commands.map((each) => template.replace('@.service', `@${each}`));
  const documents = globSync(['*.md', 'deploy/*.md', 'deploy/watch/*.md'], { cwd: root });
  const named = documents.flatMap((document) =>
    readFileSync(join(root, document), 'utf8')
      .split('\n')
      .filter((line) => /\b(?:systemctl|journalctl)\b/.test(line))
      .flatMap((line) => line.match(/(?<= )conda-ferry[-@][a-z]+\b(?!\.)/g) ?? []),
  );
  assert.ok(named.length > 5);
  assert.deepEqual(
    named.filter((each) => !units.includes(each)),
    [],
  );
});

test('nothing says to type what would run a stranger’s package where ours is not installed', () => {
  const files = globSync(['*.md', '{src,commands,deploy}/**/*.{md,ts,js,yaml,sh,py,service}'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  });
  assert.ok(files.includes('README.md') && files.includes('src/terminal/catalogue.ts'));
  const ours =
    /\b(?:npx|npm exec)\s+(?!--no\b|--no-install\b)(?:\S+\s+)?(?:conda-ferry|slack-emulator)\b/;
  const told = files.flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    return lines.filter((line) => ours.test(line)).map((line) => `${file}: ${line}`);
  });
  assert.deepEqual(told, []);
  for (const stranger of [
    'npx conda-ferry check',
    'npx --yes conda-ferry',
    'npm exec conda-ferry',
  ]) {
    assert.match(stranger, ours);
  }
  assert.doesNotMatch('npx --no conda-ferry check', ours);
});

test('every promise names tests that there are', () => {
  const named = PROMISES.flatMap(({ shown }) =>
    Object.entries(shown).flatMap(([file, words]) => words.map((each) => [file, each] as const)),
  );
  for (const document of ['deploy/SECURITY.md', 'deploy/RUNBOOK.md']) {
    const rows = readFileSync(join(root, document), 'utf8').split('\n');
    const promises = rows.filter((row) => row.startsWith('| ') && row.includes('`test/'));
    assert.ok(promises.length > 20, document);
    for (const row of promises) {
      const [, file = '', words = ''] = /`(test\/[^`]+)` › (.+?) *\|$/.exec(row) ?? [];
      named.push([file, words]);
    }
  }
  for (const [file, words] of named) {
    assert.ok(words !== '' && testFiles().includes(file), `${file} › ${words}`);
    assert.ok(readFileSync(join(root, file), 'utf8').includes(words), `${file} › ${words}`);
  }
});

test('a script that a document names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const script of Object.keys(scripts)) {
    // What begins with an @ is a package.
    const named = String(scripts[script]).match(/(?<!\S)[^@\s]\S*\/\S+/g) ?? [];
    for (const path of named) assert.ok(existsSync(join(root, path)), path);
  }
  for (const script of ['demo', 'test', 'prepare-lab']) assert.ok(scripts[script], script);
});

test('src/conda-ferry diagnose job.log', async () => {
  const log = join(folder, 'job.log');
  copyFileSync(join(root, 'test/domain/data/tracebacks/numpy-abi.txt'), log);
  const { stdout } = await typed(`src/conda-ferry diagnose ${log}`);
  assert.match(stdout, /numpy/);
});

/**
 * Another checkout of these sources, with what is prepared here and a lab of its own to run: the one that its
 * reader has up, here or in a checkout that shares what is prepared, is not taken away.
 */
function otherCheckout(): string {
  const checkout = join(folder, 'conda-ferry');
  const own = join(checkout, '.lab');
  mkdirSync(own, { recursive: true });
  for (const name of ['commands', 'deploy', 'package.json', 'src']) {
    cpSync(join(root, name), join(checkout, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  for (const name of readdirSync(laboratory.folder)) {
    if (name !== 'run') symlinkSync(join(laboratory.folder, name), join(own, name));
  }
  return checkout;
}

const noLab =
  !existsSync(join(laboratory.folder, 'hadoop-3.3.6/.stamp')) && 'the lab is not prepared';

test('src/conda-ferry lab up, a command on its edge, and lab down', { skip: noLab }, async () => {
  const there = otherCheckout();
  try {
    assert.match((await typed('src/conda-ferry lab up', there)).stdout, /^edge {6}ssh -F /);
    const line = 'ssh -F .lab/run/edge/ssh_config edge command -v pyspark';
    assert.match((await typed(line, there)).stdout, /\/bin\/pyspark\n$/);
    const { stdout } = await typed('src/conda-ferry lab status', there);
    assert.match(stdout, /^The lab is up\./);
    assert.ok(stdout.includes(there), stdout);
  } finally {
    assert.equal((await typed('src/conda-ferry lab down', there)).stdout, 'The lab is down.\n');
  }
});
