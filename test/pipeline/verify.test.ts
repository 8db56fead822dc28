import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExecutorEvidence } from '../../src/domain/environment.ts';
import type { Edge, RunResult } from '../../src/domain/ports.ts';
import {
  readEvidence,
  stageReached,
  type VerificationSubject,
  verificationCommand,
} from '../../src/domain/verification.ts';
import type { BuildPorts } from '../../src/pipeline/context.ts';
import { verifyStaging } from '../../src/pipeline/steps/verify.ts';

const subject: VerificationSubject = {
  environment: 'churn',
  revision: 3,
  imports: { numpy: ['numpy'] },
  staging: {
    edge: 'edge',
    archivePath: '/srv/archives/ab/churn.tar.gz',
    hdfs: null,
    driverPrefix: '/srv/envs/churn/3',
    root: '/srv',
    layout: 'local',
    alias: 'churn_tar_gz',
    cluster: {
      name: 'yarn',
      manager: 'yarn',
      spark: '3.5.9',
      hadoop: '3.5.0',
      master: null,
      sparkHome: '/opt/spark',
      glibc: '2.36',
      architecture: 'x86_64',
    },
    activation: {},
    stagedAt: 0,
  },
};

const executor = (change: Partial<ExecutorEvidence> = {}): ExecutorEvidence => ({
  host: 'node-1',
  executable: '/nm/container_1/churn_tar_gz/churn/bin/python',
  python: '3.11.3',
  glibc: '2.36',
  packages: { numpy: '2.2.6' },
  numpyFile: '/nm/container_1/churn_tar_gz/churn/lib/python3.11/site-packages/numpy/__init__.py',
  failedImports: {},
  ...change,
});

const printed = (evidence: {
  npv?: string[];
  registered?: number | null;
  executors?: ExecutorEvidence[];
}) =>
  `noise\nCONDA_FERRY_EVIDENCE ${JSON.stringify({
    npv: ['2.2.6'],
    registered: 1,
    executors: [executor()],
    ...evidence,
  })}\nmore noise\n`;

describe('evidence', () => {
  it('proves an environment that every registered executor has', () => {
    const proof = readEvidence(printed({}), subject);
    assert.deepEqual([proof?.outcome, proof?.reason, proof?.npv], ['proven', null, ['2.2.6']]);
  });

  it('is not there when nothing was printed', () => {
    assert.equal(readEvidence('noise\n', subject), null);
  });

  it('has no numpy to show for an environment without one, but must agree on that', () => {
    const without = executor({ numpyFile: null });
    const proof = readEvidence(printed({ npv: ['no numpy'], executors: [without] }), subject);
    assert.deepEqual([proof?.outcome, proof?.npv], ['proven', []]);
    const mixed = readEvidence(printed({ npv: ['2.2.6', 'no numpy'] }), subject);
    assert.match(mixed?.reason ?? '', /do not agree on numpy: 2\.2\.6, no numpy/);
  });

  const contradictions: [string, Parameters<typeof printed>[0], RegExp][] = [
    ['nobody answers', { executors: [] }, /No executor answered/],
    ['one of the executors does not answer', { registered: 2 }, /Only 1 of 2 executors answered/],
    [
      'Python is the node’s own',
      { executors: [executor({ executable: '/usr/bin/python3' })] },
      /The Python on node-1 is \/usr\/bin\/python3, not the one of the archive/,
    ],
    [
      'numpy is the node’s own',
      { executors: [executor({ numpyFile: '/usr/lib/python3/numpy/__init__.py' })] },
      /On node-1 numpy comes from \/usr\/lib\/python3\/numpy/,
    ],
    [
      'an import fails',
      { executors: [executor({ failedImports: { numpy: 'ImportError: libx' } })] },
      /`import numpy` fails on node-1: ImportError: libx/,
    ],
    ['two numpys are seen', { npv: ['1.26.4', '2.2.6'] }, /do not agree on numpy/],
  ];
  for (const [what, evidence, reason] of contradictions) {
    it(`proves nothing when ${what}`, () => {
      const proof = readEvidence(printed(evidence), subject);
      assert.equal(proof?.outcome, 'failed');
      assert.match(proof?.reason ?? '', reason);
    });
  }
});

describe('the run', () => {
  it('is the line people paste, with a bounded patience for the ResourceManager', () => {
    const { command } = verificationCommand(subject, { executors: 2, timeoutSeconds: 300 });
    assert.match(command, / spark-submit --master yarn --deploy-mode client /);
    assert.match(command, /resourcemanager\.connect\.max-wait\.ms=20000/);
  });

  it('tells how far it came', () => {
    assert.equal(stageReached('noise'), null);
    assert.equal(
      stageReached('CONDA_FERRY_REACHED driver\nx\nCONDA_FERRY_REACHED application\n'),
      'application',
    );
  });

  const verify = async (result: Partial<RunResult>) => {
    const edge = {
      name: 'edge',
      run: async () => ({ code: null, timedOut: false, stdout: '', stderr: '', ...result }),
    } as unknown as Edge;
    const ports = {
      clock: { now: () => 0 },
      verification: { enabled: true, timeoutSeconds: 30, executors: 2 },
    } as BuildPorts;
    return verifyStaging(ports, edge, subject, {
      signal: new AbortController().signal,
      log: () => {},
      detail: () => {},
    });
  };

  it('says what it was waiting for when its time was up', async () => {
    const reached = (stage: string) => `CONDA_FERRY_REACHED ${stage}\n`;
    for (const [stdout, reason] of [
      ['', /^Spark gave no answer within 30 seconds: .*not even started/],
      [reached('driver'), /did not start the application/],
      [reached('application'), /no executor registered/],
      [reached('executors'), /their Python does not answer/],
    ] as const) {
      const proof = await verify({ timedOut: true, stdout });
      assert.equal(proof.outcome, 'failed');
      assert.match(proof.reason ?? '', reason);
    }
  });

  it('does not take a lost executor for a cluster that is not there', async () => {
    const proof = await verify({
      code: 1,
      stdout: 'CONDA_FERRY_REACHED driver\nCONDA_FERRY_REACHED application\nValueError: x\n',
      stderr: 'WARN: java.net.ConnectException: Connection refused\n',
    });
    assert.deepEqual(
      [proof.outcome, proof.reason],
      ['failed', 'The run ended with code 1: ValueError: x'],
    );
  });
});
