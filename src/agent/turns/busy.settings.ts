import { IsBoolean, IsIn, IsInt, Max, Min } from 'class-validator';
import { BusyMode } from '../../generated/prisma/enums.js';
import { flag, FromEnv, integer } from '../../platform/config/variable.js';

const modes = Object.values(BusyMode);

export class BusySettings {
  @FromEnv('AGENT_BUSY_MODE', {
    description:
      'messages that arrive while a turn runs: queue (the next turn), steer (join it), interrupt (it is cancelled, one new turn has both), collect (wait until the user is quiet); a chat may choose its own with /mode',
    example: 'queue',
  })
  @IsIn(modes)
  mode: BusyMode = BusyMode.queue;

  @FromEnv('AGENT_COLLECT_QUIET_MS', {
    description: 'how long a user has to be quiet in the mode collect, in milliseconds',
    example: '2000',
    parse: integer,
  })
  @IsInt()
  @Min(100)
  @Max(20_000)
  collectQuietMs = 2_000;

  @FromEnv('AGENT_CORRECT_EDITED_ANSWERS', {
    description:
      'answer a message anew that is edited after its answer, and correct that answer in its place',
    example: 'false',
    parse: flag,
  })
  @IsBoolean()
  correctEditedAnswers = false;
}
