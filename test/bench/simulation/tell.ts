import { describeMachine, printJson, rounded } from '../measuring.ts';
import { breaksAt, type Resource, type Setting, simulate } from './simulate.ts';

/** What people see once all of it is used, and what an operator does then. */
const THEN: Readonly<Record<Resource, string>> = {
  'Slack: edits, with all that show progress':
    'messages show fewer steps of a build; its line and its end go first, so nothing that is needed waits',
  'Slack: edits for the line and the end':
    'lines come late: the limit is of one app in one workspace, so another app for other people',
  'Slack: posts in the busiest channel': 'first posts come late: more channels',
  'bots: processors': 'answers come late: more bots',
  'Redis: processor': 'answers come late: a faster core',
  'build hosts: slots':
    'builds wait for their turn: more hosts, or more slots where they have cores',
  'edges: links': 'staging takes longer: more edges, or a faster link',
  'HDFS: writing': 'proofs begin later: the line on the edge works before that',
  'YARN: slots for proofs': 'proofs come later: a queue with more applications',
};

/** Prints an hour of so many people: what each resource has of its all, and what gives way first. */
export function tellSimulation(setting: Setting): void {
  const began = performance.now();
  const result = simulate(setting);
  const order = breaksAt(setting, result);
  const { users, hosts, slots, bots, edges, questions, builds, seed } = setting;
  const [[first, people] = ['', 0]] = order;
  console.log(
    `An hour of ${users} people with ${questions} questions and ${builds} builds each: ${result.builds} builds;`,
    `${hosts} build hosts of ${slots}, ${bots} bots, ${edges} edges; seed ${seed}`,
  );
  console.table(
    order.map(([resource, at]) => ({
      resource,
      'used, %': rounded(result.used[resource] * 100, 1),
      'all at people': at,
      'and then': THEN[resource],
    })),
  );
  const seconds = ({ median, worstOf100 }: { median: number; worstOf100: number }) =>
    `${rounded(median, 1)} s in the middle, ${rounded(worstOf100, 1)} s for one of a hundred`;
  console.log(`First of all: ${first}, at ${people} people.`);
  console.log(`From Enter to the line in Slack: ${seconds(result.line)}.`);
  console.log(`Waiting for a slot: ${seconds(result.waited)}.`);
  if (result.promise !== null) {
    console.log(
      `What was said of waiting was wrong by ${rounded(result.promise, 1)} s in the middle.`,
    );
  }
  const took = rounded((performance.now() - began) / 1000, 1);
  printJson({ bench: 'simulation', machine: describeMachine(), setting, ...result, order, took });
}
