import type { Fetched } from '../channel/attachment.js';
import type { Files } from '../channel/capabilities.js';
import type { Bots } from './bots/bots.js';
import { readFileRef } from './bots/file-ref.js';

/** Files, each fetched by the bot that received it. */
export class TelegramFiles implements Files {
  constructor(private readonly bots: Bots) {}

  fetch(ref: string, maxBytes: number, signal: AbortSignal): Promise<Fetched> {
    const { channel, fileId } = readFileRef(ref);
    return this.bots.findBot(channel).files.fetch(fileId, maxBytes, signal);
  }
}
