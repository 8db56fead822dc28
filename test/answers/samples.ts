/** View models the tests of rendering share: one build in every state, and one of every reply. */
import type { Approval } from '../../src/domain/approval.ts';
import type { Archive } from '../../src/domain/archive.ts';
import type { AuditEntry } from '../../src/domain/audit.ts';
import {
  type Build,
  type BuildState,
  newBuild,
  type Requester,
  STEP_NAMES,
  type Step,
  type StepName,
} from '../../src/domain/build.ts';
import { compareSides, type Side } from '../../src/domain/comparison.ts';
import { USUAL } from '../../src/domain/defaults.ts';
import type { Finding } from '../../src/domain/diagnosis.ts';
import {
  type Environment,
  type ExecutorEvidence,
  type LineForm,
  type Move,
  newEnvironment,
  type Revision,
  type Staging,
  type Verification,
} from '../../src/domain/environment.ts';
import type { Failure } from '../../src/domain/errors.ts';
import { everyPackage, type Lock, type LockedPackage } from '../../src/domain/lock.ts';
import { type LockFormat, lockFile } from '../../src/domain/lock-file.ts';
import type { Note } from '../../src/domain/note.ts';
import type { Plan } from '../../src/domain/plan.ts';
import {
  type Audience,
  type CommandGroup,
  type CommandHelp,
  generalFindings,
  type InvocationLine,
  type Reader,
  type Reply,
} from '../../src/domain/reply.ts';
import type { BuildRequest, Layout } from '../../src/domain/request.ts';
import type { Settings } from '../../src/domain/services.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { OUTCOME_NAMES, type Subscription } from '../../src/domain/subscription.ts';

import { OPERATIONS } from './operations.ts';

const START = Date.UTC(2026, 2, 2, 9, 0, 0);

/** Who reads the answers: who owns the samples. */
export const ANA: Reader = { user: 'U0ANARUIZ1', withheld: [] };

export const settings: Settings = {
  command: '/conda-env',
  channels: [
    { name: 'conda-forge', default: true, url: 'https://conda.anaconda.org/conda-forge' },
    { name: 'internal', default: false },
  ],
  edges: [
    { name: 'lab', default: true },
    { name: 'madrid', default: false },
  ],
  indexes: ['pypi'],
  projects: { repositories: ['features'], paths: [] },
  operators: ['U0OMARHAD1'],
  roles: [],
  approvals: [],
  ...USUAL,
  retention: { ...USUAL.retention, usedDays: 0 },
};

export const archive: Archive = {
  ...{ name: 'churn.zip', format: 'zip', sha256: 'a'.repeat(64) },
  ...{ bytes: 41_200_000, files: 8123 },
};

export function staging(edge = 'lab', layout: Layout = 'local'): Staging {
  const root = '/srv/ferry';
  return {
    ...{ edge, environment: 'churn', revision: 3, archive },
    archivePath: `${root}/archives/${archive.sha256}/${archive.name}`,
    archiveLink: `${root}/envs/churn/3/churn.zip`,
    hdfs: `hdfs://${edge}:9000/ferry/${'a'.repeat(64)}/churn.zip`,
    driverPrefix: `${root}/envs/churn/3`,
    globalFolder: `${root}/envs/churn/3.global`,
    root,
    layout,
    aliases: { local: 'churn_zip', global: 'MYGLOBALENV' },
    cluster: {
      name: 'yarn-hadoop3.5-spark3.5',
      manager: 'yarn',
      spark: '3.5.9',
      hadoop: '3.5.0',
      master: null,
      sparkHome: '/opt/spark',
      glibc: '2.36',
      architecture: 'x86_64',
    },
    activation: {},
    stagedAt: START + 60_000,
  };
}

export function executor(host: string, alias = 'churn_zip'): ExecutorEvidence {
  return {
    host,
    executable: `./${alias}/churn/bin/python`,
    python: '3.11.9',
    glibc: '2.36',
    packages: { numpy: '2.2.6', pandas: '2.3.3' },
    numpyFile: `/tmp/nm-local-dir/usercache/ana/appcache/application_1/container_1/${alias}/churn/lib/python3.11/site-packages/numpy/__init__.py`,
    failedImports: {},
  };
}

export function verification(
  edge = 'lab',
  outcome: Verification['outcome'] = 'proven',
  change: Partial<Verification> = {},
): Verification {
  const proven = outcome === 'proven';
  return {
    edge,
    at: START + 90_000,
    outcome,
    reason: proven ? null : 'there is no Spark on the edge node',
    npv: proven ? ['2.2.6'] : [],
    executors: proven ? [executor('worker-1'), executor('worker-2')] : [],
    seconds: 14.2,
    ...change,
  };
}

