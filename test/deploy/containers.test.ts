import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { checkDocument } from '../../src/config/check.ts';
import { documentOf } from '../../src/config/document.ts';

const DEPLOY = join(laboratory.root, 'deploy');
const text = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

/** Linters and schemas of others, as `deploy/lab/prepare test` fetches them. */
const linters = join(laboratory.folder, 'linters');
const python = join(laboratory.folder, 'python/bin/python');

const JUDGES: Readonly<Record<string, [program: string, words: readonly string[]]>> = {
  'hadolint accepts the Dockerfile': [join(linters, 'bin/hadolint'), ['Dockerfile']],
  'compose.yaml keeps the Compose Specification': [
    python,
    ['-m', 'check_jsonschema', '--builtin-schema', 'vendor.compose-spec', 'compose.yaml'],
  ],
  'kubernetes.yaml has resources of Kubernetes with keys it knows': [
    python,
    ['-m', 'kubernetes_validate', '--strict', 'kubernetes.yaml'],
  ],
};

describe('files for containers', {
  skip: existsSync(join(linters, '.stamp')) ? false : 'type: sh deploy/lab/prepare test',
}, () => {
  for (const [promise, [program, words]] of Object.entries(JUDGES)) {
    test(promise, () => {
      const { status, stdout, stderr } = spawnSync(program, words, {
        ...{ cwd: DEPLOY, encoding: 'utf8' },
        env: { ...process.env, PYTHONPATH: linters },
      });
      assert.equal(status, 0, `${stdout}${stderr}`);
    });
  }
});

const KEPT = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
const USER = 10001;

describe('the image', () => {
  const dockerfile = text('Dockerfile');

  test('runs as a user of its own, with all that a build host needs', () => {
    assert.match(dockerfile, new RegExp(`^USER ${USER}:${USER}$`, 'm'));
    for (const program of ['bubblewrap', 'git', 'openssh-client', 'python3-venv', 'util-linux']) {
      assert.match(dockerfile, new RegExp(`\\b${program}\\b`));
    }
  });

  test('is made of the packed program alone', () => {
    const copied = [...dockerfile.matchAll(/^COPY (.*)$/gm)].map(([, words]) => words);
    assert.deepEqual(copied, ['conda-ferry-*.tgz /tmp/package/']);
    assert.equal(text('Dockerfile.dockerignore'), '*\n!conda-ferry-*.tgz\n');
    const { files } = JSON.parse(readFileSync(join(laboratory.root, 'package.json'), 'utf8'));
    assert.ok(files.includes('deploy'), 'deploy/requirements.txt is in it');
  });
});

describe('compose.yaml', () => {
  const { services, networks } = parse(text('compose.yaml'), { merge: true });

  test('has a Redis that loses and evicts nothing, and that nobody else reaches', () => {
    const { command, networks: where, ports } = services.valkey;
    for (const word of KEPT) assert.ok(command.includes(word), word);
    assert.deepEqual([where, ports], [['store'], undefined]);
    assert.equal(networks.store.internal, true);
  });

  test('asks bot and worker whether they are ready, and gives them no right but the sandbox’s', () => {
    for (const name of ['bot', 'worker']) {
      const { command, healthcheck, cap_drop, privileged, security_opt } = services[name];
      assert.deepEqual(command, [name]);
      assert.match(healthcheck.test.at(-1), /127\.0\.0\.1:9464\/readyz/);
      assert.deepEqual([cap_drop, privileged], [['ALL'], undefined]);
      const loosened = security_opt.filter((option: string) => option.includes('unconfined'));
      assert.equal(loosened.length, name === 'worker' ? 3 : 0);
    }
  });
});

