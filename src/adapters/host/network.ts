import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { isAbsolute, join } from 'node:path';
import tls from 'node:tls';
import { outsideError } from '../../domain/errors.ts';

/**
 * The one owner of how anything here reaches the network: through which proxy, and whom it trusts. Programs are
 * started with these variables (`Network`), and this process is set up alike (`useNetwork`).
 */
export type Network = Readonly<Record<string, string>>;

/** What the configuration says of it, beside the environment. */
export interface NetworkWishes {
  /** `http://proxy.example.com:3128`, with its user and password; null for none but the environment's. */
  proxy: string | null;
  /** Hosts and domains that are reached without it. */
  noProxy: readonly string[];
  /** Certificates of the operator's own authorities (PEM), trusted beside the public ones. */
  caFile: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a machine needs to reach a network through its proxy and trust its certificates, and pip's own settings. */
const NETWORK_VARIABLE =
  /^(?:(?:https?|all|no)_proxy|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO|PIP_\w+)$/i;
/** The same file by the name that each program looks for: OpenSSL and rattler, requests, curl, git, pip. */
const CERTIFICATE_VARIABLES = [
  ...['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'PIP_CERT'],
];
/** What listens on this host is never behind a proxy. */
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The part of the operator's environment that a program needs to reach registries and channels. */
export function networkEnvironment(environment: Environment): Record<string, string> {
  const named = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && NETWORK_VARIABLE.test(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(named);
}

/**
 * That part together with what the configuration says; where both say something, the environment wins. Own
 * authorities (`caFile`, or NODE_EXTRA_CA_CERTS) come into one file with the public ones, in `directory`: programs
 * take the file they are given in place of theirs. Throws `certificates-unreadable`.
 */
export async function prepareNetwork(
  environment: Environment,
  wishes: NetworkWishes,
  directory: string,
): Promise<Network> {
  const given = networkEnvironment(environment);
  const network = { ...given };
  const proxy = proxyOf(given, 'https') ?? wishes.proxy;
  if (proxy !== null) {
    setBoth(network, 'https_proxy', proxy);
    setBoth(network, 'http_proxy', proxyOf(given, 'http') ?? proxy);
  }
  if (proxyOf(network, 'https') !== null || proxyOf(network, 'http') !== null) {
    const around = (given.no_proxy ?? given.NO_PROXY ?? '').split(/[,\s]+/).filter(Boolean);
    const hosts = new Set([...around, ...wishes.noProxy, ...LOOPBACK]);
    setBoth(network, 'no_proxy', [...hosts].join(','));
  }
  const own = wishes.caFile ?? environment.NODE_EXTRA_CA_CERTS ?? null;
  if (own === null) return network;
  const bundle = await writeBundle(own, directory);
  for (const name of CERTIFICATE_VARIABLES) network[name] = given[name] ?? bundle;
  return network;
}

/** The proxy for addresses of a scheme; null for none. */
function proxyOf(network: Network, scheme: 'http' | 'https'): string | null {
  const name = `${scheme}_proxy`;
  return network[name] || network[name.toUpperCase()] || null;
}

/** Some programs look for one spelling only. */
function setBoth(network: Record<string, string>, name: string, value: string): void {
  network[name] = value;
  network[name.toUpperCase()] = value;
}

async function writeBundle(own: string, directory: string): Promise<string> {
  const certificates = await readCertificates(own);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const bundle = join(directory, 'certificates.pem');
  const part = `${bundle}.part-${process.pid}`;
  const all = [...tls.rootCertificates, ...tls.getCACertificates('system'), ...certificates];
  await writeFile(part, `${[...new Set(all.map((text) => text.trim()))].join('\n')}\n`);
  await rename(part, bundle);
  return bundle;
}

async function readCertificates(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw unreadable(file, error.message);
  });
  const certificates = text.match(PEM);
  if (certificates === null) throw unreadable(file, 'it holds no certificate');
  return certificates;
}

function unreadable(file: string, why: string) {
  return outsideError({
    code: 'certificates-unreadable',
    message: `The certificates in ${file} cannot be used: ${why}.`,
    suggestion:
      'Name a file with certificates (PEM: `-----BEGIN CERTIFICATE-----`) in `network.caFile` or NODE_EXTRA_CA_CERTS, readable by the user who runs this.',
  });
}

/** Files and folders with certificates that such an environment names, and that are there. */
export function certificatesIn(network: Network): string[] {
  const named = Object.entries(network).filter(([name]) => /^(?:SSL_CERT|\w+_CA_)/i.test(name));
  return named.flatMap(([, path]) => (isAbsolute(path) && existsSync(path) ? [path] : []));
}

/** The authorities that it names beside those of Node; an unreadable file adds none. Null where it names none. */
export function authorities(network: Network): string[] | null {
  const file = network.SSL_CERT_FILE ?? network.REQUESTS_CA_BUNDLE ?? network.CURL_CA_BUNDLE;
  if (!file) return null;
  try {
    const own = readFileSync(file, 'utf8').match(PEM) ?? [];
    return [...new Set([...tls.getCACertificates('default'), ...own])];
  } catch {
    return tls.getCACertificates('default');
  }
}

/** What sends requests of `fetch`; Slack's sockets are given it, as they have one of their own otherwise. */
export interface Dispatcher {
  // biome-ignore lint/suspicious/noExplicitAny: as undici's versions, which differ in nothing else, are told apart
  dispatch(options: any, handler: any): boolean;
}

/** Where Node and each version of undici keep it (undici, "Global Installation"). */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/**
 * Has this process itself go that way from now on, with `fetch`, `node:http` and TLS. Returns what sends its requests
 * where there is a proxy. Throws `node-too-old`.
 */
export function useNetwork(network: Network): Dispatcher | null {
  const trusted = authorities(network);
  if (trusted !== null) {
    if (!tls.setDefaultCACertificates) throw tooOld('certificates of your own', '22.19');
    tls.setDefaultCACertificates(trusted);
  }
  if (proxyOf(network, 'https') === null && proxyOf(network, 'http') === null) return null;
  if (!http.setGlobalProxyFromEnv) throw tooOld('a proxy', '24.14');
  http.setGlobalProxyFromEnv(network);
  return (globalThis as { [GLOBAL_DISPATCHER]?: Dispatcher })[GLOBAL_DISPATCHER] ?? null;
}

function tooOld(what: string, version: string) {
  return outsideError({
    code: 'node-too-old',
    message: `Node ${process.versions.node} cannot be told of ${what}; ${version} can.`,
    suggestion: `Run Conda Ferry by Node 24: \`npm install\` brings one along.`,
  });
}
