import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { AgentModule } from '../../src/agent/agent.module.js';
import { type IsolatedEntry, noIsolation } from '../../src/agent/loop/isolation/isolated-entry.js';
import { IsolationModule } from '../../src/agent/loop/isolation/isolation.module.js';
import { BuiltInToolsModule } from '../../src/agent/tools/built-in/built-in-tools.module.js';
import { StepRepository } from '../../src/agent/turns/step.repository.js';
import { Channel } from '../../src/channel/channel.js';
import { type Settings } from '../../src/settings/settings.js';
import { SettingsModule } from '../../src/platform/config/settings.module.js';
import { DatabaseClock } from '../../src/platform/database/database-clock.js';
import { DatabasePool } from '../../src/platform/database/database-pool.js';
import { Database } from '../../src/platform/database/database.js';
import { PrismaService } from '../../src/platform/database/prisma.service.js';
import { ObservabilityModule } from '../../src/platform/observability/observability.module.js';
import { Clock } from '../../src/platform/runtime/clock.js';
import { Random } from '../../src/platform/runtime/random.js';
import { RuntimeModule } from '../../src/platform/runtime/runtime.module.js';
import { Stopping } from '../../src/platform/runtime/stopping.js';
import { SlidingWindow } from '../../src/platform/throttling/sliding-window.js';
import { ThrottlingModule } from '../../src/platform/throttling/throttling.module.js';
import { BotsAtWork } from '../../src/telegram/bots/bots-at-work.js';
import { TelegramChannel } from '../../src/telegram/telegram-channel.js';
import { TelegramModule } from '../../src/telegram/telegram.module.js';
import { Room } from './room.js';
import { MemorySlidingWindow } from './sliding-window.js';
import { NoJitter, SteeredClock } from './steered.js';

/** The parts that all processes over one room share. */
export interface World {
  readonly room: Room;
  readonly settings: Settings;
  readonly clock: SteeredClock;
  readonly windows: MemorySlidingWindow;
  readonly tools: readonly (new () => object)[];
  /** Null: Telegram. */
  readonly channel: Channel | null;
}

/** The parts of one process alone. */
export interface Own {
  readonly stopping?: Stopping;
  /** Checkpoints that misbehave. */
  readonly steps?: StepRepository;
  readonly isolated?: IsolatedEntry;
}

/** Replaces the built-in tools by those of a suite. */
@Module({})
class NoToolsModule {}

/** Replaces a process's own database connection by the room's. */
@Module({})
class RoomDatabaseModule {
  static forRoom({ url, pool, prisma }: Room): DynamicModule {
    const providers = [
      { provide: Database, useValue: new Database(url) },
      { provide: DatabasePool, useValue: pool },
      { provide: PrismaService, useValue: prisma },
    ];
    const all = [...providers, DatabaseClock];
    return { module: RoomDatabaseModule, global: true, providers: all, exports: all };
  }
}

/**
 * Compiles the agent as Nest wires it: `AgentModule` of one process, in which only time, chance and limits are
 * controlled.
 */
export async function compileAgent(
  { room, settings, clock, windows, tools, channel }: World,
  { stopping = new Stopping(), steps, isolated = noIsolation }: Own = {},
  first: AgentProcess | null = null,
): Promise<TestingModule> {
  const builder = Test.createTestingModule({
    imports: [
      RoomDatabaseModule.forRoom(room),
      SettingsModule.forRoot(settings),
      RuntimeModule,
      ObservabilityModule,
      ThrottlingModule,
      TelegramModule,
      IsolationModule.forRoot(isolated),
      AgentModule,
    ],
    providers: [...tools],
  });
  builder.overrideModule(BuiltInToolsModule).useModule(NoToolsModule);
  builder.overrideProvider(Clock).useValue(clock);
  builder.overrideProvider(Random).useValue(new NoJitter());
  builder.overrideProvider(Stopping).useValue(stopping);
  builder.overrideProvider(SlidingWindow).useValue(windows);
  // The call that learns a bot's name is not expected by suites.
  builder.overrideProvider(BotsAtWork).useValue({});
  // A suite's change of these applies to all processes.
  for (const type of first ? [TelegramChannel, ...tools] : [])
    builder.overrideProvider(type).useValue(first?.get(type));
  if (channel) builder.overrideProvider(Channel).useValue(channel);
  if (steps) builder.overrideProvider(StepRepository).useValue(steps);
  const module = await builder.compile();
  return await module.init();
}

/** The agent's services in one process. */
export class AgentProcess {
  constructor(private readonly module: TestingModule) {}

  get<T>(type: Type<T>): T {
    return this.module.get(type, { strict: false });
  }
}
