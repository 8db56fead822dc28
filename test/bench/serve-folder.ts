/**
 * A server of files for benchmarks, in a thread of its own: `workerData.folder`, with entity tags as
 * channels have them. Below `/plain/` it has no sharded index, below `/sharded/` it has all. Posts its
 * address.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const server = createServer((request, response) => {
  const [, kind = '', path = ''] = /^\/(plain|sharded)\/([\w./-]+)$/.exec(request.url ?? '') ?? [];
  const file = join(workerData.folder, path);
  const found = path.includes('..') ? undefined : statSync(file, { throwIfNoEntry: false });
  const isHidden = kind === 'plain' && path.includes('shards');
  if (!found?.isFile() || isHidden) return void response.writeHead(404).end();
  const etag = `"${found.size}-${found.mtimeMs}"`;
  const isSame = request.headers['if-none-match'] === etag;
  response.writeHead(isSame ? 304 : 200, {
    ...{ etag, 'cache-control': 'public, max-age=1200' },
    ...(isSame ? {} : { 'content-length': found.size }),
  });
  if (isSame || request.method === 'HEAD') return void response.end();
  const body = createReadStream(file);
  // Who has seen the tag may hang up.
  response.once('close', () => body.destroy());
  body.pipe(response);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  parentPort?.postMessage(`http://127.0.0.1:${port}`);
});
