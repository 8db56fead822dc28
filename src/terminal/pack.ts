import { basename, resolve } from 'node:path';
import { duration, part, size } from '../domain/figures.ts';
import { pack } from '../packing/pack.ts';
import { whileShown } from './block.ts';
import {
  interruptible,
  JSON_OPTION,
  readArguments,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';

const OPTIONS = {
  output: { type: 'string', short: 'o', value: 'FILE', says: 'the archive: .zip, .tar.gz or .tgz' },
  root: {
    type: 'string',
    value: 'NAME',
    says: 'the folder inside the archive; else the name of the prefix',
  },
  cache: {
    type: 'string',
    value: 'DIR',
    says: 'keeps what was packed for the next archive, up to 20 GB',
  },
  verify: {
    type: 'boolean',
    says: 'reads files, too, that did not change since they were packed with this cache',
  },
  level: { type: 'string', value: 'N', says: 'how much to compress, 1 to 9' },
  'target-prefix': {
    type: 'string',
    value: 'PATH',
    says: 'where it will be unpacked, if that is known: written where the prefix was',
  },
  packer: {
    type: 'string',
    default: 'segments',
    value: 'P',
    choices: ['segments', 'archiver'],
    says: 'segments, or archiver to compare it with',
  },
  json: JSON_OPTION,
} as const;

/** As a worker's cache, unless it is configured. */
const CACHE_BYTES = 20e9;

export const command: TerminalCommand = {
  options: OPTIONS,
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
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
    if (values.level !== undefined && !/^[1-9]$/.test(values.level)) {
      throw usageError(`\`${values.level}\` is not a compression level, 1 to 9.`, usage);
    }
    const request = {
      prefix: resolve(prefix),
      output: resolve(values.output),
      format,
      root: values.root ?? resolve(prefix).split('/').at(-1) ?? 'env',
      cache: values.cache === undefined ? null : resolve(values.cache),
      recall: values.verify ? 'verify' : 'unchanged',
      ...(values.level === undefined ? {} : { level: Number(values.level) }),
      targetPrefix: values['target-prefix'] ?? null,
    } as const;
    const packer =
      values.packer === 'segments'
        ? pack
        : (await import('../adapters/packers/archiver.ts')).packWithArchiver;
    const report = await interruptible((signal) =>
      whileShown(basename(request.output), (tell) =>
        packer({
          ...{ ...request, signal },
          onProgress: ({ bytes, totalBytes }) => tell(part(bytes, totalBytes)),
        }),
      ),
    );
    // A copy of the archive that was kept adds nothing.
    if (request.cache !== null && report.cache.reusedBytes < report.bytes) {
      const { pruneCache } = await import('../packing/cache.ts');
      pruneCache(request.cache, CACHE_BYTES);
    }
    if (values.json) writeJson(report);
    else {
      for (const warning of report.warnings)
        process.stderr.write(`${warning.id}: ${warning.text}\n`);
      const { hits, misses } = report.cache;
      process.stdout.write(
        `${report.path}\n  ${report.files} files, ${size(report.bytes)} from ${size(report.sourceBytes)}, ${duration(report.seconds * 1000)}, ${hits} of ${hits + misses} segments from the cache\n  sha256 ${report.sha256}\n`,
      );
    }
    return 0;
  },
};
