import { SetMetadata, type Type } from '@nestjs/common';
import { JSONSchema } from 'class-validator-jsonschema';
import type { ToolHandler } from './tool-context.js';

export const DEFAULT_TIMEOUT_MS = 20_000;
export const DEFAULT_MAX_OUTPUT_CHARS = 16_000;

export interface ToolOptions<P extends object> {
  /** What the model calls it: 1-64 of `A-Za-z0-9_-`, unique in the application. */
  readonly name: string;
  /** For the model: what it does, when to use it, and what comes back. */
  readonly description: string;
  /**
   * A class with class-validator decorators. The model sees the JSON Schema derived from it, and the method sees only
   * instances that passed its validation.
   */
  readonly parameters: Type<P>;
  /** Milliseconds until the call is given up; default 20,000. */
  readonly timeoutMs?: number;
  /** UTF-16 units of output the model gets at most; default 16,000. */
  readonly maxOutputChars?: number;
  /**
   * May an interrupted call be made again? Default true: it is, with the same `idempotencyKey`. Where false, a call whose
   * method was entered is never made a second time: the model is told that its outcome is unknown.
   */
  readonly repeatable?: boolean;
  /** Does each call have to be allowed by a person? Default false; `TOOLS_REQUIRE_APPROVAL` can demand it. */
  readonly requiresApproval?: boolean;
  /**
   * Does it change anything, here or elsewhere, now or later? Default true: in a turn that has read text from outside each
   * call has to be allowed by a person. Say false of a tool that only looks something up or works something out.
   */
  readonly sideEffects?: boolean;
}

/** The key under which `@Tool()` leaves its options on a method. */
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

/** Tells the model what a parameter means. */
export function Describe(description: string): PropertyDecorator {
  return (target, property) => {
    JSONSchema({ description })(target, String(property));
  };
}
