import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import {
  accepts,
  endDescendants,
  endProcesses,
  endWhere,
  freePorts,
  type LabProcess,
  type Owner,
  startProcess,
  untilGone,
  waitUntil,
} from '../processes.ts';

export interface EdgeOptions {
  /** Keys, configuration, log and the sessions' home; keys found in it are used again. */
  directory: string;
  /** TCP port on 127.0.0.1; a free one by default. */
  port?: number;
  /** Variables of every session, as an edge node's profile would set them. */
  env?: Record<string, string>;
  /** The kinds of host key the server offers, for clients that must choose among them. */
  hostKeyTypes?: HostKeyType[];
  /** Programs that it runs at once over one connection. */
  sessions?: number;
  owner?: Owner;
}

export type HostKeyType = 'ed25519' | 'ecdsa';

/** Where an edge node is and how to log in: all that a client's configuration needs. */
export interface EdgeAddress {
  host: string;
  port: number;
  user: string;
  privateKeyFile: string;
  /** The first host key as in a known_hosts file: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** The same as OpenSSH prints it: `SHA256:…`. */
  hostKeyFingerprint: string;
  /** In OpenSSH's format, with every host key the server offers. */
  knownHostsFile: string;
  /** For `ssh -F FILE edge`. */
  sshConfigFile: string;
}

export interface Edge extends EdgeAddress {
  process: LabProcess;
  stop(): Promise<void>;
}

/**
 * An SSH edge node on this machine: a private OpenSSH server on 127.0.0.1 that lets the current user
 * log in as themselves, with one key and by no other way. It runs as that user, so no root is needed.
 */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { directory, env = {}, hostKeyTypes = ['ed25519'], owner = 'parent' } = options;
  const { sessions = 100 } = options;
  const { username: user } = userInfo();
  const home = join(directory, 'home');
  mkdirSync(home, { recursive: true });
  endCommands(directory); // of an edge here that was killed
  refuseLockedAccount(user);

  const privateKeyFile = join(directory, 'id_ed25519');
  makeKey(privateKeyFile, 'ed25519');
  const hostKeyFiles = hostKeyTypes.map((type) => makeKey(join(directory, `host_${type}`), type));
  const hostKeys = hostKeyFiles.map(publicKey);

  const [freePort] = options.port === undefined ? await freePorts(1) : [options.port];
  const port = freePort as number;
  const configFile = join(directory, 'sshd_config');
  const logFile = join(directory, 'sshd.log');
  writeFileSync(
    configFile,
    sshdConfig({ directory, port, user, hostKeyFiles, sessions, env: { HOME: home, ...env } }),
  );
  writeFileSync(join(directory, 'authorized_keys'), `${publicKey(privateKeyFile)}\n`);

  // sshd run by root refuses to start without its (empty) privilege separation folder.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const server = await startProcess({
    name: 'sshd',
    command: sshdPath(), // absolute, because sshd executes itself again for every connection
    args: ['-D', '-e', '-f', configFile],
    env: { PATH: process.env.PATH },
    logFile,
    mark: configFile,
    owner,
  });
  await waitUntil(() => accepts(port), { process: server, logFile, seconds: 10 });

  const knownHostsFile = join(directory, 'known_hosts');
  writeFileSync(knownHostsFile, hostKeys.map((key) => `[127.0.0.1]:${port} ${key}\n`).join(''));
  const sshConfigFile = join(directory, 'ssh_config');
  writeFileSync(sshConfigFile, sshConfig({ port, user, privateKeyFile, knownHostsFile }));

  return {
    host: '127.0.0.1',
    port,
    user,
    privateKeyFile,
    hostKey: hostKeys[0] as string,
    hostKeyFingerprint: fingerprint(`${hostKeyFiles[0]}.pub`),
    knownHostsFile,
    sshConfigFile,
    process: server,
    stop: () => stopEdge(server, directory),
  };
}

