/**
 * What is promised for when something goes wrong or somebody means ill, and the tests that show it.
 * `npm run test:faults` runs these and says a line for each promise.
 */

export interface Promised {
  /** Short, to ask for it alone. */
  id: string;
  promise: string;
  /** Files, and words of the names of the tests in them that show it. */
  shown: Readonly<Record<string, readonly string[]>>;
}

const FAULTS = {
  injection: 'test/faults/injection.test.ts',
  link: 'test/faults/link.test.ts',
  redis: 'test/faults/redis.test.ts',
  slack: 'test/faults/slack.test.ts',
  worker: 'test/faults/worker.test.ts',
} as const;
const QUEUE = 'test/adapters/redis/queue.test.ts';
const STAGING = 'test/adapters/edge/staging.test.ts';
const CONNECTION = 'test/adapters/edge/connection.test.ts';
const RUN = 'test/adapters/edge/run.test.ts';
const PROCESS = 'test/adapters/host/process.test.ts';
const CODE = 'test/adapters/engines/packages-code.test.ts';
const SANDBOX = 'test/adapters/host/sandbox.test.ts';
const WORKSPACE = 'test/adapters/host/workspace.test.ts';
const PROJECTS = 'test/adapters/projects/projects.test.ts';
const DELIVERIES = 'test/slack/deliveries.test.ts';
const APP = 'test/slack/app.test.ts';
const BEGINNING = 'test/adapters/redis/beginning.test.ts';

