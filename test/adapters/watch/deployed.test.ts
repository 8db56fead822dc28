/** What operators load (`deploy/watch`) speaks of what is measured, and of nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { createRegistry } from '../../../src/adapters/watch/registry.ts';
import { CALLING_CODES } from '../../../src/domain/fault.ts';
import { METRICS, type Metric } from '../../../src/domain/metrics.ts';

const DEPLOY = join(import.meta.dirname, '../../../deploy');
const read = (file: string) => readFileSync(join(DEPLOY, file), 'utf8');

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}

const alerts: Alert[] = parse(read('watch/alerts.yaml')).groups.flatMap(
  (group: { rules: Alert[] }) => group.rules,
);
const panels: { title: string; targets?: { expr: string }[] }[] = JSON.parse(
  read('watch/dashboard.json'),
).panels;
const asked = [
  ...alerts.map(({ alert, expr }) => ({ where: alert, expr })),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: title, expr })),
  ),
];

/** Labels of each metric that an expression can ask for; Prometheus itself adds `job` and `instance`. */
const known = new Map<string, readonly string[]>([['up', []]]);
for (const name of createRegistry().names()) known.set(name, []);
for (const [name, { kind, labels }] of Object.entries<Metric>(METRICS)) {
  known.set(name, labels);
  if (kind !== 'histogram') continue;
  for (const part of ['sum', 'count']) known.set(`${name}_${part}`, labels);
  known.set(`${name}_bucket`, [...labels, 'le']);
  // By itself it is no series.
  known.delete(name);
}

/** What an expression asks for: each metric with its selectors, and the labels it is taken together by. */
function namesIn(expr: string) {
  const metrics = [
    ...expr.matchAll(/\b(up|(?:conda_ferry|process|nodejs)_\w+)(?:\{([^}]*)\})?/g),
  ].map(([, name = '', selectors = '']) => ({
    name,
    labels: [...selectors.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
  }));
  const by = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(/,\s*/),
  );
  return { metrics, by };
}

const promtool = process.env.PROMTOOL ?? 'promtool';
const noPromtool =
  spawnSync(promtool, ['--version']).error !== undefined &&
  'no promtool on the PATH or in PROMTOOL: it comes with Prometheus';

describe('what operators load', () => {
  it('has a row for each metric in the table of its page', () => {
    const rows = Object.entries<Metric>(METRICS).map(([name, { kind, labels, of, help }]) => {
      const named = labels.map((label) => `\`${label}\``).join(', ') || '–';
      return `| \`${name}\` | ${kind} | ${named} | ${of} | ${help} |`;
    });
    const text = read('watch/README.md');
    const shown = text.split('\n').filter((line) => line.startsWith('| `conda_ferry_'));
    assert.deepEqual(shown, rows);
  });

  it('asks in alerts and on the dashboard for metrics and labels that there are', () => {
    assert.ok(asked.length > 40, `${asked.length} expressions`);
    for (const { where, expr } of asked) {
      const { metrics, by } = namesIn(expr);
      assert.ok(metrics.length > 0, `${where}: ${expr}`);
      for (const { name, labels } of metrics) {
        const there = known.get(name);
        assert.ok(there, `${where}: there is no ${name}`);
        const wrong = [...labels, ...by].filter(
          (label) => !['job', 'instance', ...there].includes(label),
        );
        assert.deepEqual(wrong, [], `${where}: ${name} has no such labels`);
      }
    }
  });

  it('takes the greatest of what every process says of all', () => {
    for (const { where, expr } of asked) {
      for (const { name } of namesIn(expr).metrics) {
        const metric = (METRICS as Record<string, Metric>)[name];
        if (metric?.of === 'all') assert.match(expr, /^max|max\(/, `${where}: ${expr}`);
      }
    }
  });

  it('shows each metric, or calls somebody for it', () => {
    const used = new Set(
      asked.flatMap(({ expr }) => namesIn(expr).metrics.map(({ name }) => name)),
    );
    const unused = Object.keys(METRICS).filter(
      (name) => ![...used].some((each) => each.replace(/_(bucket|sum|count)$/, '') === name),
    );
    assert.deepEqual(unused, []);
  });

  it('says with each alert how bad it is, what is seen, and where it stands what to do', () => {
    const headings = [...read('RUNBOOK.md').matchAll(/^### (.+)$/gm)].map(
      ([, title = '']) => title,
    );
    assert.deepEqual(
      alerts.map(({ alert }) => alert),
      headings,
    );
    for (const { alert, labels, annotations } of alerts) {
      assert.ok(['critical', 'warning'].includes(labels.severity), alert);
      assert.ok(annotations.summary.length > 10, alert);
      assert.equal(annotations.runbook, `deploy/RUNBOOK.md#${alert.toLowerCase()}`);
    }
  });

  it('calls for what builds and errands fail for that only operators can mend', () => {
    for (const name of ['CondaFerryBuildsFail', 'CondaFerryErrandsFail']) {
      const { expr = '' } = alerts.find(({ alert }) => alert === name) ?? {};
      const codes = /code=~"([^"]+)"/.exec(expr)?.[1]?.split('|');
      assert.deepEqual(codes, [...CALLING_CODES], name);
    }
  });

  it('is right to Prometheus, and each alert fires when it should', { skip: noPromtool }, () => {
    for (const words of [
      ['check', 'rules', 'alerts.yaml'],
      ['test', 'rules', 'alerts.test.yaml'],
    ]) {
      const { status, stdout, stderr } = spawnSync(promtool, words, {
        cwd: join(DEPLOY, 'watch'),
        encoding: 'utf8',
      });
      assert.equal(status, 0, stdout + stderr);
    }
  });
});
