import type { BotName } from '../../src/telegram/bot-api/bot-name.js';
import { isWritten, type WrittenInbound } from '../../src/channel/inbound.js';
import { readUpdate } from '../../src/telegram/updates/update-reader.js';

/** The text of a message, an edit or a command; null for every other update. */
export function readWritten(update: unknown, bot: BotName | null): WrittenInbound | null {
  const inbound = readUpdate(update, bot);
  return inbound && isWritten(inbound) ? inbound : null;
}
