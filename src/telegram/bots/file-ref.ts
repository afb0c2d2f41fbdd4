import { MAIN_CHANNEL } from '../../config/telegram.settings.js';

/** A file of Telegram's is known by its id to the bot that was sent it, and to no other: the ref names both. */
export interface FileRef {
  readonly channel: string;
  readonly fileId: string;
}

/** No channel's name has it, nor has a file id. */
const BETWEEN = '|';

/** Pure. The refs of the bot of TELEGRAM_BOT_TOKEN are bare ids, as they always were. */
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
