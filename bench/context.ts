import { Pictures } from '../src/agent/attachments/pictures.js';
import { ContextBuilder } from '../src/agent/context/context-builder.js';
import { HistoryReader } from '../src/agent/context/history-reader.js';
import { sharesOf } from '../src/agent/context/outgrown.js';
import { SummaryRepository } from '../src/agent/context/summary.repository.js';
import { TurnGroupContextRepository } from '../src/agent/context/turn-group-context.repository.js';
import { TokenCounter } from '../src/agent/llm/token-counter.js';
import { BudgetLedgerRepository } from '../src/budget/budget-ledger.repository.js';
import { BudgetLimits } from '../src/budget/budget-limits.js';
import { AgentSettings } from '../src/agent/context/agent.settings.js';
import { ContextSettings } from '../src/agent/llm/context.settings.js';
import { BudgetSettings } from '../src/budget/budget.settings.js';
import { GroupSettings } from '../src/memory/group.settings.js';
import { DatabasePool } from '../src/platform/database/database-pool.js';
import { Database } from '../src/platform/database/database.js';
import { Migrator } from '../src/platform/database/migrator.js';
import { PrismaService } from '../src/platform/database/prisma.service.js';
import type { Conversation, Turn } from '../src/generated/prisma/client.js';
import { LeaseRepository } from '../src/queue/lease/lease.repository.js';
import { PastRepository } from '../src/agent/context/past.repository.js';
import { GroupContextRepository } from '../src/memory/group-context.repository.js';
import { MessageRepository } from '../src/memory/message.repository.js';
import { Clock } from '../src/platform/runtime/clock.js';
import { Ids } from '../src/platform/runtime/ids.js';
import type { Bench, BenchReport, Verdict } from './bench.js';
import { telegramChannel } from '../test/support/telegram-channel.js';
import { median, percentile } from './support/statistics.js';
import { table } from './support/table.js';
import { Workbench } from './support/workbench.js';

const SHORT = 100;
const LONG = 100_000;
const WARM_UP_ROUNDS = 20;
const ROUNDS = 200;
const GOAL = 1.5;
const neverAborted = new AbortController().signal;
/** Words of a message: a short answer, and one of a few words. */
const SIZES = { usual: 70, small: 8 } as const;

/** A conversation whose context is built again and again. */
interface Subject {
  readonly name: string;
  readonly conversation: Conversation;
  readonly turn: Turn;
  readonly ms: number[];
  /** The part of its history that the model sees. */
  shown: { messages: number; tokens: number };
}

/** Measures the cost of a longer history before a turn asks the model. */
export const contextBench: Bench = {
  name: 'context',
  about: `building the context of a conversation of ${LONG.toLocaleString('en')} messages, against one of ${SHORT}`,
  run: async () => {
    const workbench = await Workbench.open();
    try {
      return await measure(await workbench.database('context'));
    } finally {
      await workbench.close();
    }
  },
};

async function measure(url: string): Promise<BenchReport> {
  await new Migrator(url).apply();
  const pool = new DatabasePool(new Database(url), { poolSize: 2 });
  const prisma = new PrismaService(pool);
  const settings = new ContextSettings();
  try {
    const hall = new Hall(pool, prisma, settings);
    const subjects = {
      short: await hall.subject(`${SHORT} messages`, SHORT, SIZES.usual, 'none'),
      long: await hall.subject(`${LONG} messages, summarised`, LONG, SIZES.usual, 'fresh'),
      full: await hall.subject(`${LONG} messages, before the next summary`, LONG, SIZES.usual, 'old'),
      bare: await hall.subject(`${LONG} messages, no summary yet`, LONG, SIZES.usual, 'none'),
      smallShort: await hall.subject(`${SHORT} small messages`, SHORT, SIZES.small, 'none'),
      smallLong: await hall.subject(`${LONG} small messages, summarised`, LONG, SIZES.small, 'fresh'),
    };
    await pool.query('VACUUM ANALYZE');
    const all = Object.values(subjects);
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
      // Alternating, so that other load of the machine affects all of them.
      for (const subject of all) await hall.build(subject, round >= 0);
    }
    const ratio = (subject: Subject) => median(subject.ms) / median(subjects.short.ms);
    const verdicts = [subjects.long, subjects.full].map((subject): Verdict => {
      const measured = ratio(subject);
      return {
        promise: `${subject.name}: median against ${subjects.short.name}, at most ${GOAL}`,
        measured,
        holds: measured <= GOAL,
      };
    });
    const measured = all.map(({ name, shown, ms }) => ({ name, shown, ms }));
    return { text: textOf(all), verdicts, data: { rounds: ROUNDS, measured } };
  } finally {
    await prisma.$disconnect();
    await pool.end();
  }
}