export const PROMISES: readonly Promised[] = [
  {
    id: '1',
    promise: 'a worker that is killed is replaced: one archive, one message, one notice',
    shown: {
      [FAULTS.worker]: ['is replaced: one archive, one message, one notice'],
      [QUEUE]: ['is replaced when it is killed: another one takes its job over'],
      [WORKSPACE]: ['are free when their worker is killed, whoever has its process id now'],
    },
  },
  {
    id: '2',
    promise: 'a worker that is told to stop is gone in ten seconds, and no try is used up',
    shown: {
      [QUEUE]: [
        'puts its job back on SIGTERM, uses up no try',
        'is gone in time even while Redis is away',
      ],
      [WORKSPACE]: ['are waited for until the build is stopped'],
      [CONNECTION]: ['is stopped while it waits to try again'],
      'test/pipeline/run.test.ts': ['whatever a part of it that was stopped says'],
    },
  },
  {
    id: '3',
    promise: 'Redis away for less than a lock costs time and nothing else',
    shown: {
      [FAULTS.redis]: ['in the middle of a build, costs time and nothing else'],
      [QUEUE]: ['for less than the lock is survived by a running job'],
    },
  },
  {
    id: '4',
    promise: 'Redis away for longer has the work stopped and done again from what is there',
    shown: { [QUEUE]: ['for longer than the lock stops the run and runs the job again'] },
  },
  {
    id: '5',
    promise:
      'a command while Redis is away is answered in time and truly: nothing of it is done later',
    shown: {
      [FAULTS.redis]: ['a command meanwhile is acknowledged in time and honestly answered'],
      [BEGINNING]: [
        'not after its caller was told that the store did not answer',
        'not where its write has waited in Redis for longer than its caller',
      ],
    },
  },
  {
    id: '6',
    promise: 'a Redis that is full refuses what is new, and loses nothing that runs',
    shown: {
      [FAULTS.redis]: ['that is full refuses new requests in plain words'],
      [QUEUE]: ['is said as store-full when it has no memory left'],
    },
  },
  {
    id: '7',
    promise: 'a transfer that is cut goes on where it was, and nothing half sent is published',
    shown: {
      [FAULTS.link]: ['in the middle of a transfer costs time and no second transfer'],
      [STAGING]: [
        'in the middle of the transfer',
        'gives up a link that brings nothing',
        'makes progress over a link that is cut again and again',
      ],
    },
  },
  {
    id: '8',
    promise: 'a remote command that is cut off is no success: its outcome is unknown',
    shown: {
      [RUN]: ['ends the group when the link is cut, does not run it again'],
      [FAULTS.link]: ['that is cut while the environment is tried there is no proof'],
    },
  },
  {
    id: '9',
    promise: 'an edge without room is named with what is free and needed; what was there stays',
    shown: {
      [STAGING]: [
        'refuses before sending when the disk has no room',
        'removes its part when the disk fills up while writing',
      ],
    },
  },
  {
    id: '10',
    promise: 'a host key that changed is refused before logging in, once, with both fingerprints',
    shown: { [CONNECTION]: ['refuses a changed host key once, before logging in'] },
  },
  {
    id: '11',
    promise: 'an upload that arrives damaged is sent once more, and never published',
    shown: {
      [STAGING]: [
        'sends a damaged upload once more',
        'gives up an upload that arrives damaged twice',
        'replaces a published archive that was damaged afterwards',
      ],
    },
  },
  {
    id: 'rot',
    promise: 'a file that was damaged on an edge unseen is found when a proof fails, and mended',
    shown: {
      'test/adapters/edge/damage.test.ts': [
        'is compared to the last byte when it failed, and unpacked again where it is damaged',
      ],
      'test/adapters/edge/packages.test.ts': [
        'are made anew where an environment that failed shares a damaged file with one',
      ],
      'test/pipeline/proof.test.ts': ['and is tried again where it was damaged, which is said'],
    },
  },
  {
    id: '12',
    promise: 'Slack’s limits are kept: the newest state wins, and the last message arrives',
    shown: {
      [DELIVERIES]: [
        'changes that come faster than Slack takes them fall together',
        'Slack never has to refuse an edit',
        'edits wait as long as Slack says',
        'costs one call each when many are owed at once',
      ],
    },
  },
  {
    id: '13',
    promise: 'Slack that fails costs no build, and what was owed is told once it answers',
    shown: {
      [FAULTS.slack]: ['one message, one notice, one environment'],
      [DELIVERIES]: ['while Slack is down builds go on', 'wait while Slack is away or says later'],
    },
  },
  {
    id: '14',
    promise: 'an answer whose way back has expired arrives another way',
    shown: { [FAULTS.slack]: ['a way back that has expired does not lose the answer'] },
  },
  {
    id: '15',
    promise: 'a command that is delivered twice is one build, and told once',
    shown: {
      [FAULTS.slack]: ['a command that is delivered twice is one build'],
      [APP]: ['what arrives twice is done once'],
    },
  },
  {
    id: '16',
    promise: 'a double click is one click, and a button of yesterday does nothing',
    shown: {
      [FAULTS.slack]: ['a double click is one click'],
      [APP]: [
        'Retry runs a failed build again in the same message, and pressing twice is harmless',
      ],
    },
  },
  {
    id: '17',
    promise: 'at one moment one build is at work on a name: the same joins, another is refused',
    shown: {
      [BEGINNING]: ['with its record and its hold, as one of 200 on two connections'],
      'test/pipeline/life.test.ts': ['two ask for the same, and one for something else'],
    },
  },
  {
    id: '18',
    promise: 'what Slack did not sign just now, or cannot have sent, goes no further',
    shown: {
      [APP]: [
        'old and future timestamps, forged bodies and missing signatures are refused',
        'a replayed request is answered but not done again',
      ],
      'test/slack/requests.test.ts': [
        'that Slack cannot have meant is refused with a word',
        'with any one value of it replaced is refused or taken',
      ],
    },
  },
  {
    id: '19',
    promise: 'an engine that hangs, ignores signals or forks is ended with all it started',
    shown: {
      [PROCESS]: [
        'silence for too long ends the program',
        'a talkative program is still ended at its deadline',
        'cancelling ends the whole group',
        'a program dies with us even when we are killed',
      ],
      'test/adapters/engines/answers.test.ts': ['is told as that, not by its reports of progress'],
    },
  },
  {
    id: '20',
    promise: 'a flood of output stays within bounds, and its tail is kept',
    shown: {
      [PROCESS]: [
        'a flood of output stays within bounds',
        'a huge line is cut and invalid UTF-8 survives',
      ],
      [RUN]: ['keeps the end of a flood in bounded memory'],
    },
  },
  {
    id: '21',
    promise:
      'text that tries to be more than a package is refused with its place; nothing is started',
    shown: {
      [FAULTS.injection]: ['is refused, and nothing is recorded'],
      [PROCESS]: ['metacharacters reach the program as literal text'],
      'test/adapters/engines/engine.test.ts': ['user text is no argument of the engine'],
    },
  },
  {
    id: '22',
    promise: 'a line means in every shell what it was made to mean, byte for byte',
    shown: {
      'test/domain/invocation-shells.test.ts': [
        'whatever the values hold, or the request is refused',
      ],
    },
  },
  {
    id: '23',
    promise: 'an archive that leaves its folder, links out of it or is a bomb is found unopened',
    shown: {
      'test/packing/lint.test.ts': ['a zip with ', 'a tar.gz with ', 'bombs are found before'],
      [PROJECTS]: ['a wheel for another platform is refused, and one that leaves its folder'],
      'test/adapters/projects/source.test.ts': ['has no link that leads out', 'has no pipe'],
    },
  },
  {
    id: '24',
    promise: 'a project’s own code sees no secret and no network, and takes only so much',
    shown: {
      [PROJECTS]: [
        'secrets of the build host are out of sight',
        'the network is away',
        'a fork bomb and an endless build are ended',
        'memory that many processes take together is limited',
        'a flood of files is ended',
      ],
      [SANDBOX]: [
        'has no home, no secrets',
        'has no network, not even to this machine',
        'a fork bomb takes no processes from what runs beside it',
        'no file can be kept in memory without a limit',
      ],
    },
  },
  {
    id: '25',
    promise: 'who may not is told the rule; a token or key that is refused is not tried again',
    shown: {
      [FAULTS.slack]: [
        'costs messages, never a build; the log calls for the operator',
        'somebody else’s click is refused',
      ],
      [CONNECTION]: ['does not try again when the key is not accepted'],
      'test/pipeline/roles.test.ts': ['a refusal names the rule and who could'],
    },
  },
  {
    id: 'life',
    promise: 'a build ends once, is told and leaves its name free, in whatever order things happen',
    shown: {
      'test/pipeline/life.test.ts': [
        'two workers come to one build',
        'one that is cancelled is looked after',
        'one that failed is tried again by two',
        'what a failed one staged is removed while it is tried again',
        'what is deleted is removed and asked for again',
      ],
    },
  },
  {
    id: 'walk',
    promise:
      'the same holds where twenty take part at once: what lies on hosts, who is told, names',
    shown: {
      'test/pipeline/walk.test.ts': ['leave nothing stuck, lost, doubled or unnamed'],
      'test/pipeline/unproven.test.ts': ['from an edge that has no revision of the same bytes'],
      'test/pipeline/letting-go.test.ts': ['of the same bytes on another edge'],
    },
  },
  {
    id: 'recorded',
    promise: 'what is recorded is done, whoever is killed between two writes',
    shown: {
      'test/pipeline/reconciling.test.ts': ['wherever it is killed, the build ends once'],
      'test/faults/lost.test.ts': ['once a build is recorded and before it is queued'],
    },
  },
  {
    id: 'sweep',
    promise: 'whatever is killed, frozen or cut at random, no build, name or byte is lost',
    shown: {
      'test/faults/sweep.test.ts': [
        'does the same for the same seed',
        'loses no build, name or byte',
      ],
    },
  },
  {
    id: 'redis',
    promise:
      'the embedded Redis is started again when it is killed, or the product ends with a word',
    shown: {
      'test/faults/embedded-redis.test.ts': ['is started again when it is killed'],
      'test/adapters/redis/server.test.ts': [
        'a server that is killed is started again and has what was answered',
        'a server that cannot be started again is lost, with its last words',
      ],
    },
  },
  {
    id: 'bots',
    promise: 'of two bots one tells; a restart sends nothing again, and the other goes on',
    shown: {
      [DELIVERIES]: [
        'that look as they did are not edited again after a restart',
        'are told of by one of two bots',
      ],
      'test/slack/live-edits.test.ts': ['end with the newest, also when another bot leads'],
    },
  },
  {
    id: 'balanced',
    promise: 'two bots behind one address answer each request once, whichever of them gets it',
    shown: {
      'test/faults/balanced-bots.test.ts': [
        'answer a command, a form and a button once: one build, one message, one notice',
      ],
    },
  },
  {
    id: 'drain',
    promise: 'a worker that drains finishes its build, takes no more and ends with 0',
    shown: {
      'test/faults/drain.test.ts': [
        'finishes its build, takes no more, and ends with 0, however it was asked',
      ],
    },
  },
  {
    id: 'versions',
    promise: 'an older process ends with a word before it writes what a newer one cannot read',
    shown: {
      'test/faults/drain.test.ts': ['ends bot and worker with words before they write on'],
    },
  },
  {
    id: 'operators',
    promise: 'what operators alone can mend is told to them once an hour, and when it is gone',
    shown: {
      'test/pipeline/faults.test.ts': [
        'is told to each of them once, however many builds fail for it',
        'is said to be gone once a build is ready there',
        'can be reached again, without a build',
      ],
    },
  },
  {
    id: 'refused',
    promise: 'a message that Slack refuses for good is told another way, and not tried for ever',
    shown: {
      [DELIVERIES]: [
        'that Slack refuses where it was asked for goes to the person',
        'that Slack takes nowhere is no secret to the person',
      ],
      'test/slack/first-posts.test.ts': [
        'is tried once where it was asked for and once directly, and never again',
      ],
    },
  },
  {
    id: 'damaged',
    promise: 'an environment on an edge of which a file is damaged or gone is unpacked again',
    shown: { 'test/adapters/edge/damage.test.ts': ['is unpacked again where a file of it'] },
  },
  {
    id: 'growth',
    promise: 'what comes for ever goes by its age or by how much of it there is',
    shown: {
      [WORKSPACE]: ['are swept once nothing is made of them'],
      'test/adapters/engines/package-cache.test.ts': ['go where they are too many'],
      'test/pipeline/retention.test.ts': ['is let go when its time is up'],
      'test/pipeline/forgetting.test.ts': ['are forgotten by their age'],
      'test/terminal/compiled.test.ts': ['goes where it is too much, the oldest first'],
    },
  },
  {
    id: 'doors',
    promise: 'whatever comes in at any door is read or refused in words, and starts no program',
    shown: { 'test/fuzz/doors.test.ts': ['is read or refused in words, and starts no program'] },
  },
  {
    id: 'secrets',
    promise: 'secrets of a service are in no environment that programs of its account can read',
    shown: { 'test/terminal/secrets-aside.test.ts': ['secrets of a service are whole'] },
  },
  {
    id: 'unopened',
    promise: 'a wheel or an sdist that leads out, or holds too much, is refused unopened',
    shown: { 'test/adapters/projects/look-into.test.ts': ['before anything is unpacked'] },
  },
  {
    id: 'signed',
    promise: 'what lies on an edge can be checked anywhere, and who signed it is told',
    shown: {
      'test/terminal/verify-archive.test.ts': [
        'finds the manifest of an archive on an edge, and says who signed it',
        'says nothing in the words of a manifest that nobody has vouched for',
      ],
    },
  },
  {
    id: 'clocks',
    promise: 'a host whose clock is wrong delays no notice and makes no build end before it began',
    shown: {
      'test/adapters/redis/notices.test.ts': [
        'are due from when they are added',
        'is Redis’ own to a host',
      ],
    },
  },
  {
    id: 'marks',
    promise:
      'nothing is removed that a build at work stages, and nobody waits long for who was killed',
    shown: {
      'test/pipeline/leaving.test.ts': [
        'that begins while it is removed waits',
        'is made by one worker alone',
        'one whose worker was killed for a minute',
      ],
    },
  },
  {
    id: 'leftovers',
    promise: 'what a killed process left half made is removed when the next one starts',
    shown: {
      [FAULTS.worker]: ['killed as soon as it has published'],
      'test/pipeline/begun.test.ts': ['is removed where its worker was killed'],
      [WORKSPACE]: ['what they are half done with stay while their worker lives'],
      [STAGING]: ['sweeps what interrupted stagings left'],
    },
  },
  {
    id: 'packages',
    promise:
      'code of packages has no secret, network or other package in reach while they are linked',
    shown: {
      [CODE]: [
        'reads no secret, writes nowhere else and sees no process',
        'before anything of it is written',
      ],
    },
  },
  {
    id: 'memory',
    promise: 'the sandbox holds the sum of all memory, whichever way it is taken',
    shown: {
      [SANDBOX]: [
        'is limited by a group of the kernel’s',
        'is limited by looking where there is no group',
      ],
    },
  },
  {
    id: 'downloads',
    promise: 'the token goes to Slack alone, and no more is read than is allowed',
    shown: {
      'test/adapters/host/slack-download.test.ts': [
        'is for addresses of Slack alone',
        'leads on within Slack with the token, and nowhere else',
        'reads no further than it needs',
      ],
    },
  },
  {
    id: 'restore',
    promise:
      'a catalogue that was lost comes back from edges, and no number or name is given twice meanwhile',
    shown: {
      'test/path/restore.test.ts': ['comes back from the edge'],
      'test/pipeline/restoring.test.ts': [
        'comes back with owners',
        'takes no paper that nobody vouches for',
      ],
      'test/pipeline/numbering.test.ts': [
        'keeps its numbers',
        'is refused to everybody but its owner',
      ],
    },
  },
  {
    id: 'roots',
    promise: 'an edge’s root in which others may write is refused before anything is written',
    shown: {
      'test/adapters/edge/rights.test.ts': [
        'before anything is written',
        'is refused where it belongs to somebody else',
      ],
    },
  },
  {
    id: 'keys',
    promise: 'a private key, or a file with a secret, that others may read is not used',
    shown: {
      [CONNECTION]: ['does not use a private key that others may read or write'],
      'test/config.test.ts': ['does not use one of these files that others may read or write'],
    },
  },
  {
    id: 'concerned',
    promise: 'a log is read, and a build verified, by those whom it concerns',
    shown: {
      'test/pipeline/roles.test.ts': ['may be logs: others’ ones are for its members'],
      'test/domain/policy.test.ts': ['is acted on by who asked for it and by operators'],
    },
  },
];
