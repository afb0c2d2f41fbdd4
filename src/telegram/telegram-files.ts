import type { Fetched } from '../channel/attachment.js';
import type { Files } from '../channel/capabilities.js';
import { MAIN_CHANNEL } from '../channel/configured-bots.js';
import type { Bots } from './bots/bots.js';

/** Files, each fetched by the bot that received it. */
export class TelegramFiles implements Files {
  constructor(private readonly bots: Bots) {}

  fetch(ref: string, maxBytes: number, signal: AbortSignal): Promise<Fetched> {
    const { channel, fileId } = readFileRef(ref);
    return this.bots.findBot(channel).files.fetch(fileId, maxBytes, signal);
  }
}

/** A Telegram file id is valid only for the bot that received the file: the ref names both. */
interface FileRef {
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
