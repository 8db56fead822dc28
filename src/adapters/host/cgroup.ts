import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnvironment, findExecutable, run, STANDARD_PATH } from './process.ts';

/** A group of processes whose memory the kernel bounds as a whole: their own, and files they keep in memory. */
export interface Group {
  /** Comes before a command, which is then in the group with all that it starts. */
  wrapper: readonly string[];
  /** True when the kernel has ended a process of it for want of memory; null where that is not told. */
  ranOut(): Promise<boolean | null>;
  /** Removes the group, once its command has ended. */
  close(): Promise<void>;
}

/** Ways to a group that work on this host, as `check` names them. */
export type GroupKind = 'systemd' | 'cgroup';

/** Where groups are, and how a bound is written: the first file must be there, the others may be. */
interface Hierarchy {
  mount: string;
  /** Our own group, in /proc/self/cgroup. */
  own: RegExp;
  /** A bound on memory, then one on what goes beyond it by swapping. */
  bounds: (bytes: number) => readonly [file: string, value: number][];
  /** Holds a line `oom_kill N`. */
  events: string;
}

/** cgroups(7), of version 2 and 1; both are there at once on some hosts, and one has the memory. */
const HIERARCHIES: readonly Hierarchy[] = [
  {
    mount: '/sys/fs/cgroup',
    own: /^0::(\/.*)$/m,
    bounds: (bytes) => [
      ['memory.max', bytes],
      ['memory.swap.max', 0],
      ['memory.oom.group', 1],
    ],
    events: 'memory.events',
  },
  {
    mount: '/sys/fs/cgroup/memory',
    own: /^\d+:memory:(\/.*)$/m,
    bounds: (bytes) => [
      ['memory.limit_in_bytes', bytes],
      ['memory.memsw.limit_in_bytes', bytes],
    ],
    events: 'memory.oom_control',
  },
];

/** Their names begin so, and then have the id of the process that made them. */
const NAME = 'conda-ferry-';
/** The command enters the group itself, before it is anybody's: no moment of it is outside. */
const ENTER = 'echo $$ >"$1/cgroup.procs" || exit 125; shift; exec "$@"';

/** A group with a bound, or null where this host gives us none. */
export async function openGroup(bytes: number): Promise<Group | null> {
  return (await scope(bytes)) ?? (await folder(bytes));
}

/** Which way to a group works here. */
export async function groupKind(): Promise<GroupKind | null> {
  if (await scope(2 ** 30)) return 'systemd';
  const group = await folder(2 ** 30);
  await group?.close();
  return group && 'cgroup';
}

/** One that we make in the tree of groups ourselves: beside our own, or in it. */
async function folder(bytes: number): Promise<Group | null> {
  const groups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  for (const { mount, own, bounds, events } of HIERARCHIES) {
    const path = own.exec(groups)?.[1];
    if (path === undefined) continue;
    // A group with processes of its own gives no bounds to those in it (version 2): then one beside it,
    // which a service has with `Delegate=` and `DelegateSubgroup=`.
    for (const home of new Set([join(mount, path), join(mount, dirname(path))])) {
      await removeLeft(home);
      const group = join(home, `${NAME}${process.pid}-${randomUUID()}`);
      if (!(await make(home, group, bounds(bytes)))) continue;
      return {
        wrapper: ['/bin/sh', '-c', ENTER, 'sh', group],
        ranOut: async () =>
          /^oom_kill [1-9]/m.test(await readFile(join(group, events), 'utf8').catch(() => '')),
        close: () => remove(group),
      };
    }
  }
  return null;
}

async function make(
  home: string,
  group: string,
  [first, ...others]: readonly [file: string, value: number][],
): Promise<boolean> {
  const write = ([file, value]: [string, number]) =>
    writeFile(join(group, file), String(value), { flag: 'r+' });
  if (first === undefined) return false;
  await writeFile(join(home, 'cgroup.subtree_control'), '+memory', { flag: 'r+' }).catch(() => 0);
  try {
    await mkdir(group);
  } catch {
    return false;
  }
  try {
    await write(first);
  } catch {
    await remove(group);
    return false;
  }
  for (const bound of others) await write(bound).catch(() => undefined);
  // Who may make a group may yet not move processes into it.
  const entered = await say('/bin/sh', ['-c', ENTER, 'sh', group, '/bin/true']);
  if (entered === null) await remove(group);
  return entered !== null;
}

/** Empty ones of processes that are gone. */
async function removeLeft(home: string): Promise<void> {
  for (const name of await readdir(home).catch(() => [])) {
    const [, pid] = new RegExp(`^${NAME}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !existsSync(join('/proc', pid))) {
      await rmdir(join(home, name)).catch(() => undefined);
    }
  }
}

/** The kernel lets go of a group a moment after its last process: what stays is removed later. */
async function remove(group: string): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    const isGone = await rmdir(group).then(
      () => true,
      () => false,
    );
    if (isGone) return;
    await sleep(25);
  }
}

/** The bound that a scope really has: systemd says nothing where the memory is not its own to give. */
const BOUND_OF_SCOPE =
  'cat "/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/memory.max"; exit 0';
let whetherScopes: Promise<boolean> | null = null;

/** One that systemd makes for a command, where it runs and lets us. */
async function scope(bytes: number): Promise<Group | null> {
  if (!existsSync('/run/systemd/system')) return null;
  const program = findExecutable('systemd-run', STANDARD_PATH);
  if (program === null) return null;
  const user = process.getuid?.() ?? 0;
  const wrapperOf = (bytes: number) => [
    ...(user === 0
      ? [program, '--system']
      : ['/usr/bin/env', `XDG_RUNTIME_DIR=/run/user/${user}`, program, '--user']),
    ...['--scope', '--quiet', '--collect'],
    ...['-p', `MemoryMax=${bytes}`, '-p', 'MemorySwapMax=0', '--'],
  ];
  whetherScopes ??= (async () => {
    const [file = '', ...args] = [...wrapperOf(2 ** 30), '/bin/sh', '-c', BOUND_OF_SCOPE];
    return (await say(file, args)) === String(2 ** 30);
  })();
  if (!(await whetherScopes)) return null;
  return { wrapper: wrapperOf(bytes), ranOut: async () => null, close: async () => undefined };
}

/** What a short command says; null where it fails. */
async function say(file: string, args: readonly string[]): Promise<string | null> {
  const result = await run({
    ...{ file, args, cwd: '/', env: cleanEnvironment({ home: '/' }), idleSeconds: null },
    ...{ signal: new AbortController().signal, timeoutSeconds: 10 },
  }).catch(() => null);
  return result?.code === 0 ? result.tail.join('\n').trim() : null;
}
