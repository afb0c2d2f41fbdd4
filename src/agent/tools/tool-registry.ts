import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { ChatCompletionFunctionTool } from 'openai/resources/chat/completions';
import { GiveUpError, messageOf } from '../../platform/errors/errors.js';
import type { ToolHandler } from './tool-context.js';
import { type ParameterReader, parameterReader } from './tool-parameters.js';
import {
  DEFAULT_MAX_OUTPUT_CHARS,
  DEFAULT_TIMEOUT_MS,
  TOOL_METADATA,
  type ToolOptions,
} from './tool.decorator.js';

type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A registered tool: its description for the model, and its method. */
export interface RegisteredTool extends Required<Omit<ToolOptions<object>, 'parameters'>>, ParameterReader {
  readonly invoke: ToolHandler<object>;
  /** `Provider.method`, for messages. */
  readonly origin: string;
}

/** Tools that come and go while the application runs. */
export interface ToolSource {
  /** The tools that can be called now. */
  tools(): readonly RegisteredTool[];
  /**
   * Resolves when the tool of this name is there, when it is not expected soon, or when this source does not know it.
   * Takes some seconds at most, and none when `signal` is aborted.
   */
  ready(name: string, signal: AbortSignal): Promise<void>;
  /** A sentence for the model: why the tool of this name is unavailable. Null if this source does not know it. */
  absence(name: string): string | null;
}

/**
 * Knows every `@Tool()` of the application. Collected once, when the modules start; a tool that cannot be offered to a
 * model stops the start with a message that names it and the remedy. Sources may add tools that come and go; if one of
 * theirs has the name of ours, ours wins.
 */
@Injectable()
export class ToolRegistry implements OnModuleInit {
  private tools: ReadonlyMap<string, RegisteredTool> = new Map();
  private readonly sources: ToolSource[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws GiveUpError `TOOLS_INVALID` with every problem */
  onModuleInit(): void {
    const problems: string[] = [];
    const found = this.discovery.getProviders().flatMap((wrapper) => this.toolsOf(wrapper, problems));
    const tools = new Map<string, RegisteredTool>();
    for (const tool of found) {
      const other = tools.get(tool.name);
      if (other)
        problems.push(`${tool.origin}: ${other.origin} is named "${tool.name}" too; rename one of them`);
      else tools.set(tool.name, tool);
    }
    if (problems.length > 0) {
      throw new GiveUpError(
        'TOOLS_INVALID',
        `Turnpike cannot start with these tools:\n  - ${problems.join('\n  - ')}`,
      );
    }
    this.tools = tools;
  }

  /** Adds tools that may come and go from now on. */
  add(source: ToolSource): void {
    this.sources.push(source);
  }

  /** The tools offered to the model, in the order of names: the same in every process, so that prompt caches hold. */
  definitions(): ChatCompletionFunctionTool[] {
    return this.now().map(({ name, description, schema }) => ({
      type: 'function',
      function: { name, description, parameters: schema },
    }));
  }

  /** Waits briefly for a tool that is unavailable for a moment, so that a call finds it. */
  async ready(name: string, signal: AbortSignal): Promise<void> {
    if (this.tools.has(name)) return;
    await Promise.all(this.sources.map((source) => source.ready(name, signal)));
  }

  find(name: string): RegisteredTool | undefined {
    return this.tools.get(name) ?? this.coming().find((tool) => tool.name === name);
  }

  /** Every name, sorted. */
  names(): string[] {
    return this.now().map(({ name }) => name);
  }

  /** The reason why a tool that `find` does not know is unavailable; null: unknown. */
  absence(name: string): string | null {
    return this.sources.flatMap((source) => source.absence(name) ?? [])[0] ?? null;
  }

  private now(): RegisteredTool[] {
    const coming = this.coming().filter(({ name }) => !this.tools.has(name));
    return [...this.tools.values(), ...coming].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  private coming(): RegisteredTool[] {
    return this.sources.flatMap((source) => source.tools());
  }

  private toolsOf(wrapper: ProviderWrapper, problems: string[]): RegisteredTool[] {
    // An alias (`useExisting`) shows the same instance again.
    if (wrapper.isAlias) return [];
    const instance: unknown = wrapper.instance;
    if (typeof instance !== 'object' || instance === null) return [];
    const prototype: object | null = Object.getPrototypeOf(instance);
    return this.scanner.getAllMethodNames(prototype).flatMap((methodName) => {
      const method: unknown = Reflect.get(prototype ?? {}, methodName);
      if (typeof method !== 'function') return [];
      const options = this.reflector.get<ToolOptions<object> | undefined>(TOOL_METADATA, method);
      if (options === undefined) return [];
      const origin = `${instance.constructor.name}.${methodName}`;
      const tool = describe(options, origin, (...args) => Reflect.apply(method, instance, args));
      if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
        tool.problems.push('its provider is not a singleton; remove its scope');
      }
      problems.push(...tool.problems.map((problem) => `${origin}: ${problem}`));
      return [tool.tool];
    });
  }
}

/** Fills the defaults, derives the schema and returns its faults. */
function describe(options: ToolOptions<object>, origin: string, invoke: ToolHandler<object>) {
  const problems: string[] = [];
  const { name, description } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxOutputChars = DEFAULT_MAX_OUTPUT_CHARS } = options;
  const { repeatable = true, requiresApproval = false, sideEffects = true } = options;
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    problems.push(
      `the name ${JSON.stringify(name)} is not 1-64 of A-Z a-z 0-9 _ -; change it in @Tool({ name })`,
    );
  }
  if (description.trim() === '') {
    problems.push('the model would not know what it is for; say it in @Tool({ description })');
  }
  for (const [limit, value] of Object.entries({ timeoutMs, maxOutputChars })) {
    if (!Number.isSafeInteger(value) || value < 1)
      problems.push(`${limit} is ${value}; it must be a whole number from 1`);
  }
  let parameters: ParameterReader = unreadable;
  try {
    parameters = parameterReader(options.parameters);
  } catch (error) {
    problems.push(`its parameters have no schema: ${messageOf(error)}`);
  }
  return {
    problems,
    tool: {
      name,
      description,
      timeoutMs,
      maxOutputChars,
      repeatable,
      requiresApproval,
      sideEffects,
      ...parameters,
      origin,
      invoke,
    },
  };
}

/** For a tool that stops the start. */
const unreadable: ParameterReader = {
  schema: {},
  read: () => Promise.resolve({ kind: 'invalid', reasons: [] }),
};
