import { EventEmitter } from 'node:events';
import type { Update } from '@grammyjs/types';
import { RetryLaterError } from '../../platform/errors/errors.js';

/** Waiting updates of one chat; more are refused. */
const MAX_WAITING_PER_CHAT = 1_000;

/**
 * Updates that the bot has not received yet: one line per chat, as Telegram's webhook sender keeps them, so that a
 * stuck update blocks its chat and no other.
 */
export class UpdateQueue {
  readonly events = new EventEmitter<{ added: [] }>().setMaxListeners(0);
  private readonly lines = new Map<number, Update[]>();

  /** @throws RetryLaterError when the chat's line is full */
  add(chatId: number, update: Update): void {
    const line = this.lines.get(chatId) ?? [];
    if (line.length >= MAX_WAITING_PER_CHAT) {
      throw new RetryLaterError(
        'SIMULATOR_FULL',
        `${line.length} updates of chat ${chatId} wait for the bot`,
      );
    }
    line.push(update);
    this.lines.set(chatId, line);
    this.events.emit('added');
  }

  get size(): number {
    return [...this.lines.values()].reduce((sum, line) => sum + line.length, 0);
  }

  /** The chats with waiting updates, those that waited longest first. */
  chats(): readonly number[] {
    return [...this.lines.keys()];
  }

  first(chatId: number): Update | undefined {
    return this.lines.get(chatId)?.[0];
  }

  /** The first of a chat's line was received. The chat goes behind the others. */
  taken(chatId: number): void {
    const line = this.lines.get(chatId) ?? [];
    line.shift();
    this.lines.delete(chatId);
    if (line.length > 0) this.lines.set(chatId, line);
  }

  /** All waiting updates, by update id, each id once. */
  all(): Update[] {
    const byId = new Map([...this.lines.values()].flat().map((update) => [update.update_id, update]));
    return [...byId.values()].toSorted((a, b) => a.update_id - b.update_id);
  }

  /** Forgets every update below this id. */
  confirmBelow(updateId: number): void {
    for (const [chatId, line] of this.lines) {
      const left = line.filter((update) => update.update_id >= updateId);
      if (left.length > 0) this.lines.set(chatId, left);
      else this.lines.delete(chatId);
    }
  }

  clear(): void {
    this.lines.clear();
  }
}
