import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startCluster } from '../../deploy/lab/cluster/cluster.ts';
import { type Lab, startLab } from '../../deploy/lab/lab.ts';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { isRunning } from '../../deploy/lab/processes.ts';
import { run } from '../harness/command.ts';
import { unlessFull } from '../harness/full.ts';

const without = (version: string): string | false =>
  existsSync(laboratory.hadoopJars(version)) ? false : `Hadoop ${version} is not prepared`;

const JOB = `
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("lab").getOrCreate()
numbers = spark.sparkContext.parallelize(range(100), 4)
print("RESULT", spark.sparkContext.master, numbers.map(lambda n: n * n).sum())
`;

describe('a lab with HDFS', { skip: without('3.5.0') }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-lab-'));
  let lab: Lab;

  before(async () => {
    lab = await startLab({ directory, fileSystem: 'hdfs' });
  });
  after(async () => {
    await lab.stop();
    assert.deepEqual(lab.state.processes.filter(isRunning), []);
    rmSync(directory, { recursive: true });
  });

  const ssh = async (command: string): Promise<string> =>
    (await run('ssh', ['-F', lab.state.edge.sshConfigFile, 'edge', command])).stdout;

  test('says over HTTP that its node is running', async () => {
    const answer = await fetch(`${lab.state.cluster.resourceManagerUrl}/ws/v1/cluster/nodes`);
    const { nodes } = (await answer.json()) as { nodes: { node: { state: string }[] } };
    assert.deepEqual(
      nodes.node.map(({ state }) => state),
      ['RUNNING'],
    );
  });

  test('keeps a file that its edge node puts into HDFS', async () => {
    writeFileSync(join(directory, 'text'), 'kept\n');
    const text = await ssh(
      `hdfs dfs -mkdir -p /archives && hdfs dfs -put ${directory}/text /archives/ && hdfs dfs -cat /archives/text`,
    );
    assert.equal(text, 'kept\n');
    assert.match(await ssh('hadoop version'), /^Hadoop 3\.5\.0/);
  });

  test('runs a Spark job that its edge node submits', { skip: unlessFull }, async () => {
    writeFileSync(join(directory, 'job.py'), JOB);
    const output = await ssh(
      `PYSPARK_PYTHON=/usr/bin/python3 spark-submit --master yarn --deploy-mode client ${directory}/job.py`,
    );
    assert.match(output, /^RESULT yarn 328350$/m);
  });
});

test('a cluster of Hadoop 3.3.6 starts two nodes and loads libhadoop', {
  skip: unlessFull || without('3.3.6'),
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-cluster-'));
  const cluster = await startCluster({ directory, hadoop: '3.3.6', nodeManagers: 2 });
  try {
    const names = cluster.processes.map(({ name }) => name);
    assert.deepEqual(names, ['resourcemanager', 'nodemanager1', 'nodemanager2']);
    const log = readFileSync(join(directory, 'logs/nodemanager1.log'), 'utf8');
    assert.doesNotMatch(log, /Unable to load native-hadoop library/);
  } finally {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  }
  assert.deepEqual(cluster.processes.filter(isRunning), []);
});
