import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { GiveUpError } from '../../errors/errors.js';
import { ownerOfStrayError, StrayError } from '../../runtime/stray-errors.js';
import type { ToolContext } from './tool-context.js';
import { Tool } from './tool.decorator.js';

/** Of the settings. */
export const SECRET = 'sk:secret-of-the-settings';

class Inner {
  @IsInt()
  depth: number;
}

class EchoParameters {
  @IsString()
  text: string;

  @IsOptional()
  @IsInt()
  times?: number;

  @IsOptional()
  @ValidateNested()
  @Type(() => Inner)
  inner?: Inner;
}

class Nothing {}

/** Tools that misbehave in every way there is. */
@Injectable()
export class Zoo {
  signal: AbortSignal | null = null;
  started: () => void = () => undefined;

  @Tool({ name: 'echo', description: 'Repeats.', parameters: EchoParameters })
  echo(parameters: EchoParameters, { idempotencyKey }: ToolContext): object {
    return { parameters, isInstance: parameters instanceof EchoParameters, idempotencyKey };
  }

  @Tool({ name: 'say', description: 'Says.', parameters: EchoParameters, maxOutputChars: 200 })
  say({ text, times = 1 }: EchoParameters): string {
    return text.repeat(times);
  }

  @Tool({ name: 'nothing', description: 'Returns nothing.', parameters: Nothing })
  nothing(): void {}

  @Tool({ name: 'cycle', description: 'Returns what is no JSON.', parameters: Nothing })
  cycle(): bigint[] {
    return [1n];
  }

  @Tool({
    name: 'stray',
    description: 'Lets an error stray, and waits for ever.',
    parameters: Nothing,
    timeoutMs: 2_000,
  })
  async stray(_: Nothing, __: ToolContext, signal: AbortSignal): Promise<string> {
    this.signal = signal;
    setImmediate(() => ownerOfStrayError()?.fail(new StrayError(new Error('no such socket'))));
    return await new Promise<string>(() => undefined);
  }

  @Tool({ name: 'throw', description: 'Throws.', parameters: Nothing })
  async throw(): Promise<string> {
    throw new Error(`no such city${'!'.repeat(1_000)}`);
  }

  @Tool({ name: 'refuse', description: 'Refuses.', parameters: Nothing })
  refuse(): string {
    throw new GiveUpError('CITY_UNKNOWN', 'There is no such city.');
  }

  @Tool({
    name: 'leak',
    description: 'Tells a secret, at the edge of what is kept.',
    parameters: Nothing,
    maxOutputChars: 200,
  })
  leak(): string {
    return `${Buffer.from(`:${SECRET}`).toString('base64')}${'.'.repeat(120)}${SECRET}`;
  }

  @Tool({ name: 'leak_and_throw', description: 'Quotes a secret.', parameters: Nothing })
  async leakAndThrow(): Promise<string> {
    throw new Error(`${'.'.repeat(480)}${SECRET}`);
  }

  @Tool({ name: 'leak_and_refuse', description: 'Quotes a secret.', parameters: Nothing })
  async leakAndRefuse(): Promise<string> {
    throw new GiveUpError('MCP_REFUSED', `wrong key ${encodeURIComponent(SECRET)}`);
  }

  @Tool({ name: 'garbage', description: 'Unstorable.', parameters: Nothing })
  garbage(): string {
    return 'a\0b\uD800c';
  }

  @Tool({ name: 'hang', description: 'Hangs.', parameters: Nothing, timeoutMs: 10 })
  hang(_: Nothing, __: ToolContext, signal: AbortSignal): Promise<string> {
    this.signal = signal;
    return new Promise(() => undefined);
  }

  entered = 0;

  @Tool({ name: 'once', description: 'Counts.', parameters: EchoParameters, repeatable: false })
  once(): string {
    this.entered += 1;
    return `entered ${this.entered}`;
  }

  @Tool({ name: 'wait', description: 'Waits for its abort.', parameters: Nothing })
  wait(_: Nothing, __: ToolContext, signal: AbortSignal): Promise<string> {
    this.started();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('stopped')));
    });
  }
}
