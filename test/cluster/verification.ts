/** What the proof says when an environment does not do on the cluster what it promises. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Edge } from '../../src/domain/ports.ts';
import { unproven } from '../../src/pipeline/steps/verify.ts';
import { type Built, subjectOf, tell, type World } from './cluster.ts';

/** Writes a zip with one entry more per pair of arguments: a name, and its text or `-> TARGET`. */
const MAKE_ZIP = `import stat, sys, zipfile
path, *pairs = sys.argv[1:]
with zipfile.ZipFile(path, "w") as archive:
    for name, content in zip(pairs[::2], pairs[1::2]):
        entry = zipfile.ZipInfo(name)
        is_link = content.startswith("-> ")
        mode = stat.S_IFLNK | 0o777 if is_link else stat.S_IFREG | 0o755
        entry.create_system, entry.external_attr = 3, mode << 16
        archive.writestr(entry, content[3:] if is_link else content)
`;

/** Until the ResourceManager has seen the end of the driver; fails when it does not. */
async function untilNothingRuns(world: World): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const running = await world.runningApplications();
    if (running.length === 0) return;
    assert.ok(Date.now() < deadline, `still running: ${running}`);
  }
}

/** Registers the tests. `churn` and `newer` are environments whose archives differ. */
export function provesVerification(
  world: () => World,
  churn: () => Built,
  newer: () => Built,
): void {
  /** A staging of `churn` with another archive in its place. */
  const replaced = async (name: string, ...entries: string[]) => {
    const path = join(world().directory, `files/${name}`);
    const makeZip = world().file('make-zip.py', MAKE_ZIP);
    const words = entries.map((entry) => `'${entry}'`).join(' ');
    const python = `${subjectOf(churn()).staging.driverPrefix}/bin/python`;
    const output = await world().ssh(`${python} ${makeZip} ${path} ${words}`);
    assert.equal(output.code, 0, tell(output));
    return subjectOf(churn(), { archivePath: path, hdfs: null });
  };

  test('a zip that stores links hangs Spark: the time limit ends it, names it and leaves nothing running', async () => {
    const subject = await replaced('linked.zip', 'churn/bin/python', '-> python3');
    const proof = await world().verify(subject, { executors: 1, timeoutSeconds: 45 });
    assert.equal(proof.outcome, 'failed', proof.log);
    assert.match(proof.reason ?? '', /`zip -y`.*Links in it: 1, such as `churn\/bin\/python`/);
    assert.ok(proof.seconds < 75, `${proof.seconds} s`);
    await untilNothingRuns(world());
  });

  test('an import that fails is named with its reason', async () => {
    const subject = subjectOf(churn());
    const imports = { ...subject.imports, absent: ['absent_module'] };
    const proof = await world().verify({ ...subject, imports }, { executors: 1 });
    assert.equal(proof.outcome, 'failed');
    assert.match(proof.reason ?? '', /^`import absent_module` fails on \S+: ModuleNotFoundError/);
    assert.equal(proof.executors.length, 1);
  });

  test('a Python from outside the archive is found, though it has everything', async () => {
    const other = `${subjectOf(churn()).staging.driverPrefix}/bin/python`;
    const subject = await replaced(
      'wrapped.zip',
      ...['churn/bin/python', `#!/bin/sh\nexec ${other} "$@"\n`],
    );
    const proof = await world().verify(subject, { executors: 1 });
    assert.equal(proof.outcome, 'failed', proof.log);
    assert.ok(proof.reason?.includes(`is ${other}, not the one of the archive`), `${proof.reason}`);
  });

  test('a failure that is known is told with its cause and its fix', async () => {
    const { archivePath, hdfs } = subjectOf(newer()).staging;
    const proof = await world().verify(subjectOf(churn(), { archivePath, hdfs }), { executors: 1 });
    assert.equal(proof.outcome, 'failed', proof.log);
    const { message } = unproven(proof);
    assert.match(
      message,
      /`\.\/churn_zip\/churn\/bin\/python` does not exist where it was started/,
    );
    assert.match(message, /Use the environment's own line as it is given/);
  });

  test('a cluster with room for fewer executors is proven by those it has', async () => {
    const proof = await world().verify(subjectOf(newer()), { executors: 6, timeoutSeconds: 150 });
    assert.equal(proof.outcome, 'proven', `${proof.reason}\n${proof.log}`);
    assert.equal(proof.executors.length, 4);
    assert.match(proof.log, /4 of 6 executors asked for have answered/);
  });

  test('without a Hadoop configuration the interpreter is tried on the edge, and the reason said', async () => {
    const edge = world().edge();
    const unconfigured: Edge = {
      ...edge,
      run: (request, progress) =>
        edge.run(
          { ...request, command: `unset HADOOP_CONF_DIR YARN_CONF_DIR; ${request.command}` },
          progress,
        ),
    };
    const proof = await world().verify(subjectOf(churn()), { edge: unconfigured });
    assert.equal(proof.outcome, 'smoke-tested', `${proof.reason}\n${proof.log}`);
    assert.match(proof.reason ?? '', /did not answer: .*HADOOP_CONF_DIR/);
    assert.equal(
      proof.executors[0]?.executable,
      `${subjectOf(churn()).staging.driverPrefix}/bin/python`,
    );
    assert.ok(proof.seconds < 60, `${proof.seconds} s`);
  });
}

/** Registers the last test of a cluster: it takes the ResourceManager away. */
export function provesSmokeTest(world: () => World, churn: () => Built): void {
  test('a ResourceManager that is gone is noticed within the minute, not after Spark’s fifteen', async () => {
    const manager = world().lab.state.processes.find(({ name }) => name === 'resourcemanager');
    assert.ok(manager);
    process.kill(manager.pid, 'SIGKILL');
    const proof = await world().verify(subjectOf(churn()));
    assert.equal(proof.outcome, 'smoke-tested', `${proof.reason}\n${proof.log}`);
    assert.match(proof.reason ?? '', /^the cluster did not answer: Call From .* failed/);
    assert.ok(proof.seconds < 90, `${proof.seconds} s`);
  });
}
