import { SetMetadata } from '@nestjs/common';
import { JSONSchema } from 'class-validator-jsonschema';
import type { ToolHandler } from './tool-context.js';
import type { ToolParameters } from './tool-parameters.js';

export const DEFAULT_TIMEOUT_MS = 20_000;
export const DEFAULT_MAX_OUTPUT_CHARS = 16_000;

export interface ToolOptions<P extends object> {
  /** The model's name for it: 1-64 of `A-Za-z0-9_-`, unique in the application. */
  readonly name: string;
  /** For the model: what the tool does, when to use it, and its result. */
  readonly description: string;
  /**
   * A class with class-validator decorators, or any Standard Schema with a JSON Schema, for example of zod from 4.2 on.
   * The model sees the JSON Schema derived from it, and the method gets only validated arguments.
   */
  readonly parameters: ToolParameters<P>;
  /** Milliseconds until the call is given up; default 20,000. */
  readonly timeoutMs?: number;
  /** UTF-16 units of output the model gets at most; default 16,000. */
  readonly maxOutputChars?: number;
  /**
   * Whether an interrupted call may be repeated. Default true: it is, with the same `idempotencyKey`. If false, a call
   * whose method was entered is never repeated: the model learns that its outcome is unknown.
   */
  readonly repeatable?: boolean;
  /** Whether each call needs a person's approval. Default false; `TOOLS_REQUIRE_APPROVAL` can demand it. */
  readonly requiresApproval?: boolean;
  /**
   * Whether it changes anything, here or elsewhere, now or later. Default true: in a turn that has read text from
   * outside each call needs an approval. Set false for a tool that only looks up or computes.
   */
  readonly sideEffects?: boolean;
}

/** The key under which `@Tool()` stores its options on a method. */
export const TOOL_METADATA = 'turnpike:tool';

/**
 * Lets the model call this method of a provider.
 *
 * @example
 * class ForecastParameters {
 *   \@Describe('A city, e.g. "Lisbon"')
 *   \@IsString()
 *   city: string;
 * }
 *
 * \@Injectable()
 * export class WeatherTool {
 *   \@Tool({ name: 'forecast', description: 'The weather of the next days.', parameters: ForecastParameters })
 *   async forecast({ city }: ForecastParameters): Promise<string> { … }
 * }
 */
export function Tool<P extends object>(options: ToolOptions<P>) {
  return <H extends ToolHandler<P>>(
    target: object,
    property: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    SetMetadata(TOOL_METADATA, options)(target, property, descriptor);
  };
}

/** Describes a parameter to the model. */
export function Describe(description: string): PropertyDecorator {
  return (target, property) => {
    JSONSchema({ description })(target, String(property));
  };
}