export function invocationLine(
  edge = 'lab',
  tool: InvocationLine['tool'] = 'pyspark',
  layout: Layout = 'local',
): InvocationLine {
  const place = staging(edge, layout);
  const python =
    layout === 'global' ? './MYGLOBALENV/churn/bin/python' : './churn_zip/churn/bin/python';
  const driver =
    layout === 'global' ? '' : `PYSPARK_DRIVER_PYTHON=${place.driverPrefix}/bin/python `;
  const text = `${driver}PYSPARK_PYTHON=${python} ${tool} --master yarn --deploy-mode client --conf spark.yarn.appMasterEnv.PYSPARK_PYTHON=${python} --archives '${place.archivePath}#${place.aliases[layout]}'${tool === 'spark-submit' ? ' app.py' : ''}`;
  return {
    edge,
    tool,
    form: { purpose: 'shell', tool, mode: 'client', layout },
    title: `${tool}, client mode`,
    directory: layout === 'global' ? place.globalFolder : null,
    text,
    rows: text.replaceAll(' --', ' \\\n  --'),
    short: `${place.root}/run churn@3 ${tool}`,
    language: null,
    warnings: [],
    staging: place,
    verification: verification(edge),
  };
}

/** A line of another form than the one that was run as its proof. */
function otherForm(title: string, change: Partial<LineForm>): Reply {
  const line = invocationLine('lab', 'spark-submit');
  const ran: LineForm = { ...line.form };
  const form = { ...line.form, ...change };
  const lines = [
    {
      ...line,
      ...(change.purpose || change.layout ? { short: null } : {}),
      title,
      form,
      verification: verification('lab', 'proven', { form: ran }),
    },
  ];
  return { kind: 'invocation', environment: 'churn', revision: 3, lines };
}

/** Steps before `current` are complete, `current` has `status`, the rest waits. */
function steps(current: StepName | null, status: Step['status'] = 'in_progress'): Step[] {
  const details: Record<StepName, string> = {
    solve: '16 packages, 98 MB to download',
    create: '62 MB of 98 MB',
    install: 'features 1.2.0',
    pack: '41 MB, 11 of 16 packages from the cache',
    stage: '3 MB sent, 38 MB were there',
    verify: '2 executors',
  };
  const at = current === null ? STEP_NAMES.length : STEP_NAMES.indexOf(current);
  return STEP_NAMES.map((name, index): Step => {
    const startedAt = START + 1000 + index * 4000;
    if (index < at) {
      return {
        name,
        status: 'complete',
        detail: details[name],
        startedAt,
        finishedAt: startedAt + 4000,
      };
    }
    if (index === at) {
      return {
        name,
        status,
        detail: details[name],
        startedAt,
        finishedAt: status === 'in_progress' ? null : startedAt + 2000,
      };
    }
    return { name, status: 'pending', detail: null, startedAt: null, finishedAt: null };
  });
}

export function build(state: BuildState, change: Partial<Build> = {}): Build {
  const queued = newBuild({
    id: 'b4k7q2',
    request: {
      environment: 'churn',
      specs: ['python=3.11', 'numpy', 'scipy', 'pandas>=2,<3'].map((text) => parseSpec(text)),
      pip: [],
      channels: [],
      projects: [],
      edges: [],
      layout: 'local',
      format: 'auto',
      packer: 'segments',
      force: false,
    },
    requester: { user: 'U0ANARUIZ1', channel: 'C0DATASCI1', team: 'T0ACMEDATA' },
    now: START,
  });
  const running: Partial<Build> = {
    state,
    engine: 'micromamba 2.3.0',
    startedAt: START + 1000,
    steps: steps('create'),
  };
  const settled = { finishedAt: START + 43_000 };
  const byState: Record<BuildState, Partial<Build>> = {
    queued: {},
    running,
    ready: {
      ...running,
      ...settled,
      steps: steps(null),
      revision: 3,
      fingerprint: 'f'.repeat(64),
      archive,
      stagings: [staging()],
      verifications: [verification()],
    },
    failed: { ...running, ...settled, steps: steps('solve', 'error'), failure: failures.user },
    cancelled: {
      ...running,
      ...settled,
      cancelRequested: { user: 'U0BENOKAF1', at: START + 40_000 },
    },
  };
  return { ...queued, ...byState[state], ...change };
}

export const failures: Record<'user' | 'outside' | 'proof' | 'defect', Failure> = {
  user: {
    code: 'unsatisfiable',
    kind: 'user',
    message:
      'No build of `scipy=0.19` works with `python=3.11`: the newest one that does is 1.9.3.',
    suggestion: 'Ask for `scipy>=1.9`, or for `python=3.6`.',
    details: 'error: Could not solve\n  a\n  b\n',
    retryable: false,
  },
  outside: {
    code: 'edge-unreachable',
    kind: 'outside',
    message: 'The edge `lab` does not answer on port 22.',
    suggestion: null,
    details: null,
    retryable: true,
  },
  proof: {
    code: 'verification-failed',
    kind: 'outside',
    message:
      'The environment is staged on `lab`, but it does not work on the executors: The run ended with code 1: No module named x',
    suggestion: 'Retry runs only this proof again; Logs has what Spark printed.',
    details: null,
    retryable: true,
  },
  defect: {
    code: 'defect',
    kind: 'defect',
    message: 'Conda Ferry met an error it does not know.',
    suggestion: 'Tell the operator the build id: the log of the worker has the whole story.',
    details: 'TypeError: x is not a function\n at y',
    retryable: false,
  },
};

export function buildReply(value: Build, audience: Audience = 'channel'): Reply {
  return { kind: 'build', build: value, audience };
}

