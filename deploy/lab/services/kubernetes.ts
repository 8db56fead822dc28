/**
 * As much of a Kubernetes API as Spark asks for, with a runner that starts each pod's command as a
 * process of this machine. It shows what Spark makes of a line: pods, their variables, arguments and
 * configuration, and where the archive is unpacked. It does NOT show what a real node adds: images and
 * the glibc in them, `USER`, read-only folders, networks, quotas, admission and access rights.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type KubernetesObject, type PodRunner, startPodRunner } from './pods.ts';
import { emptied, endLeftovers, type ServiceOptions, sparkHomeOf } from './spark.ts';

export interface Kubernetes {
  /** `k8s://http://127.0.0.1:PORT`. */
  master: string;
  /** What the site's `spark-defaults.conf` needs for this server, besides an image. */
  settings: Readonly<Record<string, string>>;
  /** Each pod's command and log, for people and messages. */
  podsFolder: string;
  stop(): Promise<void>;
}

type Kind = string;
interface Event {
  kind: Kind;
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubernetesObject;
}

/** What the server knows, and everyone who watches it. */
class Store {
  readonly kinds = new Map<Kind, Map<string, KubernetesObject>>();
  readonly events: Event[] = [];
  readonly watchers = new Set<(event: Event) => void>();
  version = 1;

  of(kind: Kind): Map<string, KubernetesObject> {
    const known = this.kinds.get(kind) ?? new Map<string, KubernetesObject>();
    this.kinds.set(kind, known);
    return known;
  }

  /** Notes a change and tells the watchers; each sees the object as it is now. */
  changed(kind: Kind, type: Event['type'], object: KubernetesObject): void {
    this.version += 1;
    object.metadata.resourceVersion = String(this.version);
    const event = { kind, type, version: this.version, object: structuredClone(object) };
    this.events.push(event);
    for (const tell of this.watchers) tell(event);
  }

  add(kind: Kind, namespace: string, object: KubernetesObject): void {
    const { metadata } = object;
    metadata.name ??= `${metadata.generateName ?? ''}${randomUUID().slice(0, 8)}`;
    Object.assign(metadata, { namespace, uid: randomUUID() });
    metadata.creationTimestamp = new Date().toISOString();
    this.of(kind).set(metadata.name, object);
    this.changed(kind, 'ADDED', object);
  }
}

const PATH =
  /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/namespaces\/(?<namespace>[^/]+)\/(?<kind>[a-z]+)(?:\/(?<name>[^/]+))?(?:\/\w+)?$/;