describe('kubernetes.yaml', () => {
  const resources = parseAllDocuments(text('kubernetes.yaml')).map((each) => each.toJS());
  const named = (kind: string, name: string) =>
    resources.find((each) => each.kind === kind && each.metadata.name === name);
  const pods = resources
    .filter((each) => each.spec?.template)
    .map((each) => each.spec.template.spec);

  test('has a configuration that the product reads, with secrets where the pods have them', () => {
    const source = named('ConfigMap', 'conda-ferry').data['conda-ferry.yaml'];
    const config = checkDocument(documentOf('/etc/conda-ferry/conda-ferry.yaml', source), []);
    assert.ok(!Array.isArray(config), JSON.stringify(config));
    const wanted = [
      ...[config.slack.botTokenFile, config.slack.appTokenFile],
      config.edges[0]?.privateKeyFile,
    ];
    for (const pod of pods.filter(({ containers }) =>
      containers[0].image.startsWith('conda-ferry'),
    )) {
      const { sources, defaultMode } = pod.volumes[0].projected;
      const paths = sources.flatMap((each: { secret?: { items: { path: string }[] } }) =>
        (each.secret?.items ?? []).map(({ path }) => path),
      );
      assert.deepEqual(paths, wanted);
      assert.equal(defaultMode & 0o007, 0);
      const [{ livenessProbe, readinessProbe, ports }] = pod.containers;
      assert.equal(ports[0].containerPort, config.watch.port);
      assert.equal(livenessProbe.httpGet.path, '/healthz');
      assert.equal(readinessProbe.httpGet.path, '/readyz');
    }
  });

  test('gives every probe three seconds, as Kubernetes’ one is short for a busy host', () => {
    const probes = pods.flatMap(({ containers: [container] }) =>
      ['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((kind) => container[kind] ?? []),
    );
    assert.deepEqual(
      probes.map(({ timeoutSeconds }) => timeoutSeconds),
      [3, 3, 3, 3, 3, 3, 3, 3, 3, 3],
    );
  });

  test('runs nothing as root, with rights of its own or with a token of the cluster', () => {
    assert.equal(pods.length, 4);
    for (const { securityContext, automountServiceAccountToken, containers } of pods) {
      assert.equal(securityContext.runAsNonRoot, true);
      assert.equal(automountServiceAccountToken, false);
      assert.deepEqual(containers[0].securityContext.capabilities, { drop: ['ALL'] });
      assert.equal(containers[0].securityContext.allowPrivilegeEscalation, false);
    }
  });

  test('has workers of another platform that are the same but for their machines, once somebody wants any', () => {
    const usual = named('StatefulSet', 'conda-ferry-worker');
    const other = named('StatefulSet', 'conda-ferry-worker-aarch64');
    assert.equal(other.spec.replicas, 0);
    const { nodeSelector, containers } = other.spec.template.spec;
    assert.deepEqual(nodeSelector, { 'kubernetes.io/arch': 'arm64' });
    assert.deepEqual(containers[0].env, [{ name: 'WORKER_PLATFORM', value: 'linux-aarch64' }]);
    // As sets whose selectors meet take each other's pods.
    const expected = structuredClone(usual);
    expected.metadata.name = other.metadata.name;
    Object.assign(expected.spec, { replicas: 0 });
    Object.assign(expected.spec.selector.matchLabels, { platform: 'linux-aarch64' });
    Object.assign(expected.spec.template.metadata.labels, { platform: 'linux-aarch64' });
    Object.assign(expected.spec.template.spec, { nodeSelector });
    Object.assign(expected.spec.template.spec.containers[0], { env: containers[0].env });
    assert.deepEqual(other, expected);
    assert.equal(usual.spec.selector.matchLabels.platform, 'linux-64');
  });

  test('has two bots, workers with caches of their own, and a Redis that keeps all', () => {
    assert.equal(named('Deployment', 'conda-ferry-bot').spec.replicas, 2);
    const worker = named('StatefulSet', 'conda-ferry-worker').spec;
    assert.equal(worker.volumeClaimTemplates[0].metadata.name, 'data');
    const { args } = named('StatefulSet', 'valkey').spec.template.spec.containers[0];
    for (const word of KEPT) assert.ok(args.includes(word), word);
  });
});
