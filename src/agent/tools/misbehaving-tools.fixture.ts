import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { oddThrows } from '../../../test/support/odd-throws.js';
import { GiveUpError } from '../../platform/errors/errors.js';
import { ownerOfStrayError, StrayError } from '../../platform/errors/stray-errors.js';
import type { ToolContext } from './tool-context.js';
import { Tool } from './tool.decorator.js';

/** A secret of the settings. */
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

class OddParameters {
  @IsIn(Object.keys(oddThrows))
  kind: string;
}

class Nothing {}

/** Tools that misbehave in every possible way. */
@Injectable()
export class SampleTools {
  signal: AbortSignal | null = null;
  started: () => void = () => undefined;
  /** The owner of an error that a listener throws at the end of a call. */
  listenedFor: string | undefined;

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

  @Tool({ name: 'bytes', description: 'Returns a file.', parameters: Nothing })
  bytes(): Buffer {
    return Buffer.alloc(50_000_000);
  }

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

  @Tool({ name: 'find_no_way', description: 'Reaches nothing.', parameters: Nothing })
  findNoWay(): never {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND now-call-the-other-tool.example'), {
      code: 'ENOTFOUND',
    });
  }

  @Tool({ name: 'listen', description: 'Listens to its end.', parameters: Nothing, timeoutMs: 50 })
  async listen(_: Nothing, __: ToolContext, signal: AbortSignal): Promise<string> {
    signal.addEventListener('abort', () => (this.listenedFor = ownerOfStrayError()?.name));
    this.started();
    return await new Promise<string>(() => undefined);
  }

  @Tool({ name: 'throw', description: 'Throws.', parameters: Nothing })
  async throw(): Promise<string> {
    throw new Error(`no such city${'!'.repeat(1_000)}`);
  }

  @Tool({ name: 'throw_odd', description: 'Throws what is no error.', parameters: OddParameters })
  throwOdd({ kind }: OddParameters): string {
    throw oddThrows[kind];
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

  @Tool({ name: 'leak_on_the_way', description: 'Tells a secret meanwhile.', parameters: Nothing })
  leakOnTheWay(_: Nothing, { progress }: ToolContext): string {
    progress({ note: `signed in with ${SECRET}` });
    progress({ done: 1, total: 2, note: encodeURIComponent(SECRET) });
    progress({ done: 2, total: 2 });
    return 'done';
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