/** Ends the server, every session it has open and every command those left running. */
export async function stopEdge(server: LabProcess, directory: string): Promise<void> {
  endDescendants(server.pid);
  const commands = endCommands(directory);
  await endProcesses([server]);
  await untilGone(commands);
}

/** A command goes on when its connection is lost. Its HOME tells that a session here started it. */
function endCommands(directory: string): number[] {
  const home = `HOME=${join(directory, 'home')}`;
  return endWhere((environment) => environment.includes(home));
}

function sshdConfig(parts: {
  directory: string;
  port: number;
  user: string;
  hostKeyFiles: string[];
  sessions: number;
  env: Record<string, string>;
}): string {
  const { directory, port, user, hostKeyFiles, sessions, env } = parts;
  const lines = [
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    ...hostKeyFiles.map((file) => `HostKey "${file}"`),
    `AuthorizedKeysFile "${join(directory, 'authorized_keys')}"`,
    `PidFile none`,
    `AllowUsers ${user}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no', // PAM would need root and the system's own configuration
    'StrictModes no', // a checkout in a group-writable folder is no reason to refuse the key
    'PrintMotd no',
    'LogLevel VERBOSE',
    'MaxStartups 100',
    `MaxSessions ${sessions}`,
    'Subsystem sftp internal-sftp',
    // One line: only the first SetEnv counts. It wins over what sshd and the client set.
    `SetEnv ${Object.entries(env)
      .map(([name, value]) => `"${name}=${value}"`)
      .join(' ')}`,
  ];
  // Since 9.8 a client that fails to log in is kept out for a while, and here all clients are one.
  if (opensshVersion() >= 9.8) lines.push('PerSourcePenalties no');
  return `${lines.join('\n')}\n`;
}

function sshConfig(parts: {
  port: number;
  user: string;
  privateKeyFile: string;
  knownHostsFile: string;
}): string {
  return `Host edge
  HostName 127.0.0.1
  Port ${parts.port}
  User ${parts.user}
  IdentityFile "${parts.privateKeyFile}"
  IdentitiesOnly yes
  UserKnownHostsFile "${parts.knownHostsFile}"
  StrictHostKeyChecking yes
  BatchMode yes
`;
}

/** Makes a key pair unless `file` has one; answers `file`. */
function makeKey(file: string, type: HostKeyType): string {
  if (!existsSync(file)) {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'conda-ferry-lab', '-f', file]);
  }
  return file;
}

/** `ssh-ed25519 AAAA…`, without the comment. */
function publicKey(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim();
}

function fingerprint(publicKeyFile: string): string {
  const line = execFileSync('ssh-keygen', ['-l', '-E', 'sha256', '-f', publicKeyFile], {
    encoding: 'utf8',
  });
  return line.split(' ')[1] as string;
}

function sshdPath(): string {
  const folders = ['/usr/sbin', '/usr/local/sbin', ...(process.env.PATH ?? '').split(':')];
  const path = folders.map((folder) => join(folder, 'sshd')).find(existsSync);
  if (!path) throw new Error('There is no sshd. Type: sudo apt-get install -y openssh-server');
  return path;
}

/** 9.2 for `OpenSSH_9.2p1 Debian-2+deb12u6, …`. */
function opensshVersion(): number {
  // 2>&1: it is printed on standard error.
  const text = execFileSync('sh', ['-c', 'ssh -V 2>&1'], { encoding: 'utf8' });
  return Number(/OpenSSH_(\d+\.\d+)/.exec(text)?.[1] ?? 0);
}

/**
 * Without PAM, sshd refuses an account whose password field starts with `!`, whatever key it shows
 * (`platform_locked_account` in OpenSSH); only root can read that field, and only root's sshd asks.
 */
function refuseLockedAccount(user: string): void {
  if (process.getuid?.() !== 0) return;
  const line = readFileSync('/etc/shadow', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${user}:`));
  if (line?.split(':')[1]?.startsWith('!')) {
    throw new Error(
      `The account ${user} is locked, so sshd refuses its key. Type: usermod -p '*' ${user}`,
    );
  }
}
