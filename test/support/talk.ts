import supertest from 'supertest';
import { expect } from 'vitest';
import { SECRET, SECRET_HEADER, type World } from './app.js';
import { eventually } from './eventually.js';
import { newChatId, textUpdate } from './updates.js';

/** A process that accepts updates. */
interface Door {
  readonly url: string;
}

/** Processes start and migrate meanwhile. */
const patience = { withinMs: 50_000 };

/** In a row, without waiting for answers: some share a turn. */
const BURST = 3;

/**
 * Users of several chats who write without a pause: three messages in a row, each through another process, and on when
 * the last one is answered.
 */
export class Talk {
  private readonly said = new Map<number, string[]>();
  private readonly users: Promise<void>[];
  private over = false;
  private count = 0;

  /** @param doors called before each message, because processes come and go */
  constructor(
    private readonly world: World,
    private readonly doors: () => readonly Door[],
    chats = 4,
  ) {
    this.users = Array.from({ length: chats }, () => this.write(newChatId()));
    // The promise of the end reports it too.
    for (const user of this.users) user.catch(() => undefined);
  }

  /** Ends the talk when every chat has its answers, and checks them: each message answered once, and in order. */
  async end(): Promise<void> {
    this.over = true;
    await Promise.all(this.users);
    for (const [chat, said] of this.said) {
      await eventually(
        async () => expect(await this.world.eventStates(chat)).toEqual({ done: said.length }),
        patience,
      );
      // One a turn, though the model may be asked twice: an unrecorded step is made again.
      const questions = new Map(
        this.world.model.callsAbout(`[${chat}]`).map(({ news }) => [news.at(-1), news]),
      );
      expect([...questions.values()].flat()).toEqual(said);
      expect(this.world.telegram.textsOf(chat)).toEqual([...questions.keys()].map((text) => `Echo: ${text}`));
    }
  }

  private async write(chat: number): Promise<void> {
    const said: string[] = [];
    this.said.set(chat, said);
    while (!this.over) {
      for (let part = 0; part < BURST; part += 1) {
        const text = `[${chat}] ${said.length}`;
        said.push(text);
        await this.post(chat, text);
      }
      await eventually(
        () => expect(this.world.telegram.textsOf(chat).at(-1)).toBe(`Echo: ${said.at(-1)}`),
        patience,
      );
    }
  }

  private async post(chat: number, text: string): Promise<void> {
    const doors = this.doors();
    const door = doors[(this.count += 1) % doors.length];
    if (!door) throw new Error('nobody takes updates');
    await supertest(door.url)
      .post('/webhook/telegram')
      .set(SECRET_HEADER, SECRET)
      .send(textUpdate(chat, text))
      .expect(200, { status: 'queued' });
  }
}
