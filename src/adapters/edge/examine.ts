import type { ClusterProfile } from '../../domain/cluster.ts';
import { type Fault, failed, faultsOfRoom, type Look, warning } from '../../domain/doctor.ts';
import { toFailure } from '../../domain/errors.ts';
import { counted, duration } from '../../domain/figures.ts';
import type { Platform } from '../../domain/lock.ts';
import { printable } from '../../domain/names.ts';
import { ARCHITECTURES, type Architecture, platformFor } from '../../domain/platform.ts';
import { createConnections } from './connections.ts';
import { type EdgeConfig, targetOf } from './edge.ts';
import { hdfsBase, tryHdfs } from './hdfs.ts';
import { type EdgeProfile, readProfile } from './profile.ts';
import type { ScriptOutput } from './script.ts';
import { openSession, type Session } from './session.ts';
import { LinkCut, type SshConnection } from './ssh.ts';

/** Files of which an environment has some ten thousand. */
const FEW_FILES = 200_000;
const NO_FILES = 20_000;
/** Milliseconds: Kerberos' own limit (RFC 4120, 3.1.3: five minutes is typical). */
const MOST_SKEW = 5 * 60_000;
const SILENCE_MS = 30_000;
const LONGEST_WORDS = 120;

/** What is looked at beside the edge itself. */
export interface EdgeExpectation {
  /** Of the environments that are staged there. */
  platform: Platform;
  /** glibc of the build host, where something is compiled on it; else null. */
  compiledWith: string | null;
}

/** Looks at an edge over one connection that is tried once. Errors: those of connecting to it. */
export async function examineEdge(
  config: EdgeConfig,
  expected: EdgeExpectation,
  signal: AbortSignal,
): Promise<Look> {
  const target = targetOf(config, SILENCE_MS);
  const session = openSession({
    ...{ target, signal, environment: config.env },
    connections: createConnections(target, 0),
    ...{ attempts: 1, backoffMilliseconds: 0, log: () => undefined },
  });
  try {
    const root = config.root.replace(/\/+$/, '');
    const asked = Date.now();
    const said = await session.script({
      name: 'examine',
      variables: { root },
      deadlineSeconds: 30,
    });
    const answered = Date.now();
    const { text, faults } = await examineCluster(session, config, expected);
    const runsTwo = await session.withConnection((connection) => runsTwoAtOnce(connection, signal));
    return {
      text,
      faults: [
        ...faultsOfHost(config, said, { asked, answered }),
        ...faults,
        ...(runsTwo ? [] : [onlyOneAtOnce()]),
        ...faultsOfShell(said.before),
      ],
    };
  } finally {
    session.close();
  }
}

/** Whether a second program runs beside a first one over one connection, by two that only wait. */
async function runsTwoAtOnce(connection: SshConnection, signal: AbortSignal): Promise<boolean> {
  const operation = { signal, deadlineMilliseconds: 30_000 };
  const begun = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  let hasEnded = false;
  const first = connection
    .execute('echo begun; cat >/dev/null', {
      ...operation,
      onStdout: () => begun.resolve(),
      input: () => enough.promise,
    })
    .finally(() => {
      hasEnded = true;
    });
  first.catch(() => undefined);
  try {
    await Promise.race([begun.promise, first]);
    await connection.execute('true', operation);
    return true;
  } catch (error) {
    if (error instanceof LinkCut && !hasEnded) return false;
    throw error;
  } finally {
    enough.resolve();
    await first.catch(() => undefined);
  }
}

/** Staging works all the same (`arriving.ts`); 25 MB at 5 MB/s took 1.45 times as long in a measure. */
function onlyOneAtOnce(): Fault {
  return warning(
    'its sshd runs one program at a time over a connection (MaxSessions 1), so packages are unpacked once all have arrived, and staging over a slow link takes about half as long again',
    'Set `MaxSessions 10`, which is what sshd has by itself, in /etc/ssh/sshd_config there, and `systemctl reload sshd`.',
  );
}

async function examineCluster(
  session: Session,
  config: EdgeConfig,
  expected: EdgeExpectation,
): Promise<Look> {
  const root = config.root.replace(/\/+$/, '');
  try {
    const profile = await readProfile(session, root, config.cluster);
    const faults = [
      ...faultsOfCluster(profile, config.user, expected, config.cluster.architecture ?? null),
      ...(await faultsOfHdfs(session, config, root, profile)),
    ];
    return { text: describe(profile.cluster), faults };
  } catch (error) {
    const { message, suggestion } = toFailure(error);
    return { text: '', faults: [failed(message, suggestion ?? '')] };
  }
}

async function faultsOfHdfs(
  session: Session,
  config: EdgeConfig,
  root: string,
  profile: EdgeProfile,
): Promise<Fault[]> {
  const base = hdfsBase(config.hdfs, profile, config);
  const { kerberos } = profile;
  if (base === null || profile.hasTicket === false) return [];
  const { folder, home, reason } = await tryHdfs(session, { base, root, kerberos });
  const { user } = config;
  const says = reason === '' ? '' : `: ${printable(reason, LONGEST_WORDS)}`;
  const give = (path: string): string =>
    `\`hdfs dfs -mkdir -p ${path} && hdfs dfs -chown ${user} ${path}\``;
  const faults: (Fault | false)[] = [
    !folder &&
      failed(
        `\`${user}\` cannot write to \`${base}\` in HDFS, where archives go${says}`,
        `As HDFS’ superuser: ${give(base)} (\`edge-account.sh --hdfs\` does it); or set \`hdfs\` for this edge.`,
      ),
    !home &&
      warning(
        `\`${user}\` cannot write to its own folder in HDFS, where Spark uploads what an application needs${says}`,
        `As HDFS’ superuser: ${give(`/user/${user}`)}; or set \`spark.yarn.stagingDir\` in spark-defaults.conf.`,
      ),
  ];
  return faults.filter((fault) => fault !== false);
}

