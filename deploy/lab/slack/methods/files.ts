/** files.*: the three-step upload, and what is known of a file. */
import { extname } from 'node:path';
import { messageContent, parsed } from '../content.ts';
import { type JsonObject, objectsIn, stringOr } from '../json.ts';
import { ApiError, type Slack } from '../slack.ts';
import { fileObject } from '../wire.ts';
import type { SharedFile } from '../workspace.ts';
import { byTheApp } from './chat.ts';
import { writableChannel } from './conversations.ts';
import { type Methods, required } from './method.ts';

const MIME_TYPES: Record<string, string> = {
  '.txt': 'text/plain',
  '.log': 'text/plain',
  '.md': 'text/markdown',
  '.py': 'text/x-python',
  '.yml': 'text/yaml',
  '.yaml': 'text/yaml',
  '.json': 'application/json',
  '.zip': 'application/zip',
  '.gz': 'application/gzip',
  '.whl': 'application/zip',
  '.png': 'image/png',
};

/** A file of `user` with nothing in it yet. */
export function newFile(slack: Slack, user: string, name: string): SharedFile {
  const file: SharedFile = {
    id: slack.workspace.newId('F'),
    name,
    title: name,
    mimetype: MIME_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream',
    filetype: extname(name).slice(1).toLowerCase() || 'text',
    size: 0,
    user,
    created: Math.floor(slack.workspace.now() / 1000),
    content: Buffer.alloc(0),
    channels: [],
    uploaded: false,
  };
  slack.workspace.files.push(file);
  return file;
}

const shown = (slack: Slack, file: SharedFile): JsonObject =>
  fileObject(slack.workspace, slack.baseUrl(), file);

export const files: Methods = {
  'files.getUploadURLExternal': {
    scopes: ['files:write'],
    run: (args, slack) => {
      const file = newFile(slack, slack.workspace.bot.id, required(args, 'filename'));
      file.size = Number(required(args, 'length'));
      if (!(file.size > 0)) throw new ApiError('invalid_arguments');
      return { upload_url: `${slack.baseUrl()}/upload/v1/${file.id}`, file_id: file.id };
    },
  },
  'files.completeUploadExternal': {
    scopes: ['files:write'],
    run: (args, slack) => {
      const { workspace } = slack;
      const named = objectsIn(parsed(args.files, 'invalid_arguments'));
      if (named.length === 0) required(args, 'files');
      const done = named.map(({ id, title }) => {
        const file = workspace.files.find((candidate) => candidate.id === id);
        if (!file?.uploaded) throw new ApiError('file_not_found');
        file.title = stringOr(title, file.title);
        return file;
      });
      const channels = stringOr(args.channels, stringOr(args.channel_id, ''))
        .split(',')
        .filter(Boolean);
      for (const id of channels) {
        const channel = writableChannel(slack, id);
        for (const file of done) file.channels.push(channel.id);
        const thread = stringOr(args.thread_ts, '');
        workspace.add({
          channel: channel.id,
          subtype: 'file_share',
          ...byTheApp(slack),
          ...messageContent({ ...args, text: args.initial_comment }, { required: false }),
          files: done.map(({ id: fileId }) => fileId),
          ...(thread ? { thread_ts: thread } : {}),
        });
      }
      return { files: done.map((file) => shown(slack, file)) };
    },
  },
  'files.info': {
    scopes: ['files:read'],
    run: (args, slack) => {
      const file = slack.workspace.files.find(
        ({ id, uploaded }) => uploaded && id === required(args, 'file'),
      );
      if (!file) throw new ApiError('file_not_found');
      return { file: shown(slack, file), comments: [], response_metadata: { next_cursor: '' } };
    },
  },
};
