import { MAIN_CHANNEL } from '../../channel/bot-channels.js';

/** A Telegram file id is valid only for the bot that received the file: the ref names both. */
export interface FileRef {
  readonly channel: string;
  readonly fileId: string;
}

/** Occurs in no channel name and no file id. */
const BETWEEN = '|';

/** Pure. The refs of the bot of TELEGRAM_BOT_TOKEN are bare ids, as in earlier versions. */
export function writeFileRef({ channel, fileId }: FileRef): string {
  return channel === MAIN_CHANNEL ? fileId : `${channel}${BETWEEN}${fileId}`;
}

/** Pure. */
export function readFileRef(ref: string): FileRef {
  const end = ref.indexOf(BETWEEN);
  return end === -1
    ? { channel: MAIN_CHANNEL, fileId: ref }
    : { channel: ref.slice(0, end), fileId: ref.slice(end + 1) };
}
