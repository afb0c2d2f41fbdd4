import type { Destination } from './channel.js';
import { ChatId, ThreadId } from './ids.js';

type Unbranded = Omit<Destination, 'chatId' | 'threadId'> & {
  readonly chatId: string;
  readonly threadId: string;
};

/** A conversation's row as a destination: its ids are the channel's. */
export function destinationOf<Row extends Unbranded>(row: Row): Row & Destination {
  return { ...row, chatId: ChatId(row.chatId), threadId: ThreadId(row.threadId) };
}