/** The builder, and conversations for it. */
class Hall {
  private readonly tokens = new TokenCounter();
  private readonly ids = new Ids();
  private readonly messages: MessageRepository;
  private readonly builder: ContextBuilder;
  private readonly summaries: SummaryRepository;
  private readonly reader: HistoryReader;
  private chats = 0;

  constructor(
    private readonly pool: DatabasePool,
    private readonly prisma: PrismaService,
    private readonly settings: ContextSettings,
  ) {
    const messages = new MessageRepository(prisma);
    this.messages = messages;
    const leases = new LeaseRepository(prisma);
    const budgets = new BudgetLedgerRepository(prisma, leases, new BudgetLimits(new BudgetSettings()));
    this.summaries = new SummaryRepository(prisma, leases, budgets);
    this.reader = new HistoryReader(messages, this.tokens);
    this.builder = new ContextBuilder(
      messages,
      this.reader,
      new PastRepository(prisma),
      this.summaries,
      this.tokens,
      new AgentSettings(),
      settings,
      new Clock(),
      new Pictures(telegramChannel({ token: '1:none', root: 'http://127.0.0.1:9' })),
      new TurnGroupContextRepository(
        prisma,
        leases,
        new GroupContextRepository(pool, new GroupSettings()),
        this.tokens,
        settings,
      ),
    );
  }

  /** @param summary none; newly made; or so old that the next one is due */
  async subject(
    name: string,
    messages: number,
    words: number,
    summary: 'none' | 'fresh' | 'old',
  ): Promise<Subject> {
    const conversation = await this.prisma.conversation.create({
      data: {
        id: this.ids.next(),
        channel: 'telegram',
        chatId: String((this.chats += 1)),
        chatType: 'private',
      },
    });
    const { id: conversationId } = conversation;
    await this.pool.query(
      `INSERT INTO messages (conversation_id, epoch, role, text)
       SELECT $1, 0, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END::message_role,
              'message number ' || n || repeat(' with words', $3::int / 2)
       FROM generate_series(1, $2::int) AS n`,
      [conversationId, messages, words],
    );
    const turn = await this.prisma.turn.create({
      data: { id: this.ids.next(), conversationId, epoch: 0, state: 'running' },
    });
    await this.prisma.message.create({
      data: { conversationId, epoch: 0, role: 'user', text: 'And now?', turnId: turn.id },
    });
    if (summary !== 'none') await this.summarise(conversation, summary);
    return { name, conversation, turn, ms: [], shown: { messages: 0, tokens: 0 } };
  }

  /** As full as a summary may be, covering all but the newest messages that may be left or may come. */
  private async summarise(conversation: Conversation, age: 'fresh' | 'old'): Promise<void> {
    const shares = sharesOf(this.settings.contextTokens);
    const limit = age === 'fresh' ? shares.kept : shares.history;
    let left = limit;
    const stretch = { conversationId: conversation.id, epoch: 0, after: 0n, before: 2n ** 63n - 1n };
    for await (const entries of this.reader.pages(conversation, stretch)) {
      for (const { message, blocks } of entries.toReversed()) {
        left -= blocks.reduce((sum, { tokens }) => sum + tokens, 0);
        if (left >= 0) continue;
        const text = 'notes '.repeat(shares.summary / 2);
        await this.prisma.summary.create({
          data: {
            conversationId: conversation.id,
            epoch: 0,
            text,
            coversUntil: message.id,
            tokens: this.tokens.count(text),
          },
        });
        return;
      }
    }
  }

  async build(subject: Subject, counts: boolean): Promise<void> {
    const begun = performance.now();
    const lease = { conversationId: subject.conversation.id, lane: 'turns', token: 0n } as const;
    const { history } = await this.builder.build(
      { ...subject, lease, sender: null, past: null, signal: neverAborted },
      await this.messages.ofTurn(subject.turn),
    );
    const ms = performance.now() - begun;
    if (counts) subject.ms.push(ms);
    subject.shown = {
      messages: history.length,
      tokens: history.reduce((sum, { tokens }) => sum + tokens, 0),
    };
  }
}

function textOf(subjects: readonly Subject[]): string {
  const first = subjects[0]?.ms ?? [];
  return table(
    ['', 'shown', 'tokens', 'median ms', 'p99 ms', 'ratio'],
    subjects.map(({ name, ms, shown }) => [
      name,
      String(shown.messages),
      String(shown.tokens),
      median(ms).toFixed(2),
      percentile(ms, 0.99).toFixed(2),
      (median(ms) / median(first)).toFixed(2),
    ]),
  );
}