export function revision(number = 3): Revision {
  const ready = build('ready');
  return {
    number,
    fingerprint: 'f'.repeat(64),
    buildId: ready.id,
    request: ready.request,
    lock: {
      platform: 'linux-64',
      packages: ['python 3.11.9', 'numpy 2.2.6', 'pandas 2.3.3'].map((entry) => {
        const [name = '', version = ''] = entry.split(' ');
        return {
          name,
          version,
          build: 'h1_0',
          subdir: 'linux-64',
          channel: 'conda-forge',
          url: `https://channel.example/${name}-${version}-h1_0.conda`,
          sha256: 'b'.repeat(64),
          md5: null,
          size: 1000,
        };
      }),
    },
    projects: [],
    notes: [],
    imports: { numpy: ['numpy'] },
    archive,
    stagings: [staging()],
    verifications: [verification()],
    createdAt: START + 43_000,
    createdBy: 'U0ANARUIZ1',
    letGo: null,
    used: null,
  };
}

export function environment(name = 'churn', count = 3): Environment {
  const revisions = Array.from({ length: count }, (_, index) => revision(index + 1));
  return { ...newEnvironment(name, 'U0ANARUIZ1', START), revisions };
}

/** `churn` after a move, the last of its revisions with another numpy. */
function moved(change: Pick<Move, 'tag' | 'from' | 'to'>): Environment {
  const { revisions, ...rest } = environment();
  const older = revisions.slice(0, -1).map((known) => ({
    ...known,
    lock: {
      ...known.lock,
      packages: known.lock.packages.map((entry) =>
        entry.name === 'numpy' ? { ...entry, version: '1.26.4', sha256: 'c'.repeat(64) } : entry,
      ),
    },
  }));
  const move: Move = { ...change, by: 'U0ANARUIZ1', at: START + 3_600_000 };
  return {
    ...rest,
    revisions: [...older, ...revisions.slice(-1)],
    tags: move.tag === null || move.to === null ? {} : { [move.tag]: move.to },
    defaultRevision: 2,
    moves: [{ ...move, tag: null, from: 3, to: 2 }, move],
  };
}

function moveReply(change: Pick<Move, 'tag' | 'from' | 'to'>): Extract<Reply, { kind: 'move' }> {
  const environment = moved(change);
  return { kind: 'move', environment, move: environment.moves.at(-1) as Move, unreached: [] };
}

/** The lock of `churn@3` as a file, with so many packages. */
function fileReply(format: LockFormat, count: number): Reply {
  const { lock } = revision(3);
  const packages = Array.from({ length: count }, (_, index) => {
    const [sample] = lock.packages.slice(index % lock.packages.length);
    return { ...(sample as LockedPackage), ...(index < 3 ? {} : { name: `package-${index}` }) };
  });
  const projects = [{ name: 'scoring', origin: 'features@0123abc', sha256: 'd'.repeat(64) }];
  const subject = { label: 'churn@3', name: 'churn', lock: { ...lock, packages }, projects };
  return { kind: 'file', file: lockFile(subject, format) };
}

const createHelp: CommandHelp = {
  name: 'create',
  group: 'make',
  onFirstPage: true,
  aliases: ['build', 'new'],
  summary: 'Build an environment and get the line that uses it',
  usage: 'create NAME PACKAGE… [--channel NAME] [--edge NAME] [--layout local|global]',
  examples: [
    'create churn python=3.11 numpy pandas',
    'create churn "numpy >=1.26,<2" --edge madrid',
  ],
  whoCanUse: 'everyone; a name that is taken, its owner',
  options: [
    { flags: '-c, --channel NAME', summary: 'where packages come from; the first wins' },
    { flags: '--layout NAME', summary: '`local` (default) or `global`' },
  ],
  notes: ['Without arguments a form opens.'],
};

function helpFor(
  group: CommandGroup,
  name: string,
  summary: string,
  whoCanUse = 'everyone',
): CommandHelp {
  const onFirstPage = whoCanUse === 'everyone';
  return {
    ...{ ...createHelp, group, onFirstPage, name, summary, whoCanUse },
    ...{ aliases: [], options: [], notes: [] },
  };
}

export const commandHelps: CommandHelp[] = [
  createHelp,
  helpFor('use', 'run', 'The line that uses an environment'),
  helpFor('make', 'status', 'How far a build is'),
  helpFor('failure', 'logs', 'The end of the log of a build'),
  helpFor('make', 'cancel', 'Stop a build', 'who asked for it, operators'),
  helpFor('use', 'list', 'The environments there are'),
  helpFor('use', 'show', 'All about an environment'),
  helpFor('failure', 'diagnose', 'Why a Spark job failed'),
  helpFor('lookAfter', 'help', 'This page'),
];

function subscription(change: Partial<Subscription>): Subscription {
  return {
    ...{ user: 'U0ANARUIZ1', environment: null, owner: null, edge: null, channel: null },
    ...{ outcomes: OUTCOME_NAMES, at: 0, ...change },
  };
}

const overview: Reply = {
  ...{ kind: 'help', topic: null, commands: commandHelps, all: false, command: '/conda-env' },
};

const finding: Finding = {
  id: 'exec-bit-lost',
  title: 'The interpreter lost its executable bit',
  confidence: 0.95,
  evidence: [
    {
      line: 41,
      text: 'Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied',
    },
  ],
  cause: 'The archive was unpacked by something that does not restore Unix modes.',
  fix: 'Ship a `.tar.gz` instead of a zip.',
  command: 'pyspark --archives churn.tar.gz#churn',
};

