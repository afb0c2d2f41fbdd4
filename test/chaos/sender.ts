import { setTimeout as pause } from 'node:timers/promises';
import { ADMIN_KEY, SECRET, SECRET_HEADER } from '../support/app.js';
import { editUpdate, nextUpdateId, type TelegramUpdate, textUpdate } from '../support/updates.js';
import type { AnyCluster } from './cluster.js';
import type { Accepted } from './evidence.js';
import type { Action, Script } from './features/feature.js';

const ANSWER_WITHIN_MS = 4_000;
/** An erasure waits for running work. */
const ERASED_WITHIN_MS = 20_000;
const PAUSE_MS = 100;
/** Telegram repeats for a day; a webhook that refuses for this long is broken. */
const GIVE_UP_AFTER_MS = 120_000;

/** The accepted part of a script. */
export interface Played {
  readonly sent: readonly Accepted[];
  /** When its conversation was erased, in ms since 1970; null: never. */
  readonly erasedAt: number | null;
}

/**
 * Plays scripts, and delivers their updates as Telegram does: chats side by side, in a chat one after the other, each
 * update again and again until a 2xx, and some of them once more after that.
 */
export class Sender {
  /** Tries that were not answered 2xx. */
  refused = 0;
  private turn = 0;
  private readonly again: Promise<void>[] = [];

  constructor(private readonly cluster: AnyCluster) {}

  /** Resolves when all of it has been accepted. */
  async play(scripts: readonly Script[]): Promise<Played[]> {
    const played = await Promise.all(scripts.map((script) => this.playOne(script)));
    await Promise.all(this.again);
    return played;
  }

  /** Delivers an update until it is accepted. */
  async deliver(update: { readonly update_id: number }): Promise<void> {
    await this.retryWrite(`update ${update.update_id}`, async (door) => {
      const { ok } = await fetch(`${door}/webhook/telegram`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [SECRET_HEADER]: SECRET },
        body: JSON.stringify(update),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      return ok;
    });
  }

  private async playOne({ chat, actions }: Script): Promise<Played> {
    const sent: Accepted[] = [];
    const written = new Map<string, TelegramUpdate>();
    let place = chat;
    let erasedAt: number | null = null;
    for (const action of actions) {
      await pause(action.pauseMs);
      const sentAt = Date.now();
      switch (action.kind) {
        case 'say':
          written.set(action.token, await this.say(place, action));
          sent.push(accepted({ chat, token: action.token, sentAt }, written.get(action.token)));
          break;
        case 'edit': {
          const original = written.get(action.of);
          if (!original) throw new Error(`${action.of} was never written`);
          const update = editUpdate(original, action.text);
          await this.deliver(update);
          sent.push(accepted({ chat, token: action.token, sentAt }, update));
          break;
        }
        case 'command':
          await this.deliver(textUpdate(place, action.text, action.fields));
          break;
        case 'move':
          this.cluster.proxy.moveChat(place, action.to);
          await this.deliver(moveUpdate(place, action.to));
          place = action.to;
          break;
        case 'erase':
          await this.erase(place);
          erasedAt = Date.now();
      }
    }
    return { sent, erasedAt };
  }

  private async say(
    place: number,
    { text, fields, again }: Action & { kind: 'say' },
  ): Promise<TelegramUpdate> {
    const update = textUpdate(place, text, fields);
    if (again === 'at-once') this.again.push(this.deliver(update));
    await this.deliver(update);
    if (again === 'later') this.again.push(pause(500).then(() => this.deliver(update)));
    return update;
  }

  /** As an operator does after no answer, or 5xx: once more. */
  private async erase(chat: number): Promise<void> {
    let id: string | null = null;
    await this.retryWrite(`erasure of ${chat}`, async (door) => {
      id ??= await this.conversationOf(chat);
      const { status } = await fetch(`${door}/admin/conversations/${id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
        signal: AbortSignal.timeout(ERASED_WITHIN_MS),
      });
      return status === 204 || status === 404;
    });
  }

  private async conversationOf(chat: number): Promise<string> {
    const [row] = await this.cluster.postgres.sql<{ id: string }>(
      'SELECT id FROM conversations WHERE chat_id = $1',
      [chat],
    );
    if (!row) throw new Error(`no conversation of ${chat}`);
    return row.id;
  }

  private async retryWrite(what: string, tryOnce: (door: string) => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + GIVE_UP_AFTER_MS;
    while (Date.now() < deadline) {
      const door = this.cluster.web[++this.turn % 2]?.address;
      if (door && (await tryOnce(door).catch(() => false))) return;
      this.refused += 1;
      await pause(PAUSE_MS);
    }
    throw new Error(`${what} was never accepted`);
  }
}

const accepted = (
  what: Pick<Accepted, 'chat' | 'token' | 'sentAt'>,
  update: { readonly update_id: number } | undefined,
): Accepted => ({ ...what, updateId: update?.update_id ?? 0, acceptedAt: Date.now() });

/** The migration message in the old chat. */
function moveUpdate(from: number, to: number) {
  const { message } = textUpdate(from, '');
  const { text: _none, ...service } = message;
  return { update_id: nextUpdateId(), message: { ...service, migrate_to_chat_id: to } };
}
