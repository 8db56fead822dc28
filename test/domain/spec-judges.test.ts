/**
 * A spec means here what it means to conda and to rattler: hundreds of texts of one grammar, each
 * read by us and by them. What is compared is which versions match, and every other field.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { condaLine, matchSpec, rattlerText } from '../../src/adapters/engines/match-spec.ts';
import { strictVersion } from '../../src/domain/spec/version.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';
import { labPython, prepareConda, whyNoConda, whyNoLabPython } from '../adapters/engines/lab.ts';
import { execFileSync } from '../harness/command.ts';
import fc from '../harness/properties.ts';

const SAMPLES = 600;
/** Some of each kind of version; two readings of a constraint differ on one of them at least. */
const VERSIONS = [
  ...['0', '1', '1.2', '1.2.0', '1.2.5', '1.20', '1.25', '1.26', '1.26.0', '1.26.4', '1.27'],
  ...['2', '2.0', '2.1', '2.1+cu118', '2.1+cu121', '3.11', '3.11.3', '1!1.0', '1!2.0', '1!2.0.1'],
  ...['2024a', '2024a.1', '1.1.1w', '1.1.1', '1.2rc1'],
];

const space = fc.constantFrom('', ' ');
const oneOf = (...texts: string[]) => fc.constantFrom(...texts);
const joined = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(''));

const name = oneOf(
  'numpy',
  'NumPy',
  '_libgcc_mutex',
  'ruamel.yaml',
  '7zip',
  'python-dateutil',
  'r-base',
);
const version = oneOf('1.26', '1.2', '1!2.0', '2.1+cu118', '2024a', '1.1.1w', '1.2rc1', '3');
const clause = fc.oneof(
  joined(oneOf('==', '>=', '<=', '<', '>', '!='), space, version),
  joined(oneOf('', '!='), version, fc.constant('.*')),
  joined(fc.constant('~='), space, oneOf('1.26', '2.1.3', '1!2.0')),
);
const constraint = fc.oneof(
  joined(fc.constant('='), space, version),
  version,
  fc.constant('*'),
  clause,
  fc
    .tuple(fc.array(clause, { minLength: 2, maxLength: 3 }), oneOf(',', '|', ', ', ' , '))
    .map(([clauses, separator]) => clauses.join(separator)),
);
const build = oneOf('py311_0', 'py311*', '*cuda*', '*_0', 'openblas', 'h5eee18b_1', '0');
const body = fc.oneof(
  fc.constant(''),
  joined(fc.constant(' '), constraint),
  joined(fc.constant(' '), constraint, fc.constant(' '), build),
  joined(fc.constant('='), version, fc.constant('='), build),
);
const field = fc.oneof(
  joined(fc.constant("build_number='"), oneOf('3', '>=3', '!=1'), fc.constant("'")),
  joined(fc.constant('subdir='), oneOf('noarch', 'linux-64')),
  joined(fc.constant('md5='), fc.constant('0123456789abcdef'.repeat(2))),
);
const fields = fc
  .uniqueArray(field, { maxLength: 2, selector: (text) => text.slice(0, 3) })
  .map((all) => (all.length === 0 ? '' : `[${all.join(',')}]`));
const text = joined(oneOf('', '', 'lab::', 'lab/noarch::'), name, body, fields);

