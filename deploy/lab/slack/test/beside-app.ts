/** What tests put beside the conversation: a guide of three steps, and an aside of two places. */
import type { Aside, AsideView, Guide } from '../index.ts';

/** Done by a message, by copying, and by what a press has done. */
export function threeSteps(start: () => Promise<string> = async () => 'Traceback: none'): Guide {
  return {
    title: 'A first run',
    end: 'That is all.',
    steps: [
      {
        title: 'Type',
        text: 'One sentence is enough, and nobody has to log in anywhere.',
        fill: { label: 'Put it into the field', text: () => '/conda-env create first numpy' },
        isDone: ({ messages }) => messages.some(({ text }) => text.includes('queued')),
      },
      {
        title: 'Copy',
        text: 'The line is in the message.',
        find: {
          label: 'Show me the line',
          message: ({ messages }) => messages.find(({ text }) => text.includes('the line')),
        },
        isDone: ({ copied }) => copied.some((text) => text.includes('pyspark')),
      },
      {
        title: 'Break',
        text: 'And now without.',
        run: { label: 'Run it', meanwhile: 'It runs…', start },
        fill: { label: 'Ask why', text: ({ answers }) => answers.at(-1) ?? null },
        isDone: ({ answers }) => answers.length > 0,
      },
    ],
  };
}

const VIEW: AsideView = {
  subject: 'churn is being built',
  places: [
    {
      title: 'Queue',
      state: 'done',
      rows: [],
      none: 'Nobody waits.',
    },
    {
      title: 'Build host',
      state: 'now',
      rows: [{ label: 'create', value: '3 of 9 packages', tone: 'busy', part: 0.3 }],
      none: 'Nothing is built.',
    },
  ],
};

/** `reads` counts how often it was asked. */
export function twoPlaces(view: AsideView = VIEW): Aside & { reads: number } {
  const aside = {
    title: 'Behind it',
    everyMs: 10,
    reads: 0,
    read: async () => {
      aside.reads += 1;
      return view;
    },
  };
  return aside;
}
