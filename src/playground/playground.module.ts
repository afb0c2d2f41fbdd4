import { type DynamicModule, Module } from '@nestjs/common';
import { BotApiSimulator } from './bot-api-simulator.js';
import { ChatStreams } from './chat-streams.js';
import { ExposureNotice } from './exposure-notice.js';
import { PlaygroundController } from './playground.controller.js';
import { PlaygroundOffController } from './playground-off.controller.js';
import { PlaygroundPage } from './playground-page.js';
import { SameSiteGuard } from './same-site.guard.js';

/** A page to talk to the bot before there is a token. Never loaded in production. */
@Module({})
export class PlaygroundModule {
  /** @param simulator unset if a real bot is connected: the page then says why it is empty */
  static forRoot(simulator: BotApiSimulator | undefined): DynamicModule {
    if (!simulator) {
      return {
        module: PlaygroundModule,
        controllers: [PlaygroundOffController],
        providers: [PlaygroundPage],
      };
    }
    return {
      module: PlaygroundModule,
      controllers: [PlaygroundController],
      providers: [
        PlaygroundPage,
        ChatStreams,
        ExposureNotice,
        SameSiteGuard,
        { provide: BotApiSimulator, useValue: simulator },
      ],
    };
  }
}