const missing: Finding = {
  id: 'module-missing-on-executor',
  title: 'A module is missing on the executors',
  confidence: 0.95,
  evidence: [{ line: 41, text: "ModuleNotFoundError: No module named 'sklearn'" }],
  cause: "The executors' Python has no `sklearn`.",
  fix: '`churn@3` has no `scikit-learn`: build the next revision with it, and start the job with its line.',
  command: '/conda-env create churn python=3.11 numpy scikit-learn',
};

const twoEdges = build('ready', {
  request: { ...build('ready').request, edges: ['lab', 'madrid'] },
  stagings: [staging('lab'), staging('madrid')],
  verifications: [verification('lab'), verification('madrid', 'smoke-tested')],
});

/** Packages by `name version megabytes`. */
function lockOf(...texts: string[]): Lock {
  const packages = texts.map((text) => {
    const [name = '', version = '', megabytes = '0'] = text.split(' ');
    return {
      ...{ name, version, build: 'h1_0', subdir: 'linux-64', channel: 'conda-forge' },
      url: `https://channel.example/${name}-${version}-h1_0.conda`,
      sha256: Buffer.from(text).toString('hex').padEnd(64, '0'),
      ...{ md5: null, size: megabytes === '0' ? null : Number(megabytes) * 1e6 },
    };
  });
  return { platform: 'linux-64', packages };
}

function plan(change: Partial<Plan> = {}): Plan {
  return {
    request: { ...build('queued').request, edges: ['lab'] },
    engine: 'py-rattler 0.28.0 (no conda is on the PATH)',
    lock: lockOf(
      ...['libblas 3.9.0 15', 'libgfortran 14.2 1.6', 'numpy 2.2.6 8.2', 'openssl 3.5.1 2.9'],
      ...['pandas 2.3.3 14', 'python 3.11.9 32', 'scipy 1.15.3 17', 'six 1.17.0 0.02'],
    ),
    projects: [],
    notes: [],
    format: 'zip',
    fingerprint: 'e'.repeat(64),
    before: {
      number: 3,
      fingerprint: 'f'.repeat(64),
      lock: lockOf(
        ...['libblas 3.9.0 15', 'numpy 1.26.4 7.9', 'openssl 3.5.1 2.9', 'pandas 2.3.3 14'],
        ...['python 3.11.9 32', 'scipy 1.15.3 17', 'tzdata 2025b 0.1'],
      ),
    },
    staged: null,
    ...change,
  };
}

export function approval(change: Partial<Approval> = {}): Approval {
  const { request, lock, before } = plan();
  return {
    ...{ id: 'a7k2m9', request, lock, before, projects: [], tag: null, digest: 'd'.repeat(64) },
    requester: { user: 'U0ANARUIZ1', channel: 'C0PLATFORM', team: 'T0LAB' },
    needs: [{ about: 'the edge `lab`', by: 'release', count: 1, where: 'C0RELEASES' }],
    ...{ given: [], refused: null, buildId: null, isSpent: false },
    ...{ createdAt: START, expiresAt: START + 72 * 3600_000 },
    ...change,
  };
}

const addedByButton: Requester = {
  ...{ user: 'U0ANARUIZ1', channel: 'C0PLATFORM', team: 'T0LAB' },
  ...{ way: 'button', said: 'add churn scipy' },
};

function auditEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: START,
    requester: { user: 'U0ANARUIZ1', channel: 'C0PLATFORM', team: 'T0LAB' },
    login: null,
    ...{ deed: 'create', environment: 'churn', build: 'b4k7q2' },
    text: 'create churn python=3.11 numpy',
    ...{ approval: null, outcome: 'done' },
    ...change,
  };
}

const NOTES: Note[] = [
  {
    tone: 'added',
    text: '`python<3.12` was added: Spark 3.5 on `lab` runs Python 3.8–3.11.',
    repair: null,
  },
  {
    tone: 'warning',
    text: 'Spark 3.5 on `lab` asks for `numpy>=1.15,<2.0`, and this has numpy 2.2.6: `pyspark.pandas` breaks.',
    repair: {
      label: 'Build with numpy>=1.15,<2.0',
      command: 'create churn python=3.11 numpy>=1.15,<2.0',
    },
  },
  {
    tone: 'forced',
    text: 'Spark 3.5 on `lab` runs Python 3.8–3.11, and this has Python 3.13.1.',
    repair: { label: 'Build with python=3.11', command: 'create churn python=3.11 numpy' },
  },
];

/** A revision with the packages that the sample of a plan begins with. */
function planned(number: number): Revision {
  const { before } = plan();
  return { ...revision(number), lock: before?.lock ?? lockOf(), fingerprint: 'f'.repeat(64) };
}

function requestOf(...specs: string[]): BuildRequest {
  return { ...plan().request, specs: specs.map((text) => parseSpec(text)) };
}

/** One of every kind and state, by the name of its golden text. */
function askedSide(...specs: string[]): Side {
  return {
    ...{ label: 'environment.yml', installed: null },
    asked: { specs: specs.map((text) => parseSpec(text)), pip: [] },
    left: [{ line: 9, text: '- -e .' }],
  };
}

