import { mkdirSync, readFileSync, statSync } from 'node:fs';
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join, normalize } from 'node:path';
import { execFileSync } from './command.ts';

/**
 * A company's network on this machine: hosts that have a name there and nowhere else, so nobody reaches them but
 * through the proxy; and certificates that nobody trusts who was not told of their authority.
 */
export interface CorporateNetwork {
  /** With its user and password. */
  proxy: string;
  password: string;
  /** The certificate of the private authority. */
  caFile: string;
  /** Each connection that the proxy made: `slack.example.test:443`. */
  seen: string[];
  /** Connections that it refused, because they brought no password. */
  refused: string[];
  /** Puts a server at `https://NAME.example.test`; returns that address. */
  host(
    name: string,
    listener: RequestListener,
    upgrade?: (request: IncomingMessage, socket: Socket) => void,
  ): Promise<string>;
  /** Certificate and key of a server, for those of another protocol. */
  certificateFor(name: string): { certFile: string; keyFile: string };
  close(): void;
}

const PASSWORD = 'pr0xy:w@rd';

/** `folder` holds keys and certificates. */
export async function startCorporateNetwork(folder: string): Promise<CorporateNetwork> {
  mkdirSync(folder, { recursive: true });
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl(
    ...['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Own CA'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'],
  );
  const certificateFor = (name: string) => {
    const names = `subjectAltName=DNS:${name}.example.test,DNS:localhost,IP:127.0.0.1`;
    openssl(
      ...['req', '-x509', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.pem`],
      ...['-subj', `/CN=${name}`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', names],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    );
    return { certFile: path(`${name}.pem`), keyFile: path(`${name}.key`) };
  };

  const ports = new Map<string, number>();
  const servers: Server[] = [];
  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const seen: string[] = [];
  const refused: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createHttp((_, response) => void response.writeHead(405).end());
  const expected = `Basic ${Buffer.from(`ana:${PASSWORD}`).toString('base64')}`;
  proxy.on('connect', (request, socket: Socket) => {
    const target = request.url ?? '';
    if (request.headers['proxy-authorization'] !== expected) {
      refused.push(target);
      const headers =
        'Proxy-Authenticate: Basic realm="proxy"\r\nConnection: close\r\nContent-Length: 0\r\n';
      return void socket.end(`HTTP/1.1 407 Proxy Authentication Required\r\n${headers}\r\n`);
    }
    seen.push(target);
    const port = ports.get(target);
    if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const server = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(server).pipe(socket);
    });
    for (const each of [socket, server]) {
      sockets.add(each);
      each.on('error', () => each.destroy());
      each.on('close', () => [socket, server].map((both) => both.destroy()));
    }
  });
  const port = await listen(proxy);
  return {
    proxy: `http://ana:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`,
    password: PASSWORD,
    caFile: path('ca.pem'),
    ...{ seen, refused, certificateFor },
    async host(name, listener, upgrade) {
      const { certFile, keyFile } = certificateFor(name);
      const certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
      const server = createHttps(certificate, listener);
      if (upgrade) server.on('upgrade', upgrade);
      ports.set(`${name}.example.test:443`, await listen(server as unknown as Server));
      return `https://${name}.example.test`;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

/** Serves the files of a folder to whoever `mayRead`. */
export function filesOf(
  root: string,
  mayRead: (request: { path: string; authorization: string }) => string | null = ({ path }) => path,
): RequestListener {
  return (request, response) => {
    const { authorization = '' } = request.headers;
    const asked = decodeURIComponent(new URL(request.url ?? '/', 'https://files').pathname);
    const path = mayRead({ path: asked, authorization });
    if (path === null) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="files"' }).end();
    }
    const named = join(root, normalize(path));
    const file = named.endsWith('/') ? `${named}index.html` : named;
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) return void response.writeHead(404).end();
    const type = file.endsWith('.html') ? 'text/html' : 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': found.size });
    response.end(request.method === 'HEAD' ? undefined : readFileSync(file));
  };
}
