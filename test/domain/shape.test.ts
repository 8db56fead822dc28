import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CONDA_RECORD, readCondaRecord } from '../../src/domain/conda-record.ts';
import { FerryError } from '../../src/domain/errors.ts';
import {
  boolean,
  fit,
  listOf,
  mapOf,
  number,
  object,
  oneOf,
  or,
  parseJson,
  readJson,
  string,
} from '../../src/domain/shape.ts';
import fc from '../harness/properties.ts';

interface Thing {
  name: string;
  state: 'new' | 'old';
  size?: number;
  parts: { label: string; sound: boolean }[];
  notes: Record<string, string>;
}

const THING = object<Thing>({
  name: string,
  state: oneOf(['new', 'old']),
  size: or(number, undefined),
  parts: or(listOf(object<Thing['parts'][number]>({ label: string, sound: boolean })), []),
  notes: or(mapOf(string), {}),
});

const why = (value: unknown): string => {
  try {
    fit(value, THING, (reason) => new Error(reason));
    return 'it fits';
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message;
  }
};

describe('a shape', () => {
  test('gives what fits, with what may be missing filled in and other fields as they are', () => {
    assert.deepEqual(fit({ name: 'a', state: 'new', more: [1] }, THING, Error), {
      ...{ name: 'a', state: 'new', parts: [], notes: {} },
      more: [1],
    });
  });

  const wrong: [unknown, string][] = [
    [null, 'the whole is null, not an object'],
    [[], 'the whole is a list, not an object'],
    [{ state: 'new' }, 'name is missing, not text'],
    [{ name: 'a', state: 'lost' }, 'state is text, not new or old'],
    [{ name: 'a', state: 'new', parts: {} }, 'parts is an object, not a list'],
    [
      { name: 'a', state: 'new', parts: [{ label: 'x', sound: true }, { label: 7 }] },
      'parts[1].label is a number, not text',
    ],
    [{ name: 'a', state: 'new', notes: { b: true } }, 'notes.b is true or false, not text'],
  ];
  for (const [value, reason] of wrong) {
    test(`says where ${JSON.stringify(value)} does not fit`, () => {
      assert.equal(why(value), reason);
    });
  }

  test('reads no field from what every object has', () => {
    const shape = object<{ constructor: string }>({ constructor: string });
    assert.equal(parseJson('{}', shape), null);
  });

  test('of JSON refuses what is no JSON in the words of the border', () => {
    const refuse = (reason: string) => new Error(`from conda: ${reason}`);
    assert.throws(() => readJson('{', THING, refuse), { message: 'from conda: it is not JSON' });
    assert.equal(parseJson('{', THING), null);
  });
});

test('a record in conda-meta is read, or refused with its path, whatever stands in it', () => {
  const read = readCondaRecord('{"name":"six","noarch":true}', 'six.json', CONDA_RECORD);
  assert.deepEqual([read.name, read.sha256, read.files, read.noarch], ['six', null, [], null]);
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (json) => {
      try {
        assert.equal(typeof readCondaRecord(json, 'six.json', CONDA_RECORD).name, 'string');
      } catch (error) {
        assert.ok(error instanceof FerryError && error.code === 'conda-meta-broken');
        assert.match(error.message, /^`six\.json` is not a conda record: /);
      }
    }),
  );
});
