import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = resolve(import.meta.dirname, '..');

/**
 * Folder → what its files may import: folders of ours, `node:` and npm packages. What stays pure has
 * only what is no outside: hashes for a fingerprint, and the control characters of terminals.
 */
const RULES: readonly {
  folder: string;
  ours: string[];
  npm: string[] | 'any';
  node: string[] | 'any';
}[] = [
  {
    folder: 'src/domain',
    ours: ['src/domain'],
    npm: ['@conda-org/rattler'],
    // To load it when there is a version, and not before.
    node: ['node:crypto', 'node:module'],
  },
  {
    folder: 'commands',
    ours: ['commands', 'src/domain', 'src/reading'],
    npm: [],
    // To load the reading of files when there is one, and not before.
    node: ['node:module'],
  },
  { folder: 'src/pipeline', ours: ['src/pipeline', 'src/domain'], npm: [], node: [] },
  {
    folder: 'src/reading',
    ours: ['src/reading', 'src/domain'],
    npm: ['yaml', 'smol-toml'],
    // To load the two when there is a file, and not before; to read a long one in a thread.
    node: ['node:module', 'node:worker_threads'],
  },
  { folder: 'src/packing', ours: ['src/packing', 'src/domain'], npm: [], node: 'any' },
  {
    folder: 'src/adapters',
    ours: ['src/adapters', 'src/domain', 'src/packing'],
    npm: 'any',
    node: 'any',
  },
  { folder: 'src/answers', ours: ['src/answers', 'src/domain'], npm: [], node: ['node:util'] },
  {
    folder: 'src/slack',
    ours: ['src/slack', 'src/answers', 'commands', 'src/domain'],
    npm: ['@slack/bolt', '@slack/types', '@slack/web-api'],
    node: 'any',
  },
];

/** Room of the adapters → what its files may import besides themselves, domain and npm. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  channels: ['src/adapters/host'],
  edge: [],
  engines: ['src/adapters/host'],
  host: [],
  packers: ['src/packing'],
  pip: ['src/adapters/host'],
  projects: ['src/adapters/host', 'src/adapters/engines', 'src/packing'],
  redis: ['src/adapters/host'],
  watch: [],
};

/** What of Slack's emulator others may import: it, and how its tests run Slack's Python packages. */
const EMULATOR_DOORS = ['deploy/lab/slack/index.ts', 'deploy/lab/slack/test/python.ts'];

/** The composition roots: the only files that may import adapters. */
const ROOTS =
  /^src\/(main\.js|(bot|worker|check|foundation|watch)\.ts)$|^src\/terminal\/[a-z-]+\.ts$/;

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter(
      (name) => /^(?!.*\.out\/).*\.(ts|js)$/.test(name) && statSync(join(ROOT, name)).isFile(),
    );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const pattern =
    /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
  return [...text.matchAll(pattern)].map((match) => {
    const target = (match[2] ?? match[3]) as string;
    const typeOnly = match[1] !== undefined;
    if (!target.startsWith('.')) return { file, target, typeOnly };
    return { file, target: relative(ROOT, resolve(ROOT, dirname(file), target)), typeOnly };
  });
}

function graphOf(imports: readonly Import[]): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const { file, target } of imports) {
    if (isOurs(target)) graph.set(file, [...(graph.get(file) ?? []), target]);
  }
  return graph;
}

/**
 * Circles of a graph, one for each way back that a walk into the depth meets; none exactly where
 * there is no circle.
 */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const walked = new Set<string>();
  const way: string[] = [];
  const walk = (file: string): void => {
    if (way.includes(file)) {
      circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    }
    if (walked.has(file)) return;
    walked.add(file);
    way.push(file);
    for (const target of graph.get(file) ?? []) walk(target);
    way.pop();
  };
  for (const file of graph.keys()) walk(file);
  return circles;
}

const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
const isOurs = (target: string) => /^(src|commands|deploy|test)\//.test(target);
const importsWithin = (folder: string): Import[] => sources(folder).flatMap(importsOf);
const all = ['src', 'commands'].flatMap(importsWithin);

