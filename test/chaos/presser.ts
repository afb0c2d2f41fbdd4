import { setTimeout as pause } from 'node:timers/promises';
import { pressUpdate } from '../support/updates.js';
import type { AnyCluster } from './cluster.js';
import type { Sender } from './sender.js';

const LOOK_EVERY_MS = 150;
const THINKS_FOR_MS = 200;

/** A person who reads questions with buttons, and presses one: chosen by the question, so that a seed decides. */
export class Presser {
  private readonly pressed = new Set<string>();
  private over = false;

  constructor(
    private readonly cluster: AnyCluster,
    private readonly sender: Sender,
    private readonly chats: readonly number[],
  ) {}

  /** Presses until `stop`. */
  async run(): Promise<void> {
    while (!this.over) {
      await pause(LOOK_EVERY_MS);
      for (const chat of this.chats) await this.look(chat);
    }
  }

  stop(): void {
    this.over = true;
  }

  private async look(chat: number): Promise<void> {
    for (const { params } of this.cluster.telegram.callsOf('sendMessage', chat)) {
      const question = JSON.stringify(params['reply_markup'] ?? null);
      const choices = [...question.matchAll(/"callback_data":"(approval:(?:yes|no):[^"]+)"/g)].map(
        ([, data = '']) => data,
      );
      if (choices.length === 0 || this.pressed.has(question)) continue;
      this.pressed.add(question);
      await pause(THINKS_FOR_MS);
      const token = /n(\d+)z/.exec(String(params['text']))?.[1] ?? '0';
      const wanted = Number(token) % 4 === 0 ? 'approval:yes' : 'approval:no';
      const data = choices.find((choice) => choice.startsWith(wanted));
      if (data !== undefined) await this.sender.deliver(pressUpdate(chat, data));
    }
  }
}
