import { afterAll, beforeAll, beforeEach } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { bookOf } from '../../../../test/support/book-tool.js';
import type { ModelCall } from '../../../../test/support/model-call.js';
import type { Answer } from '../../../../test/support/scripted-model.js';
import type { BudgetSettings } from '../../../budget/budget.settings.js';
import type { Conversation } from '../../../generated/prisma/client.js';
import type { Stopping } from '../../../platform/runtime/stopping.js';
import { SUMMARY_QUESTION } from './summary-request.js';

/** The context's size; history may have 1,250 tokens, and 625 stay. */
export const contextTokens = 2_000;

/** A conversation with a history, and the model that summarises it: with "The notes." by default. */
class SummaryFixture {
  agent: AgentRoom;
  conversation: Conversation;
  private asked: number;

  async open(budgets: Partial<BudgetSettings>): Promise<void> {
    const settings = { contextTokens, turnTimeoutMs: 60_000 };
    this.agent = await AgentRoom.open({ tools: [bookOf('')], settings, budgets });
  }

  async begin(): Promise<void> {
    this.conversation = await this.agent.room.conversation();
    this.asked = this.agent.model.calls.length;
    this.answers({ text: 'The notes.' });
  }

  /** Scripts the model's answers to requests for summaries. */
  answers = (...scripted: Answer[]) => this.agent.model.script(SUMMARY_QUESTION, ...scripted);
  hold = () => this.agent.model.hold(SUMMARY_QUESTION);
  summarise = (stopping?: Stopping) => this.agent.summarizer(stopping).run(this.conversation.id);

  /** The requests for summaries since the test began. */
  requests = () =>
    this.agent.model.calls.slice(this.asked).filter(({ news }) => news.at(-1) === SUMMARY_QUESTION);

  summary = () =>
    this.agent.room.prisma.summary.findUniqueOrThrow({
      where: {
        conversationId_epoch: { conversationId: this.conversation.id, epoch: this.conversation.epoch },
      },
    });

  set = (sql: string) =>
    this.agent.room.pool.query(`UPDATE summaries SET ${sql} WHERE conversation_id = $1`, [
      this.conversation.id,
    ]);

  past = async (messages: number, from = 1): Promise<void> => {
    await this.agent.room.pool.query(
      `INSERT INTO messages (conversation_id, epoch, role, text)
       SELECT $1, $4, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END::message_role,
              'message number ' || n || repeat(' and more', 10)
       FROM generate_series($3::int, $3 + $2 - 1) AS n`,
      [this.conversation.id, messages, from, this.conversation.epoch],
    );
  };

  say = async (text: string): Promise<void> => {
    await this.agent.room.event(this.conversation, text);
    await this.agent.runner().run(this.conversation.id);
  };
}

export const dataOf = (call: ModelCall | undefined) => String(call?.messages[1]?.content);

/** The numbers of the messages that a request covers. */
export const coveredNumbers = (call: ModelCall | undefined) =>
  [...dataOf(call).matchAll(/message number (\d+)/g)].map(([, number]) => Number(number));

/** A fixture for a spec file: opened and closed with it, a new conversation for each test. */
export function openSummaryFixture(budgets: Partial<BudgetSettings> = {}): SummaryFixture {
  const fixture = new SummaryFixture();
  beforeAll(() => fixture.open(budgets));
  beforeEach(() => fixture.begin());
  afterAll(() => fixture.agent.close());
  return fixture;
}
