/** Files of ours: announced, sent, and shared in a conversation, in the three steps Slack has for it. */
import { type Call, fieldsOf, type Upload } from './call.ts';

export interface Files {
  /** Shares a text as a file; `comment` stands above it. */
  sendFile(
    place: { channel: string; thread: string | null },
    file: { name: string; text: string; comment: string },
  ): Promise<void>;
}

export function createFiles(call: Call, upload: Upload): Files {
  return {
    async sendFile({ channel, thread }, { name, text, comment }) {
      const content = Buffer.from(text);
      const { upload_url: address, file_id: id } = fieldsOf(
        await call('files.getUploadURLExternal', { filename: name, length: content.length }),
      );
      await upload(String(address), content);
      await call('files.completeUploadExternal', {
        files: [{ id, title: name }],
        channel_id: channel,
        initial_comment: comment,
        ...(thread ? { thread_ts: thread } : {}),
      });
    },
  };
}
