import { setTimeout as pause } from 'node:timers/promises';
import type { Update } from '@grammyjs/types';
import type { Dialogue, Move, UserMessage } from './dialogue.js';
import { describeExpectation, missOf, type Outcome } from './expectations.js';
import type { Used } from './support/chat-record.js';
import type { Stage } from './support/stage.js';

const LOOK_EVERY_MS = 50;
/** Longer than a turn may take, with its retries. */
const PATIENCE_MS = 300_000;

const ADA = { firstName: 'Ada', lastName: 'Lovelace', username: 'ada' };

export interface Verdict {
  /** In words. */
  readonly expectation: string;
  /** null: it holds; else the actual result. */
  readonly miss: string | null;
}

/** The result of a dialogue that was played once. */
export interface Played {
  readonly verdicts: readonly Verdict[];
  readonly used: Used;
  readonly ms: number;
}

/** Plays dialogues, each in an unused private chat. */
export class Player {
  private lastChat = 7_000_000;

  constructor(private readonly stage: Stage) {}

  async play({ moves }: Dialogue): Promise<Played> {
    const chat = (this.lastChat += 1);
    const began = performance.now();
    const verdicts: Verdict[] = [];
    for (const move of moves) verdicts.push(...(await this.make(chat, move)));
    const used = await this.stage.record.used(chat);
    return { verdicts, used, ms: Math.round(performance.now() - began) };
  }

  private async make(chat: number, move: Move): Promise<Verdict[]> {
    const { record } = this.stage;
    switch (move.do) {
      case 'seed':
        await record.seed(chat, move.past);
        return [];
      case 'summarise': {
        const done = await this.until(() => record.isSummarised(chat));
        return [{ expectation: 'its past is summarised', miss: done ? null : 'no summary' }];
      }
      case 'say': {
        const [shown, uses, turns] = [
          this.shown(chat).length,
          (await record.toolUses(chat)).length,
          await record.turns(chat),
        ];
        for (const message of move.messages) this.write(chat, message);
        const answered = await this.until(
          async () => this.stage.telegram.waiting === 0 && (await record.isIdle(chat)),
        );
        const outcome = {
          answers: this.shown(chat).slice(shown),
          toolUses: (await record.toolUses(chat)).slice(uses),
          turns: (await record.turns(chat)) - turns,
        };
        return verdictsOf(move, answered ? outcome : { ...outcome, answers: [] });
      }
    }
  }

  private write(chat: number, { text, forwardedFrom, editedTo }: UserMessage): void {
    const { telegram } = this.stage;
    const at = Math.floor(Date.now() / 1_000);
    const update: Update =
      forwardedFrom === undefined
        ? telegram.say(chat, ADA, text)
        : telegram.say(chat, ADA, text, { type: 'hidden_user', sender_user_name: forwardedFrom, date: at });
    if (editedTo !== undefined) telegram.change(update, editedTo);
  }

  /** The bot's messages in the chat. */
  private shown(chat: number): string[] {
    const messages = this.stage.telegram.chat(chat)?.messages ?? [];
    return messages.filter(({ from }) => from === 'bot').map(({ text }) => text);
  }

  private async until(isSo: () => Promise<boolean>): Promise<boolean> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (performance.now() > deadline) return false;
      await pause(LOOK_EVERY_MS);
    }
    return true;
  }
}

/** A move without expectations must be answered all the same. */
function verdictsOf({ messages, expect = [] }: Extract<Move, { do: 'say' }>, outcome: Outcome): Verdict[] {
  const first = messages[0]?.text ?? '';
  if (expect.length === 0) {
    const said = outcome.answers.join('').trim() !== '';
    return [{ expectation: `answers “${first}”`, miss: said ? null : 'no answer' }];
  }
  return expect.map((expected) => ({
    expectation: describeExpectation(expected),
    miss: missOf(expected, outcome),
  }));
}
