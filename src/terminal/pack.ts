import { resolve } from 'node:path';
import { pack } from '../packing/pack.ts';
import {
  interruptible,
  readArguments,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';

const usage =
  'conda-ferry pack PREFIX -o FILE [--root NAME] [--cache DIR] [--level N] [--target-prefix PATH] [--packer segments|archiver] [--json]';

export const command: TerminalCommand = {
  usage,
  summary: 'a prefix into a .tar.gz or .zip; prints files, bytes, sha256, seconds and cache hits',
  async run(words) {
    const { values, positionals } = readArguments(
      words,
      {
        output: { type: 'string', short: 'o' },
        root: { type: 'string' },
        cache: { type: 'string' },
        level: { type: 'string' },
        'target-prefix': { type: 'string' },
        packer: { type: 'string', default: 'segments' },
        json: { type: 'boolean' },
      },
      usage,
    );
    const [prefix, ...more] = positionals;
    if (prefix === undefined || more.length > 0) throw usageError('Name one prefix.', usage);
    if (values.output === undefined)
      throw usageError('Say where to write it with `-o FILE`.', usage);
    const format = /\.zip$/i.test(values.output)
      ? 'zip'
      : /\.(tar\.gz|tgz)$/i.test(values.output)
        ? 'tar.gz'
        : null;
    if (format === null) {
      throw usageError(
        `\`${values.output}\` ends neither in .zip nor in .tar.gz: Spark and YARN unpack only those safely.`,
        usage,
      );
    }
    if (values.packer !== 'segments' && values.packer !== 'archiver') {
      throw usageError(`There is no packer \`${values.packer}\`.`, usage);
    }
    if (values.level !== undefined && !/^[1-9]$/.test(values.level)) {
      throw usageError(`\`${values.level}\` is not a compression level, 1 to 9.`, usage);
    }
    const request = {
      prefix: resolve(prefix),
      output: resolve(values.output),
      format,
      root: values.root ?? resolve(prefix).split('/').at(-1) ?? 'env',
      cache: values.cache === undefined ? null : resolve(values.cache),
      ...(values.level === undefined ? {} : { level: Number(values.level) }),
      targetPrefix: values['target-prefix'] ?? null,
    } as const;
    const packer =
      values.packer === 'segments'
        ? pack
        : (await import('../adapters/packers/archiver.ts')).packWithArchiver;
    const report = await interruptible((signal) => packer({ ...request, signal }));
    if (values.json) writeJson(report);
    else {
      for (const warning of report.warnings)
        process.stderr.write(`${warning.id}: ${warning.text}\n`);
      const { hits, misses } = report.cache;
      process.stdout.write(
        `${report.path}\n  ${report.files} files, ${(report.bytes / 1e6).toFixed(1)} MB from ${(report.sourceBytes / 1e6).toFixed(1)} MB, ${report.seconds.toFixed(2)} s, ${hits} of ${hits + misses} segments from the cache\n  sha256 ${report.sha256}\n`,
      );
    }
    return 0;
  },
};