/** Of a file with these specs, and a revision. */
function comparison(...specs: string[]): Extract<Reply, { kind: 'comparison' }> {
  const { request, lock } = planned(3);
  const from = askedSide(...specs);
  const to = { label: 'churn@3', asked: request, installed: everyPackage(lock), left: [] };
  return { kind: 'comparison', from, to, compared: compareSides(from, to) };
}

export const samples: Readonly<Record<string, Reply>> = {
  'build-queued': buildReply(build('queued')),
  'build-waiting': {
    ...{ kind: 'build', build: build('queued'), audience: 'requester' },
    outlook: { position: 3, seconds: 238 },
  },
  'build-running': buildReply(build('running')),
  'build-left': {
    ...{ kind: 'build', build: build('running'), audience: 'requester' },
    outlook: { position: null, seconds: 42 },
  },
  'build-being-proven': buildReply(
    build('running', {
      ...{ revision: 3, stagings: [staging()], steps: steps('verify') },
      verifications: [verification('lab', 'smoke-tested', { reason: null })],
    }),
  ),
  'build-staged-on-one-of-two': buildReply(
    build('running', {
      request: { ...build('running').request, edges: ['lab', 'madrid'] },
      ...{ revision: 3, stagings: [staging()], steps: steps('stage') },
      verifications: [verification('lab', 'smoke-tested', { reason: null })],
    }),
  ),
  'build-joined': buildReply(build('running'), 'requester'),
  'build-stopping': buildReply(
    build('running', { cancelRequested: { user: 'U0BENOKAF1', at: START } }),
  ),
  'build-ready-local': buildReply(build('ready')),
  'build-ready-global': buildReply(
    build('ready', {
      request: { ...build('ready').request, layout: 'global' },
      stagings: [staging('lab', 'global')],
      verifications: [
        verification('lab', 'proven', { executors: [executor('worker-1', 'MYGLOBALENV')] }),
      ],
    }),
  ),
  'build-ready-two-edges': buildReply(twoEdges),
  'build-ready-noted': buildReply(
    build('ready', {
      notes: NOTES,
      verifications: [
        verification('lab', 'proven', {
          tables: ['a DataFrame', 'toPandas'],
          times: { application: 6.12, executors: 3.4, asking: 4.01 },
        }),
      ],
    }),
  ),
  'build-ready-reused': buildReply(build('ready', { reused: true })),
  'build-ready-replacing': buildReply(build('ready', { replaces: 1 })),
  'build-verifying': buildReply(build('ready', { verifying: true })),
  'build-not-proven': buildReply(
    build('ready', {
      verifications: [
        verification('lab', 'failed', {
          reason: 'After 300 s no executor had answered.',
          npv: ['2.2.6', '1.26.4'],
          executors: [
            {
              ...executor('worker-1'),
              numpyFile: '/usr/lib/python3/dist-packages/numpy/__init__.py',
              failedImports: { pandas: "No module named 'pandas'" },
            },
          ],
        }),
      ],
    }),
  ),
  'build-with-project': buildReply(
    build('running', {
      steps: steps('install'),
      request: {
        ...build('running').request,
        projects: [{ kind: 'repository', repository: 'features', ref: 'main' }],
      },
    }),
  ),
  'build-failed-user': buildReply(build('failed')),
  'build-failed-outside': buildReply(
    build('failed', { failure: failures.outside, steps: steps('stage', 'error') }),
  ),
  'build-failed-proof': buildReply(
    build('failed', {
      failure: failures.proof,
      ...{ revision: 3, steps: steps('verify', 'error') },
    }),
  ),
  'build-failed-defect': buildReply(build('failed', { failure: failures.defect, attempt: 2 })),
  'build-let-go': buildReply(
    build('ready', { letGo: { at: START + 3_600_000, by: 'U0ANARUIZ1' } }),
  ),
  leaving: {
    ...{ kind: 'leaving', environment: environment(), forced: false },
    revisions: [revision(2)],
  },
  'leaving-all': {
    ...{ kind: 'leaving', environment: environment(), forced: true },
    revisions: environment().revisions.map((known) => ({
      ...known,
      used:
        known.number === 2
          ? { application: 'application_1_2', user: 'ana', edge: 'lab', at: START }
          : null,
    })),
  },
  left: { kind: 'left', environment: environment(), revisions: [revision(2)], left: [] },
  'left-waiting': {
    kind: 'left',
    environment: environment(),
    revisions: environment().revisions,
    left: [{ edge: 'madrid', why: 'The edge `madrid` does not answer on port 22.' }],
  },
  'left-all': {
    kind: 'left',
    environment: {
      ...environment(),
      revisions: environment().revisions.map((each) => ({
        ...each,
        letGo: { at: START, by: 'U0ANARUIZ1' },
      })),
    },
    revisions: environment().revisions,
    left: [],
  },
  'left-later': { kind: 'left', environment: environment(), revisions: [revision(2)], left: null },
  'environment-let-go': {
    kind: 'environment',
    reader: ANA,
    isWatched: false,
    environment: environment(),
    revision: { ...revision(2), stagings: [], letGo: { at: START + 3_600_000, by: null } },
    building: null,
  },
  'build-cancelled': buildReply(build('cancelled')),
  invocation: {
    kind: 'invocation',
    environment: 'churn',
    revision: 3,
    lines: [
      {
        ...invocationLine(),
        warnings: ['`spark.pyspark.python` in spark-defaults.conf wins over this line.'],
      },
      {
        ...invocationLine(),
        form: { purpose: 'livy', tool: 'pyspark', mode: 'cluster', layout: 'local' },
        title: 'Livy session',
        language: 'json',
        short: null,
        text: '{\n  "kind": "pyspark"\n}',
        rows: '{\n  "kind": "pyspark"\n}',
      },
    ],
  },
  'invocation-cluster-mode': otherForm('spark-submit, cluster mode', {
    ...{ tool: 'spark-submit', mode: 'cluster' },
  }),
  'invocation-jupyter': otherForm('Jupyter kernel (kernel.json)', { purpose: 'jupyter' }),
  'invocation-other-layout': otherForm('spark-submit, client mode', {
    ...{ tool: 'spark-submit', layout: 'global' },
  }),
  'invocation-not-proven': {
    kind: 'invocation',
    environment: 'churn',
    revision: 3,
    lines: [
      {
        ...invocationLine(),
        verification: verification('lab', 'failed', {
          reason:
            'The Python on the driver is /usr/bin/python3, not the one of the archive. `spark-env.sh` on the edge (`/etc/spark/conf/spark-env.sh`, line 12) exports `PYSPARK_PYTHON=/usr/bin/python3` and wins on the driver.',
        }),
      },
    ],
  },
  'environment-noted': {
    ...{
      kind: 'environment',
      isWatched: false,
      reader: ANA,
      environment: environment(),
      building: null,
    },
    revision: { ...revision(), notes: NOTES },
  },
  'environment-moved': {
    kind: 'environment',
    reader: ANA,
    isWatched: false,
    environment: moved({ tag: 'prod', from: 1, to: 2 }),
    revision: revision(2),
    building: null,
  },
  'move-tag': moveReply({ tag: 'prod', from: 2, to: 3 }),
  'move-new-tag': moveReply({ tag: 'prod', from: null, to: 3 }),
  'move-untag': moveReply({ tag: 'prod', from: 3, to: null }),
  'move-rollback': moveReply({ tag: null, from: 3, to: 2 }),
  'move-untold': { ...moveReply({ tag: 'prod', from: 2, to: 3 }), unreached: ['lab'] },
  'move-untold-all': { ...moveReply({ tag: 'prod', from: 2, to: 3 }), unreached: null },
  'move-nothing': moveReply({ tag: 'prod', from: 3, to: 3 }),
  file: fileReply('environment.yml', 3),
  'file-long': fileReply('explicit', 60),
  plan: { kind: 'plan', plan: plan(), whole: false, insists: false, id: null },
  'plan-noted': {
    kind: 'plan',
    plan: plan({ notes: NOTES }),
    whole: false,
    insists: false,
    id: null,
  },
  'plan-timed': {
    ...{ kind: 'plan', plan: plan(), whole: false, insists: false, id: null },
    seconds: 42,
  },
  'plan-kept': { kind: 'plan', plan: plan(), whole: false, insists: false, id: 'p3f2a9c' },
  'plan-whole': { kind: 'plan', plan: plan(), whole: true, insists: false, id: null },
  'plan-first': {
    kind: 'plan',
    plan: plan({ before: null }),
    whole: false,
    insists: true,
    id: null,
  },
  'plan-same': {
    ...{ kind: 'plan', whole: false, insists: false, id: null },
    plan: plan({ fingerprint: 'f'.repeat(64), staged: 3 }),
  },
  known: {
    ...{ kind: 'known', environment: 'churn', revision: 3, means: 3 },
    lines: [invocationLine()],
  },
  'known-older': {
    ...{ kind: 'known', environment: 'churn', revision: 3, means: 4 },
    lines: [invocationLine()],
  },
  edit: { kind: 'edit', plan: plan(), base: planned(3), id: 'p3f2a9c' },
  'edit-asked': {
    ...{ kind: 'edit', base: planned(3), id: 'p3f2a9c' },
    plan: plan({ lock: planned(3).lock, request: requestOf('python=3.11', 'numpy<2', 'tzdata') }),
  },
  revisions: {
    kind: 'revisions',
    from: { ...planned(1), createdAt: START },
    to: { ...planned(3), lock: plan().lock, request: requestOf('python=3.11', 'numpy>=2') },
  },
  comparison: comparison('python=3.11', 'numpy>=3', 'polars'),
  'comparison-met': comparison('python=3.11'),
  'comparison-asked': {
    ...comparison('python=3.11', 'numpy>=3'),
    to: { ...askedSide('python=3.12', 'numpy>=3', 'scipy'), label: 'other.yml' },
    compared: compareSides(
      askedSide('python=3.11', 'numpy>=3'),
      askedSide('python=3.12', 'numpy>=3', 'scipy'),
    ),
  },
  builds: { kind: 'builds', builds: [build('running'), build('ready'), build('failed')] },
  'builds-none': { kind: 'builds', builds: [] },
  operations: { kind: 'operations', operations: OPERATIONS },
  'operations-none': {
    kind: 'operations',
    operations: {
      ...OPERATIONS,
      ...{
        queues: OPERATIONS.queues.slice(1),
        workers: [],
        edges: [{ name: 'lab', freeBytes: null, freeze: null }],
      },
      ended: { hours: 24, ready: 0, cancelled: 0, failed: [], isPart: false },
    },
  },
  environments: {
    kind: 'environments',
    ...{ page: 1, count: 2, mine: false, all: false },
    reader: ANA,
    environments: [environment(), environment('nightly', 0)],
    others: null,
    letGo: 2,
  },
  'environments-moved': {
    kind: 'environments',
    ...{ page: 1, count: 1, mine: false, all: false },
    reader: ANA,
    environments: [moved({ tag: 'prod', from: 1, to: 2 })],
    others: null,
    letGo: 0,
  },
  'environments-none': {
    kind: 'environments',
    ...{ page: 1, count: 0, mine: false, all: false },
    reader: ANA,
    environments: [],
    others: null,
    letGo: 0,
  },
  'environments-none-mine': {
    kind: 'environments',
    ...{ page: 1, count: 0, mine: true, all: false },
    reader: ANA,
    environments: [],
    others: 2,
    letGo: 1,
  },
  environment: {
    kind: 'environment',
    reader: ANA,
    isWatched: false,
    environment: environment(),
    revision: revision(3),
    building: build('running'),
  },
  log: {
    kind: 'log',
    build: build('running'),
    lines: ['solving', '\u001b[32mdone\u001b[0m'],
    last: 50,
    passedOver: null,
    more: false,
  },
  'log-more': {
    kind: 'log',
    build: build('ready'),
    passedOver: build('ready', { id: 'c5m8r3', reused: true }),
    lines: ['packing', 'done'],
    last: 2,
    more: true,
  },
  'log-none': {
    kind: 'log',
    build: build('queued'),
    passedOver: null,
    lines: [],
    last: 50,
    more: false,
  },
  findings: generalFindings([finding, { ...finding, confidence: 0.5, command: '' }]),
  'findings-none': generalFindings([]),
  'findings-own': {
    ...generalFindings([missing]),
    own: {
      ...{ environment: 'churn', owner: 'U0ANARUIZ1', revision: 3, newest: 4, by: 'log' },
      logLine: 12,
      notes: [],
      line: invocationLine('lab', 'spark-submit'),
      lineCommand: 'run churn@3 spark-submit',
      repairs: [
        {
          label: 'Build it with scikit-learn',
          command: 'create churn python=3.11 numpy scikit-learn',
        },
      ],
    },
  },
  'findings-asked': {
    ...generalFindings([finding]),
    choices: ['churn', 'fraud'].map((name) => ({
      label: `${name}@3`,
      command: `diagnose --environment ${name} --kept b4k7q2`,
    })),
    unknown: 'sales@7',
  },
  search: {
    kind: 'search',
    specs: [parseSpec('openssl<3.0.15'), parseSpec('nunpy')],
    ...{ all: false, page: 1, looked: 40, count: { revisions: 21, environments: 2 } },
    found: [
      {
        ...{ environment: 'churn', owner: 'U0ANARUIZ1', revision: 3, isThere: true },
        ...{ isDefault: true, tags: ['prod'] },
        packages: [{ name: 'openssl', version: '3.0.14', channel: 'conda-forge' }],
      },
      ...Array.from({ length: 20 }, (_, index) => ({
        ...{ environment: 'sales', owner: 'U0BENOKAF1', revision: index + 1, isThere: true },
        ...{ isDefault: false, tags: ['old'] },
        packages: [{ name: 'openssl', version: '3.0.2', channel: 'conda-forge' }],
      })),
    ],
    missing: [{ spec: parseSpec('nunpy'), versions: [], near: ['numpy'] }],
  },
  'search-nobody': {
    kind: 'search',
    specs: [parseSpec('openssl<1')],
    ...{ all: true, page: 1, looked: 2, found: [], count: { revisions: 0, environments: 0 } },
    missing: [{ spec: parseSpec('openssl<1'), versions: ['3.0.15', '3.0.14'], near: [] }],
  },
  audit: {
    kind: 'audit',
    entries: [
      auditEntry({ deed: 'retry', text: 'retry b4k7q2', build: 'b4k7q2' }),
      auditEntry({
        requester: { user: 'U0BENOKAF1', channel: 'D0BENOKAF1', team: null },
        outcome: 'name-taken',
        build: null,
      }),
      auditEntry({
        requester: { user: 'terminal', channel: 'terminal', team: null },
        login: 'ops',
      }),
      auditEntry({
        requester: addedByButton,
        approval: { id: 'a7k2m9', by: ['U0BENOKAF1', 'U0EVALIND1'] },
      }),
    ],
    ...{ more: true, limit: 20, format: null },
  },
  freezes: {
    kind: 'freezes',
    freezes: [
      { edge: null, why: 'Quarter end closing', user: 'U0OMARHAD1', at: START },
      { edge: 'madrid', why: 'Disks are being replaced.', user: 'U0OMARHAD1', at: START },
    ],
  },
  affected: {
    kind: 'affected',
    specs: [parseSpec('openssl<3.0.15')],
    affected: [
      {
        ...{ environment: 'churn', owner: 'U0ANARUIZ1', revision: 3, tags: ['prod'] },
        packages: [{ name: 'openssl', version: '3.0.14' }],
        outcome: { kind: 'asked', changes: '1 changed: `openssl 3.0.14` → `3.0.15`.' },
      },
      {
        ...{ environment: 'fraud', owner: 'U0ANARUIZ1', revision: 1, tags: ['prod'] },
        packages: [{ name: 'openssl', version: '3.0.13' }],
        outcome: { kind: 'move', to: 2 },
      },
      {
        ...{ environment: 'old', owner: 'U0BENOKAF1', revision: 1, tags: [] },
        packages: [{ name: 'openssl', version: '3.0.13' }],
        outcome: {
          kind: 'cannot',
          why: 'With all that is asked for, `openssl 3.0.13` is the newest.',
        },
      },
    ],
  },
  'affected-nobody': { kind: 'affected', specs: [parseSpec('openssl<3.0.15')], affected: [] },
  schedules: {
    kind: 'schedules',
    count: 2,
    environments: [
      {
        ...environment(),
        schedule: {
          ...{ every: 'weekly', by: 'U0ANARUIZ1', dueAt: START + 7 * 86_400_000, tellOnly: false },
          last: {
            ...{ at: START, outcome: 'built', reason: 'b4k7q2' },
            text: 'Built `churn@3`: 1 changed: `numpy 1.26.4` → `2.2.6`.',
          },
        },
      },
      {
        ...environment('scoring'),
        schedule: {
          ...{ every: 'daily', by: 'U0ANARUIZ1', dueAt: START + 86_400_000, tellOnly: true },
          last: null,
        },
      },
    ],
  },
  'schedules-none': { kind: 'schedules', environments: [], count: 0 },
  approvals: { kind: 'approvals', approvals: [approval()], user: 'U0OMARHAD1' },
  'approvals-none': { kind: 'approvals', approvals: [], user: 'U0OMARHAD1' },
  blocks: {
    kind: 'blocks',
    blocks: [
      { spec: parseSpec('openssl<3.0.15'), why: 'CVE-2024-9143', user: 'U0OMARHAD1', at: START },
    ],
  },
  'blocks-none': { kind: 'blocks', blocks: [] },
  'freezes-none': { kind: 'freezes', freezes: [] },
  'audit-none': { kind: 'audit', entries: [], more: false, limit: 20, format: null },
  'audit-csv': {
    kind: 'audit',
    entries: [
      auditEntry({ text: '=1+1, "quoted"' }),
      auditEntry({ requester: addedByButton, approval: { id: 'a7k2m9', by: ['U0BENOKAF1'] } }),
    ],
    ...{ more: false, limit: 10_000, format: 'csv' },
  },
  'audit-json': {
    kind: 'audit',
    entries: [auditEntry(), auditEntry()],
    ...{ more: false, limit: 10_000, format: 'json' },
  },
  subscriptions: {
    kind: 'subscriptions',
    subscriptions: [
      subscription({ environment: 'churn' }),
      subscription({ owner: 'U0BENOKAF1', edge: 'lab', outcomes: ['failed', 'not-proven'] }),
      subscription({ channel: 'C0DATASCI1', outcomes: ['failed'] }),
    ],
  },
  'subscriptions-none': { kind: 'subscriptions', subscriptions: [] },
  help: overview,
  'help-all': { ...overview, all: true },
  'help-create': { ...overview, topic: createHelp },
  welcome: { kind: 'welcome' },
  form: { kind: 'form', form: 'create', initial: {} },
  'notice-success': { kind: 'notice', tone: 'success', text: 'Cancelling `churn@3`.' },
  refusal: {
    kind: 'refusal',
    error: {
      code: 'unknown-command',
      kind: 'user',
      message: 'There is no command `crate`.',
      suggestion: 'Did you mean `/conda-env create`?',
      typed: 'crate churn numpy',
      position: { start: 0, end: 5 },
      repairs: [],
    },
  },
  'refusal-repaired': {
    kind: 'refusal',
    error: {
      code: 'package-not-found',
      kind: 'user',
      message: 'No package `nunpy` is in the channel `lab`.',
      suggestion: 'Did you mean `numpy`?',
      typed: null,
      position: null,
      repairs: [{ label: 'Build numpy pandas', command: 'create churn numpy pandas' }],
    },
  },
  'refusal-rows': {
    kind: 'refusal',
    error: {
      code: 'file-rows',
      kind: 'user',
      message:
        'Not everything can be had: line 4, `- nowhere`: … · line 9, `- ./x.whl`: … · No package `pands`.',
      suggestion: 'Or build the rest.',
      typed: null,
      position: null,
      repairs: [{ label: 'Build pandas', command: 'create churn pandas' }],
      parts: [
        {
          message: 'line 4, `- nowhere`: There is no channel `nowhere` configured.',
          suggestion: 'Those there are: `lab`.',
        },
        { message: 'line 9, `- ./x.whl`: A path of another machine.', suggestion: null },
        {
          message: 'No package `pands` is in the channel `lab`.',
          suggestion: 'Did you mean `pandas`?',
        },
      ],
    },
  },
  'build-failed-repaired': buildReply(
    build('failed', {
      failure: {
        ...failures.user,
        repairs: [{ label: 'Build python=3.11 scipy', command: 'create churn python=3.11 scipy' }],
      },
    }),
  ),
};
