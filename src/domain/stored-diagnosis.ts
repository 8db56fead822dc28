import type { Evidence, MissingModule } from './diagnosis/finding.ts';
import { FAILURE_IDS, type Finding, type Mend, type Mention, type ShownForm } from './diagnosis.ts';
import type { Purpose } from './invocation/request.ts';
import type { KeptDiagnosis } from './services/diagnoses.ts';
import { boolean, listOf, number, object, oneOf, or, string } from './shape.ts';

const VERSIONS = object<NonNullable<Finding['versions']>>({
  ...{ spark: or(string, null), python: or(string, null) },
  ...{ java: or(string, null), found: or(string, null) },
});

const MEND = object<Mend>({
  specs: or(listOf(string), undefined),
  without: or(listOf(string), undefined),
  format: or(oneOf<'tar.gz'>(['tar.gz']), undefined),
  project: or(boolean, undefined),
});

const FINDING = object<Finding>({
  ...{ id: oneOf(FAILURE_IDS), title: string, confidence: number },
  evidence: listOf(object<Evidence>({ line: number, text: string })),
  ...{ cause: string, fix: string, command: string },
  missing: or(object<MissingModule>({ module: string, packages: listOf(string) }), undefined),
  mend: or(MEND, undefined),
  subject: or(string, undefined),
  versions: or(VERSIONS, undefined),
});

const MENTION = object<Mention>({
  ...{ environment: string, revision: or(number, null), archive: or(string, null), line: number },
});

/** What a log showed, as it is kept while somebody says which environment is meant. */
export const KEPT_DIAGNOSIS = object<KeptDiagnosis>({
  findings: listOf(FINDING),
  mentions: listOf(MENTION),
  form: object<ShownForm>({
    tool: or(oneOf<'pyspark' | 'spark-submit'>(['pyspark', 'spark-submit']), null),
    mode: or(oneOf<'client' | 'cluster'>(['client', 'cluster']), null),
    purpose: or(oneOf<Purpose>(['shell', 'jupyter', 'livy', 'spark-defaults', 'connect']), null),
    layout: or(oneOf<'global'>(['global']), null),
  }),
});
