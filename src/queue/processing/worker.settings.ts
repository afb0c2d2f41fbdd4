import { IsInt, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../../platform/config/variable.js';

export class WorkerSettings {
  @FromEnv('WORKER_CONCURRENCY', {
    description: 'turns at once in one worker process',
    example: '10',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  concurrency = 10;
}