function describe({ manager, spark, hadoop, glibc, architecture }: ClusterProfile): string {
  const facts = [
    manager,
    spark && `Spark ${spark}`,
    hadoop && `Hadoop ${hadoop}`,
    glibc && `glibc ${glibc}`,
    architecture,
  ];
  return facts.filter(Boolean).join(', ');
}

function faultsOfHost(
  { name, root, user }: EdgeConfig,
  { facts }: ScriptOutput,
  { asked, answered }: { asked: number; answered: number },
): Fault[] {
  const fact = (key: string): string => printable(facts.get(key)?.trim() ?? '', LONGEST_WORDS);
  const numbers = (key: string): number[] => fact(key).split(' ').map(Number);
  const where = fact('where');
  const lacking = fact('lacking');
  const temporary = fact('temporary');
  const now = Number(fact('now')) * 1000;
  const skew = now < asked ? asked - now : now - answered;
  const [free = Number.NaN] = numbers('free');
  const [files = 0, freeFiles = 0] = numbers('inodes');
  const faults: (Fault | false)[] = [
    lacking !== '' && failed(`it lacks ${lacking}`, 'Install them on the edge node.'),
    fact('writable') !== 'yes' &&
      failed(
        `\`${user}\` cannot write to \`${where}\`, and \`root\` is \`${root}\``,
        `On the edge, as its administrator: \`mkdir -p ${root} && chown ${user} ${root}\`; or set another \`root\` for this edge.`,
      ),
    ...faultsOfRoom(free, root, 'Let environments go that nobody uses, or set another `root`.'),
    files > 0 && freeFiles < FEW_FILES && fewFiles(freeFiles, root),
    temporary !== '' &&
      failed(
        `\`${user}\` cannot write to \`${temporary}\`, where commands run`,
        `Make room there or give \`${user}\` the right to write, or set TMPDIR in \`env\` of this edge.`,
      ),
    // It tells whole seconds.
    skew > MOST_SKEW &&
      failed(
        `its clock is ${duration(skew)} ${now < asked ? 'behind' : 'ahead of'} this host’s`,
        `Set the clocks of both by NTP (\`timedatectl set-ntp true\`): tickets of Kerberos fail, and what is unused on ${name} goes too soon or never.`,
      ),
  ];
  return faults.filter((fault) => fault !== false);
}

function fewFiles(free: number, root: string): Fault {
  const text = `\`${root}\` takes only ${counted(free, 'more file')}, and an environment has some ten thousand`;
  const fix = 'Make a file system with more inodes (`df -i`), or set another `root`.';
  return free < NO_FILES ? failed(text, fix) : warning(text, fix);
}

function faultsOfCluster(
  { cluster, machine, hasSpark, kerberos, hasTicket }: EdgeProfile,
  user: string,
  { platform, compiledWith }: EdgeExpectation,
  configured: Architecture | null,
): Fault[] {
  const faults: (Fault | false)[] = [
    !hasSpark &&
      failed(
        'there is no Spark: neither SPARK_HOME nor `spark-submit` on the PATH of a login shell',
        `Set SPARK_HOME in the login profile of \`${user}\` there, or \`cluster.sparkHome\` for this edge.`,
      ),
    hasTicket === false &&
      failed(
        `its cluster wants Kerberos, and \`${user}\` has no valid ticket there (\`klist -s\`)`,
        `As \`${user}\` there: \`kinit -kt KEYTAB PRINCIPAL\`, and keep it valid (deploy/README.md, Kerberos).`,
      ),
    kerberos &&
      hasTicket === null &&
      warning(
        `its cluster wants Kerberos, and there is no \`klist\` to tell whether \`${user}\` has a ticket`,
        'Install it there (krb5-user or krb5-workstation).',
      ),
    machine !== null &&
      machine !== ARCHITECTURES[platform] &&
      (configured === null
        ? failed(
            `it is ${machine}, and its environments are built for ${platform}`,
            `Set \`cluster.architecture: ${machine}\` for this edge, with a worker of ${platformFor(machine)}; or name another edge.`,
          )
        : failed(
            `it is ${machine}, and its \`cluster.architecture\` is ${configured}: drivers run on the edge itself`,
            `Set \`cluster.architecture: ${machine}\`, or name an edge that is ${configured}.`,
          )),
    compiledWith !== null &&
      cluster.glibc !== null &&
      isOlder(cluster.glibc, compiledWith) &&
      warning(
        `its glibc is ${cluster.glibc}, and what is compiled on this build host needs up to ${compiledWith}`,
        'Run the worker on a host whose glibc is no newer than that of the edges.',
      ),
  ];
  return faults.filter((fault) => fault !== false);
}

function isOlder(left: string, right: string): boolean {
  const [a = [], b = []] = [left, right].map((version) => version.split('.').map(Number));
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}

/** Ours begins with a mark, so nothing of it is misread; of others’ programs much is. */
function faultsOfShell(before: string): Fault[] {
  const words = printable(before.replace(/\s+/g, ' ').trim(), LONGEST_WORDS);
  if (words === '') return [];
  return [
    warning(
      `its start-up files print where nobody reads: ${words}`,
      'Let them print only for people: `[ -t 1 ] || return` before it. scp and rsync fail on it; what is staged here does not.',
    ),
  ];
}