/** Prints, of each text, what the module's MatchSpec makes of it. */
const JUDGE = `
import json, logging, sys, warnings
warnings.simplefilter("ignore"); logging.disable(50)
request = json.load(sys.stdin)
if request["judge"] == "conda":
    from conda.models.match_spec import MatchSpec
    from conda.models.version import VersionSpec
    def read(text):
        parts = {key: str(value) for key, value in MatchSpec(text)._match_components.items()}
        return parts, parts.get("version")
    def matches(constraint):
        return [VersionSpec(constraint).match(version) for version in request["versions"]]
else:
    import rattler
    versions = [rattler.Version(version) for version in request["versions"]]
    def read(text):
        spec = rattler.MatchSpec(text, strict=request["strict"])
        parts = {"name": spec.name.normalized, "build": spec.build, "subdir": spec.subdir}
        parts["channel"] = spec.channel and spec.channel.name
        parts["build_number"] = spec.build_number and str(spec.build_number).removeprefix("==")
        parts["md5"] = spec.md5 and spec.md5.hex()
        return parts, None if spec.version is None else str(spec.version)
    def matches(constraint):
        return [rattler.VersionSpec(constraint).matches(version) for version in versions]
answers = []
for text, constraint in request["texts"]:
    try:
        parts, theirs = read(text)
        ours = None if constraint is None else matches(constraint)
        parts["version"] = None if theirs is None or all(matches(theirs)) else matches(theirs)
        parts["ours"] = None if ours is None or all(ours) else ours
        answers.append({key: value for key, value in parts.items() if value is not None})
    except Exception as error:
        answers.append({"error": str(error)})
print(json.dumps(answers))
`;

interface Judge {
  judge: 'conda' | 'rattler';
  strict: boolean;
}

function ask(python: string, judge: Judge, texts: readonly (readonly [string, string | null])[]) {
  const input = JSON.stringify({ ...judge, versions: VERSIONS, texts });
  const output = execFileSync(python, ['-c', JUDGE], { input, encoding: 'utf8', maxBuffer: 1e8 });
  return JSON.parse(String(output)) as Record<string, unknown>[];
}

/** Every text as typed, as we format it, and as the engine of this judge gets it. */
function compare(python: string, judge: Judge['judge']): void {
  const typed = fc.sample(text, { numRuns: SAMPLES, seed: 7 });
  const specs = typed.map((one) => parseSpec(one));
  const channels = [{ name: 'lab', url: 'https://channel.test/lab', default: true }];
  const engine = judge === 'conda' ? condaLine : rattlerText;
  const readings: [string, boolean, string[]][] = [
    ['as typed', false, typed],
    ['formatted', false, specs.map(formatSpec)],
    ['for the engine', judge === 'rattler', specs.map((spec) => engine(matchSpec(spec, channels)))],
  ];
  for (const [reading, strict, texts] of readings) {
    const pairs = texts.map((one, index) => {
      const spec = specs[index] as (typeof specs)[number];
      const version = spec.version && strictVersion(spec.version, spec.build !== null);
      return [one, version] as const;
    });
    const answers = ask(python, { judge, strict }, pairs);
    assert.equal(answers.length, SAMPLES);
    for (const [index, answer] of answers.entries()) {
      const spec = specs[index] as (typeof specs)[number];
      const { ours, version, channel, ...rest } = answer;
      const said = `${reading}: ${typed[index]} → ${texts[index]}`;
      assert.deepEqual(version, ours, said);
      assert.equal(channel !== undefined, spec.channel !== null, said);
      const expected = {
        name: spec.name,
        ...(spec.build === null ? {} : { build: spec.build }),
        ...(spec.subdir ? { subdir: spec.subdir } : {}),
        ...(spec.buildNumber ? { build_number: spec.buildNumber } : {}),
        ...(spec.md5 ? { md5: spec.md5 } : {}),
      };
      assert.deepEqual(rest, expected, said);
    }
  }
}

describe('a spec means what it means', () => {
  it('to rattler', { skip: whyNoLabPython() }, () => compare(labPython, 'rattler'));

  it('to conda', { skip: whyNoConda() }, () => {
    const python = join(dirname(prepareConda()), 'python');
    assert.ok(existsSync(python), 'conda has its Python beside it');
    compare(python, 'conda');
  });

  it('to us again, when formatted', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const spec = parseSpec(typed);
        assert.deepEqual(parseSpec(formatSpec(spec)), spec);
      }),
      { numRuns: 500 },
    );
  });
});
