import { Global, Module } from '@nestjs/common';
import { ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { ChatLimitSettings } from './chat-limit.settings.js';
import { ChatLimiter } from './chat-limiter.js';
import { SlidingWindow } from './sliding-window.js';
import { SlidingWindowModule } from './sliding-window.module.js';
import { SlidingWindowStorage } from './throttler-storage.js';
import { throttlers } from './throttlers.js';

/**
 * Limits shared by all processes. A module that uses `ChatThrottlerGuard` provides `ChatOfRequest`, one that uses
 * `AdminThrottlerGuard` provides `AdminKeyOfRequest`; the guards' other dependencies come from here.
 */
@Global()
@Module({
  imports: [
    SlidingWindowModule,
    ThrottlerModule.forRootAsync({
      imports: [SlidingWindowModule],
      inject: [SlidingWindow, ChatLimitSettings],
      useFactory: (windows: SlidingWindow, limits: ChatLimitSettings): ThrottlerModuleOptions => ({
        storage: new SlidingWindowStorage(windows),
        throttlers: throttlers(limits),
        setHeaders: false,
      }),
    }),
  ],
  providers: [ChatLimiter],
  exports: [ChatLimiter, SlidingWindowModule, ThrottlerModule],
})
export class ThrottlingModule {}
