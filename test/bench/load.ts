/**
 * What many people at once are told, and when: commands over signed HTTP at a steady rate, of which some are
 * answered from records and some ask for what is being built already, while other environments are built. Slack
 * gives each three seconds to be acknowledged. Bot and worker are as an operator starts them; the commands come
 * from a thread of this process, which takes answers at their response_url (who is told with the acknowledgement
 * that there are too many gets none). The bot's memory is flat where it is about the same at half of the time, at
 * the end and ten seconds after the last answer, however long that is.
 *
 *   npm run bench:load [-- --rate 20 --seconds 10 --builds 2 --processes bot,worker]
 */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const SECONDS_OF_SLACK = 3;
/** As long as nobody asks, before the memory is looked at a last time. */
const REST_SECONDS = 10;
const ASKED = [
  'help',
  'status',
  'list',
  'show load-0',
  'run load-0',
  'create load-0 python=3.11 six',
];

interface Asked {
  url: string;
  secret: string;
  user: string;
  channel: string;
  rate: number;
  seconds: number;
  /** Where answers go; a path is added. */
  answers: string;
}

interface Acknowledged {
  /** Milliseconds, of each that was acknowledged with 200, in order. */
  took: number[];
  /** What else came of one, and how often. */
  others: Record<string, number>;
}

if (isMainThread) await main();
else parentPort?.postMessage(await ask(workerData));

/** Sends at the rate whatever becomes of those sent before: people do not wait for each other. */
async function ask(asked: Asked): Promise<Acknowledged> {
  const { url, secret, user, channel, rate, seconds, answers } = asked;
  const agent = new Agent({ keepAlive: true });
  const took: number[] = [];
  const others: Record<string, number> = {};
  const count = rate * seconds;
  const began = performance.now();
  const sent: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const due = began + (index * 1000) / rate;
    const early = due - performance.now();
    if (early > 1) await wait(early);
    sent.push(
      post(index, due).then(
        (milliseconds) => void took.push(milliseconds),
        (error: Error) => {
          others[error.message] = (others[error.message] ?? 0) + 1;
        },
      ),
    );
  }
  await Promise.all(sent);
  agent.destroy();
  return { took, others };

  /** Counts from when it was due: what the sender is late counts, too. */
  function post(index: number, due: number): Promise<number> {
    const body = new URLSearchParams({
      ...{ command: '/conda-env', text: ASKED[index % ASKED.length] ?? '' },
      ...{ user_id: user, channel_id: channel, team_id: 'T0ACMEDATA' },
      trigger_id: `load.${index}.${began}`,
      response_url: `${answers}/${index}`,
    }).toString();
    const timestamp = String(Math.floor(Date.now() / 1000));
    const digest = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const sending = request(url, {
      ...{ method: 'POST', agent, timeout: 60_000 },
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${digest}`,
      },
    });
    sending.once('response', (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - due);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    sending.once('timeout', () => sending.destroy(new Error('no answer within a minute')));
    sending.once('error', reject);
    sending.end(body);
    return promise;
  }
}

/** Processor seconds so far of a process of ours. */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Takes the answers to commands, as Slack does at a response_url, and knows which were answered. */
async function takeAnswers() {
  const answered = new Set<string>();
  const server = createServer((incoming, response) => {
    answered.add(incoming.url ?? '');
    incoming.resume().once('end', () => response.end('ok'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Only a server that listens at a path of the file system answers something else.
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { answered, url: `http://127.0.0.1:${port}`, close };
}

async function main(): Promise<void> {
  const { startWorld } = await import('../harness/world.ts');
  const { cannotWalk } = await import('../harness.ts');
  const { isSettled } = await import('../../src/domain/build.ts');
  const { countOf, describeMachine, machineInWords, memoryOf, printJson, rounded } = await import(
    './measuring.ts'
  );
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '10' },
      builds: { type: 'string', default: '2' },
      processes: { type: 'string', default: 'bot,worker' },
    },
  });
  const rate = countOf('rate', values.rate);
  const seconds = countOf('seconds', values.seconds);
  const builds = countOf('builds', values.builds);
  if (cannotWalk) {
    console.error(`Nothing to measure: ${cannotWalk}`);
    process.exit(2);
  }
  const machine = describeMachine();
  const processes = values.processes.split(',') as ('start' | 'bot' | 'worker')[];
  const world = await startWorld({ mode: 'http', processes });
  const answers = await takeAnswers();
  try {
    const { slack, store, until } = world;
    const [bot] = world.products;
    const channel = slack.workspace.channel('data-science').id;
    const user = slack.workspace.user('ana').id;
    const url = /"url":"(http[^"]+)"/.exec(bot?.output() ?? '')?.[1] ?? '';
    for (let index = 0; index < builds; index += 1) {
      const text = `create load-${index} python=3.11 six ${index % 2 ? 'pytz' : 'ferry-entry'}`;
      await slack.slash({ user, channel, text });
    }
    const begun = await until('the builds to be known', async () => {
      const found = await store.listBuilds({ limit: builds });
      return found.length === builds && found;
    });
    const pid = bot?.pid ?? 0;
    const { commandsOf } = await import('./redis-commands.ts');
    const before = { cpu: cpuOf(pid), megabytes: memoryOf(pid).now };
    const commandsBefore = await commandsOf(world.redis.connection);
    const secret = slack.signingSecret;
    const asked: Asked = { url, secret, user, channel, rate, seconds, answers: answers.url };
    const half = wait(seconds * 500).then(() => memoryOf(pid).now);
    const asking = new Worker(new URL(import.meta.url), { workerData: asked });
    const { took, others } = await new Promise<Acknowledged>((resolve, reject) => {
      asking.once('message', resolve);
      asking.once('error', reject);
    });
    const end = memoryOf(pid).now;
    const commands = await commandsOf(world.redis.connection);
    await until(
      'the builds to end',
      async () => {
        const found = await Promise.all(begun.map(({ id }) => store.readBuild(id)));
        return found.every((build) => build !== null && isSettled(build));
      },
      300,
    );
    // Answers come after the acknowledgements.
    await until('the last answer', async () => {
      const cpu = cpuOf(pid);
      await wait(1_000);
      return cpuOf(pid) - cpu < 0.1;
    });
    const cpu = cpuOf(pid);
    await wait(REST_SECONDS * 1000);
    const memory = memoryOf(pid);
    const sorted = took.toSorted((left, right) => left - right);
    const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    const figures = {
      ...{ asked: rate * seconds, acknowledged: took.length, answered: answers.answered.size },
      late: took.filter((each) => each > SECONDS_OF_SLACK * 1000).length,
      ...{ p50: at(0.5), p99: at(0.99), worst: at(1) },
      // Of the builds beside them, too; where there are none, of what bot and worker do anyway.
      'Redis commands each': rounded((commands - commandsBefore) / took.length, 1),
      'CPU ms each': rounded(((cpu - before.cpu) * 1000) / took.length, 1),
      ...{ 'MB before': before.megabytes, 'MB at half': await half, 'MB at the end': end },
      ...{ 'MB after a rest': memory.now, 'MB at most': memory.most },
    };
    console.log(
      `${rate} commands a second for ${seconds} s while ${builds} environments are built, on ${machineInWords(machine)}; milliseconds to the acknowledgement, and the bot`,
    );
    console.table([figures]);
    if (Object.keys(others).length > 0) console.log('Not acknowledged:', others);
    printJson({ bench: 'load', machine, rate, seconds, builds, ...figures, others });
  } finally {
    answers.close();
    await world.end();
  }
}
