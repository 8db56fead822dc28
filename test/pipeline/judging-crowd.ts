/** What must hold once a crowd has gone home: what was answered is true, and who had to hear has heard. */
import assert from 'node:assert/strict';
import { isThere } from '../../src/domain/environment.ts';
import { isScheduled } from '../../src/domain/schedule.ts';
import type { Crowd } from './crowd.ts';
import { judge } from './judging.ts';

export async function judgeCrowd(crowd: Crowd): Promise<void> {
  judge(crowd, crowd.log);
  judge(crowd, crowd.log, [noDefect, hostsAreClear, endsAreTold, nothingIsTwice, acceptedIsKnown]);
}

/** Of the duties: what they could not do they say, and it is somebody's fault outside. */
function noDefect({ log }: Crowd): void {
  const defects = log.filter((line) => /(Type|Reference|Range|Assertion)Error| Error:/.test(line));
  assert.deepEqual(defects, []);
}

/** An archive on a build host is one of a revision that is there. */
function hostsAreClear({ hosts, store }: Crowd): void {
  const revisions = [...store.environments.values()].flatMap((each) => each.revisions);
  const named = revisions.filter(isThere).map(({ fingerprint }) => fingerprint);
  const left = [...hosts].flatMap(([host, archives]) =>
    [...archives.keys()].filter((each) => !named.includes(each)).map((each) => `${host} ${each}`),
  );
  assert.deepEqual(left, [], 'something is left on a build host');
}

/** Who asked, and who subscribed to everything, of the newest attempt of each build. */
function endsAreTold({ store, slack }: Crowd): void {
  assert.deepEqual([...store.notices.keys()], [], 'notices are never sent');
  const told = new Set(slack.posted.map(({ id }) => id));
  for (const build of store.builds.values()) {
    const { id, attempt, state } = build;
    const key = `${id}.${attempt}`;
    assert.ok(told.has(`heard.${key}.U9`), `who subscribed is not told of ${key}, ${state}`);
    // Who cancels one is answered that it is; what a schedule asks for is its environment's story.
    if (state === 'cancelled' || isScheduled(build)) continue;
    const isTold = told.has(`${key}.thread`) || told.has(`${key}.direct`);
    assert.ok(isTold, `nobody is told of ${key}`);
  }
}

function nothingIsTwice({ slack }: Crowd): void {
  const ids = slack.posted.map(({ channel, id }) => `${channel} ${id}`);
  const twice = ids.filter((each, index) => ids.indexOf(each) !== index);
  assert.deepEqual(twice, [], 'something is told twice');
}

/** A build that was accepted is there, unless its environment was forgotten. */
function acceptedIsKnown({ answers, store }: Crowd): void {
  for (const { deed, by, answer } of answers) {
    const { build = null } = (answer ?? {}) as { build?: { id: string } | null };
    if (build === null) continue;
    const isForgotten = answers.some((each) => each.deed === 'forget');
    assert.ok(store.builds.has(build.id) || isForgotten, `${deed} of ${by}: ${build.id} is lost`);
  }
}
