import { Global, Module } from '@nestjs/common';
import { Gates } from './gates.js';

/** Shared HTTP parts. Modules add the gates of their paths to the `Gates`. */
@Global()
@Module({
  providers: [Gates],
  exports: [Gates],
})
export class HttpModule {}
