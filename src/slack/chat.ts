/**
 * What we ask of Slack. Nothing is sent twice from here: callers know whether a message may be
 * repeated, the client does not. Every call may reject with a ChatError.
 */
import type { Download } from '../domain/slack-files.ts';
import type { Call, Upload } from './chat/call.ts';
import { createFiles, type Files } from './chat/files.ts';
import { createMessages, type Messages } from './chat/messages.ts';
import { createReading, type Reading } from './chat/reading.ts';
import { createViews, type Views } from './chat/views.ts';

export interface Chat extends Messages, Reading, Views, Files {}

export function createChat(call: Call, download: Download, upload: Upload): Chat {
  return {
    ...createMessages(call),
    ...createReading(call, download),
    ...createViews(call),
    ...createFiles(call, upload),
  };
}