describe('the structure is as src/README.md draws it', () => {
  for (const rule of RULES) {
    it(`${rule.folder} imports only what it may`, () => {
      const wrong = all
        .filter(({ file }) => file.startsWith(`${rule.folder}/`))
        .filter(({ target, typeOnly }) => {
          if (isOurs(target)) return !rule.ours.some((folder) => target.startsWith(`${folder}/`));
          if (target.startsWith('node:')) return rule.node !== 'any' && !rule.node.includes(target);
          if (rule.npm === 'any') return false;
          // Types vanish when the file is loaded; they may come from Slack's type package.
          if (typeOnly && target === '@slack/types') return false;
          return !rule.npm.includes(packageOf(target));
        });
      assert.deepEqual(wrong, []);
    });
  }

  it('every adapter is in a room, and a room imports only what it may', () => {
    const roomOf = (file: string) => /^src\/adapters\/([a-z]+)\//.exec(file)?.[1] ?? file;
    const rooms = new Set(sources('src/adapters').map(roomOf));
    assert.deepEqual([...rooms].sort(), Object.keys(ROOMS));
    const wrong = all.filter(({ file, target }) => {
      if (!file.startsWith('src/adapters/') || !isOurs(target)) return false;
      const room = roomOf(file);
      const may = ['src/domain', `src/adapters/${room}`, ...(ROOMS[room] ?? [])];
      return !may.some((folder) => target.startsWith(`${folder}/`));
    });
    assert.deepEqual(wrong, []);
  });

  it('only composition roots import adapters, and adapters of each other', () => {
    const wrong = all.filter(
      ({ file, target }) =>
        target.startsWith('src/adapters/') &&
        !file.startsWith('src/adapters/') &&
        !ROOTS.test(file),
    );
    assert.deepEqual(wrong, []);
  });

  it('only Slack’s own folder writes or reads Slack’s marks for people and channels', () => {
    const others = ['commands', 'src/domain', 'src/pipeline', 'src/answers', 'src/terminal'];
    const marked = others.flatMap(sources).filter((file) => {
      const code = readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, '');
      return /<@|<!(?:date|channel|here|subteam)/.test(code);
    });
    assert.deepEqual(marked, []);
  });

  it('nothing in src or commands imports test or deploy', () => {
    assert.deepEqual(
      all.filter(({ target }) => /^(test|deploy)\//.test(target)),
      [],
    );
  });

  it('Slack’s emulator imports itself, what its package.json declares, and node builtins', () => {
    const folder = 'deploy/lab/slack/';
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
    const wrong = importsWithin(folder).filter(({ file, target }) => {
      if (isOurs(target)) return !target.startsWith(folder);
      if (target.startsWith('node:')) return false;
      const name = packageOf(target);
      const mayBeForTests = file.startsWith(`${folder}test/`);
      return !(name in dependencies) && !(mayBeForTests && name in devDependencies);
    });
    assert.deepEqual(wrong, []);
  });

  it('others import Slack’s emulator by its index, and its tests’ Python', () => {
    const wrong = ['src', 'commands', 'deploy', 'test']
      .flatMap(importsWithin)
      .filter(
        ({ file, target }) =>
          target.startsWith('deploy/lab/slack/') && !file.startsWith('deploy/lab/slack/'),
      )
      .filter(({ target }) => !EMULATOR_DOORS.includes(target));
    assert.deepEqual(wrong, []);
  });

  it('one npm package has one importing file', () => {
    const importers = new Map<string, Set<string>>();
    for (const { file, target, typeOnly } of all) {
      if (typeOnly || isOurs(target) || target.startsWith('node:')) continue;
      const name = packageOf(target);
      importers.set(name, (importers.get(name) ?? new Set()).add(file));
    }
    const shared = [...importers].filter(([, files]) => files.size > 1);
    assert.deepEqual(shared, []);
  });

  it('tests have fast-check from the harness, which decides what it draws', () => {
    const importers = ['test', 'deploy']
      .flatMap(sources)
      .filter((file) => importsOf(file).some(({ target }) => target === 'fast-check'));
    assert.deepEqual(importers, ['test/harness/properties.ts']);
  });

  it('no file imports itself by way of others, in types neither', () => {
    assert.deepEqual(circlesOf(graphOf(all)), []);
    const drawn = {
      a: ['b'],
      b: ['c', 'd'],
      c: ['a'],
      d: ['e'],
      e: ['d', 'f'],
      f: ['f'],
      g: ['a'],
    };
    assert.deepEqual(circlesOf(new Map(Object.entries(drawn))), [
      'a → b → c → a',
      'd → e → d',
      'f → f',
    ]);
  });

  it('what lies above the code is found by root.ts, as an installed package has it elsewhere', () => {
    const above = ['src', 'commands'].flatMap(sources).filter((file) => {
      const code = readFileSync(join(ROOT, file), 'utf8');
      return /import\.meta\.(?:dirname|filename|url)\b[^;]*['"`][^'"`;]*\.\./.test(code);
    });
    assert.deepEqual(above, ['src/root.ts']);
  });

  it('nothing is written as Node 22 does not read it', () => {
    // `tsc` lets it pass for our target, and Node 24 reads it; 22.18 ends with a SyntaxError.
    const newer = ['src', 'commands', 'deploy']
      .flatMap(sources)
      .filter((file) => /^\s*(?:await )?using \w+ =/m.test(readFileSync(join(ROOT, file), 'utf8')));
    assert.deepEqual(newer, []);
  });

  it('every import names a file with its ending', () => {
    const wrong = all.filter(({ target }) => isOurs(target) && !/\.(ts|json)$/.test(target));
    assert.deepEqual(wrong, []);
  });
});
