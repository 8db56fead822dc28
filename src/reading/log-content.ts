import {
  causesIn,
  type Finding,
  formIn,
  type Mention,
  mentionsIn,
  type ShownForm,
} from '../domain/diagnosis.ts';

/** A log as it came: what was typed or pasted, and files, one after the other. */
export interface Log {
  text: string;
  files: readonly Uint8Array[];
}

/** What a log shows, before it is worded for an environment. */
export interface LogContent {
  findings: Finding[];
  mentions: Mention[];
  form: ShownForm;
}

/** What a log shows, found here and now. */
export function contentOfLog({ text, files }: Log): LogContent {
  const texts = [text, ...files.map((file) => new TextDecoder().decode(file))];
  const whole = texts.filter((each) => each !== '').join('\n');
  return { findings: causesIn(whole), mentions: [...mentionsIn(whole)], form: formIn(whole) };
}
