import { revisionLabel } from '../domain/environment.ts';
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { answerButton, sayButtons } from './buttons.ts';
import { bold, buttons, code, type Document, prose } from './document.ts';
import { describeEvidence } from './evidence.ts';
import { describeLines } from './invocation.ts';

/** What was asked for is there already: which revision it is, and its line. */
export function describeKnown(
  { environment, revision, means, lines }: Extract<Reply, { kind: 'known' }>,
  settings: Settings,
): Document {
  const label = revisionLabel(environment, revision);
  const isDefault = revision === means;
  const command = `rollback ${environment} --to ${revision}`;
  const asDefault = { label: 'Make it the default', command };
  const [first] = lines;
  const stagings = lines.map(({ staging }) => staging);
  const verifications = lines.flatMap(({ verification }) => verification ?? []);
  return {
    summary: `Nothing to build: this is exactly ${label}${first ? ` on ${first.edge}: ${first.text}` : ''}.`,
    parts: [
      prose(
        ...['✅ ', bold('Nothing to build: '), 'this is exactly ', code(label), '.'],
        ...(isDefault
          ? []
          : [
              ' ',
              code(environment),
              ' alone means ',
              code(revisionLabel(environment, means)),
              '.',
            ]),
      ),
      ...describeLines(lines, `${settings.command} run ${label}`),
      ...describeEvidence(verifications, stagings, lines),
      ...buttons([
        answerButton('copy_text', 'Line to copy', 'primary', `run ${label}`),
        ...sayButtons(
          [
            { label: 'spark-submit', command: `run ${label} spark-submit` },
            { label: 'Verify', command: `verify ${label}` },
            ...(isDefault ? [] : [asDefault]),
          ],
          null,
        ),
      ]),
    ],
  };
}
