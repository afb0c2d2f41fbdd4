import { Module } from '@nestjs/common';
import { TokenCounter } from './token-counter.js';

/** Counts tokens; apart from `ModelModule`, for those who call no model. */
@Module({ providers: [TokenCounter], exports: [TokenCounter] })
export class TokensModule {}
