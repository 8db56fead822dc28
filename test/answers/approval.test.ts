/** Who decides sees everything that would be installed, whoever installs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeApproval, describeApprovals } from '../../src/answers/approval.ts';
import { parseRequirement } from '../../src/domain/pip.ts';
import { approval, settings } from './samples.ts';

test('a question to decide names the packages of pip as well, and counts them', () => {
  const { request, lock, createdAt } = approval();
  const wheel = { name: 'rich', version: '13.7.1', url: 'https://pypi.example.com/rich.whl' };
  const asked = approval({
    before: null,
    request: { ...request, pip: [parseRequirement('rich>=13')] },
    lock: { ...lock, wheels: [{ ...wheel, sha256: 'c'.repeat(64), size: null }] },
  });
  const shown = JSON.stringify(describeApproval(asked, createdAt));
  assert.match(shown, /rich>=13 \(pip\)/);
  assert.match(shown, new RegExp(`${lock.packages.length + 1} packages`));
});

test('in the list of what waits, who asked may take it back, and others decide', () => {
  const asked = approval();
  const offered = (user: string) => {
    const { parts } = describeApprovals({ kind: 'approvals', approvals: [asked], user }, settings);
    const rows = parts.flatMap((part) => (part.kind === 'row' ? part.menu : []));
    return rows.map(({ label }) => label);
  };
  assert.deepEqual(offered(asked.requester.user), ['Take back']);
  assert.deepEqual(offered('U0OMARHAD1'), ['Approve', 'Refuse']);
});