/** A Kubernetes for one version of Spark, on a free port of 127.0.0.1. */
export async function startKubernetes(options: ServiceOptions): Promise<Kubernetes> {
  const sparkHome = sparkHomeOf(options.spark);
  const directory = emptied(options.directory);
  const store = new Store();
  const runner = startPodRunner({
    ...{ directory, sparkHome },
    find: (kind, name) => store.of(kind).get(name),
    services: () => [...store.of('services').values()],
    changed: (pod) => store.changed('pods', 'MODIFIED', pod),
  });
  const server = createServer((request, response) => {
    serve(store, runner, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // The driver in its pod has no account to authenticate with; any token does.
  const token = join(directory, 'token');
  writeFileSync(token, 'lab');
  return {
    master: `k8s://${address}`,
    settings: {
      'spark.kubernetes.container.image': 'none',
      'spark.kubernetes.driver.master': address,
      'spark.kubernetes.authenticate.driver.mounted.oauthTokenFile': token,
    },
    podsFolder: join(directory, 'pods'),
    async stop() {
      server.close();
      server.closeAllConnections();
      runner.stop();
      endLeftovers(directory);
    },
  };
}

async function serve(
  store: Store,
  runner: PodRunner,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const { namespace = '', kind = '', name } = PATH.exec(url.pathname)?.groups ?? {};
  const answer = (code: number, body: unknown): void => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const status = (code: number, reason: string): void =>
    answer(code, { kind: 'Status', apiVersion: 'v1', code, reason, message: reason, metadata: {} });
  if (url.pathname === '/version') return answer(200, { major: '1', minor: '30' });
  if (kind === '') return status(404, 'NotFound');
  const isSelected = selection(url.searchParams);
  if (url.searchParams.get('watch') === 'true') {
    // Spark's client tries a WebSocket first, then a stream.
    if (request.headers.upgrade) return status(503, 'ServiceUnavailable');
    return watch(
      store,
      kind,
      Number(url.searchParams.get('resourceVersion') ?? 0),
      isSelected,
      response,
    );
  }
  const text = Buffer.concat(await request.toArray()).toString('utf8');
  const known = store.of(kind);
  const found = name === undefined ? undefined : known.get(name);
  switch (request.method) {
    case 'POST': {
      const object = JSON.parse(text) as KubernetesObject;
      if (known.has(object.metadata.name ?? '')) return status(409, 'AlreadyExists');
      if (kind === 'pods') object.status = { phase: 'Pending' };
      store.add(kind, namespace, object);
      if (kind === 'pods') runner.start(object);
      return answer(201, object);
    }
    case 'DELETE': {
      const gone =
        name === undefined ? [...known.values()].filter(isSelected) : found ? [found] : [];
      for (const object of gone) {
        known.delete(object.metadata.name ?? '');
        if (kind === 'pods') runner.end(object);
        store.changed(kind, 'DELETED', object);
      }
      return answer(200, { kind: 'Status', apiVersion: 'v1', status: 'Success', metadata: {} });
    }
    case 'GET':
      if (name === undefined) {
        const metadata = { resourceVersion: String(store.version) };
        return answer(200, {
          kind: 'List',
          apiVersion: 'v1',
          metadata,
          items: [...known.values()].filter(isSelected),
        });
      }
      return found ? answer(200, found) : status(404, 'NotFound');
    default: {
      const change = JSON.parse(text) as KubernetesObject;
      if (found) {
        merge(found as unknown as Json, change as unknown as Json);
        store.changed(kind, 'MODIFIED', found);
        return answer(200, found);
      }
      // "Apply" makes what is not there yet.
      if (!url.searchParams.has('fieldManager')) return status(404, 'NotFound');
      store.add(kind, namespace, change);
      return answer(201, change);
    }
  }
}

function watch(
  store: Store,
  kind: Kind,
  since: number,
  isSelected: (object: KubernetesObject) => boolean,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const tell = (event: Event): void => {
    if (event.kind !== kind || event.version <= since || !isSelected(event.object)) return;
    response.write(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
  };
  store.events.forEach(tell);
  store.watchers.add(tell);
  response.once('close', () => store.watchers.delete(tell));
}

/** `a=b`, `a!=b` and `a in (b, c)` of labels, and a name. */
function selection(query: URLSearchParams): (object: KubernetesObject) => boolean {
  const pattern = /([^,=!\s]+)\s*(!=|==?|in)\s*(\([^)]*\)|[^,]*)/g;
  const terms = [...(query.get('labelSelector') ?? '').matchAll(pattern)].map(
    ([, key = '', operator, value = '']) => ({
      key,
      isNot: operator === '!=',
      values: value
        .replace(/[()]/g, '')
        .split(',')
        .map((each) => each.trim()),
    }),
  );
  const name = query.get('fieldSelector')?.match(/metadata\.name=([^,]+)/)?.[1];
  return ({ metadata }) =>
    (name === undefined || metadata.name === name) &&
    terms.every(
      ({ key, isNot, values }) => values.includes(metadata.labels?.[key] ?? '') !== isNot,
    );
}

type Json = Record<string, unknown>;

/** A merge patch: objects member by member, everything else replaced. */
function merge(into: Json, change: Json): void {
  for (const [key, value] of Object.entries(change)) {
    const present = into[key];
    if (isObject(value) && isObject(present)) merge(present, value);
    else into[key] = value;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
