import { Injectable } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Describe, Tool } from '../tool.decorator.js';

/** The tool that ends a turn without an answer. A turn that a person waits for does not have it. */
export const STAY_SILENT = 'stay_silent';

class StaySilentParameters {
  @Describe('Why nothing is said, in a few words. Operators read it.')
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

/** Lets the agent say nothing about a webhook or a planned task: the loop ends the turn behind the call. */
@Injectable()
export class StaySilentTool {
  @Tool({
    name: STAY_SILENT,
    description:
      'Ends your work without a message. Use it when there is nothing that this chat has to know, such as an alert ' +
      'that was expected or news that it has already. Call it instead of answering that there is nothing to say.',
    parameters: StaySilentParameters,
    sideEffects: false,
  })
  staySilent(): string {
    return 'Nothing is sent.';
  }
}
