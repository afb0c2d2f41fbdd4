import { Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { Ids } from './ids.js';

/** Time and ids as injectables, so that tests can drive them. */
@Global()
@Module({ providers: [Clock, Ids], exports: [Clock, Ids] })
export class RuntimeModule {}
