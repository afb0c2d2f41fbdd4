import { Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { Ids } from './ids.js';
import { Random } from './random.js';
import { Stopping } from './stopping.js';

/** Time, ids, randomness and the end of the process as injectables, so that tests can control them. */
@Global()
@Module({ providers: [Clock, Ids, Random, Stopping], exports: [Clock, Ids, Random, Stopping] })
export class RuntimeModule {}
