import { setTimeout as pause } from 'node:timers/promises';
import { SECRET, SECRET_HEADER } from '../support/app.js';
import { textUpdate, type TelegramUpdate } from '../support/updates.js';
import type { Cluster } from './cluster.js';
import type { Planned } from './schedule.js';

const ANSWER_WITHIN_MS = 4_000;
const PAUSE_MS = 100;
/** Telegram goes on for a day; a door that stays shut for so long is broken. */
const GIVE_UP_AFTER_MS = 120_000;

/** A message and the update in which it was delivered, and accepted. */
export interface Sent extends Planned {
  readonly updateId: number;
}

/**
 * Delivers messages as Telegram does: chats side by side, in a chat one after the other, each update again and again until
 * a 2xx, and some of them once more after that.
 */
export class Sender {
  /** Tries that were not answered 2xx. */
  refused = 0;
  private turn = 0;
  private readonly again: Promise<void>[] = [];

  constructor(private readonly cluster: Cluster) {}

  /** Resolves with all messages when each of them has been accepted. */
  async send(chats: readonly (readonly Planned[])[]): Promise<Sent[]> {
    const sent = await Promise.all(chats.map((messages) => this.sendChat(messages)));
    await Promise.all(this.again);
    return sent.flat();
  }

  private async sendChat(messages: readonly Planned[]): Promise<Sent[]> {
    const sent: Sent[] = [];
    for (const message of messages) {
      await pause(message.pauseMs);
      const update = textUpdate(message.chat, message.text);
      if (message.again === 'at-once') this.again.push(this.deliver(update));
      await this.deliver(update);
      if (message.again === 'later') this.again.push(pause(500).then(() => this.deliver(update)));
      sent.push({ ...message, updateId: update.update_id });
    }
    return sent;
  }

  private async deliver(update: TelegramUpdate): Promise<void> {
    const deadline = Date.now() + GIVE_UP_AFTER_MS;
    while (Date.now() < deadline) {
      if (await this.tryOnce(update)) return;
      this.refused += 1;
      await pause(PAUSE_MS);
    }
    throw new Error(`update ${update.update_id} was never accepted`);
  }

  private async tryOnce(update: TelegramUpdate): Promise<boolean> {
    const door = this.cluster.web[++this.turn % 2]?.address;
    if (!door) return false;
    try {
      const { ok } = await fetch(`${door}/webhook/telegram`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [SECRET_HEADER]: SECRET },
        body: JSON.stringify(update),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      return ok;
    } catch {
      return false;
    }
  }
}
