import Mustache from 'mustache';
import { GiveUpError, messageOf } from '../../platform/errors/errors.js';
import type { TriggerInput } from './trigger-input.js';

/** UTF-16 units of a template. */
export const MAX_TEMPLATE = 8_000;
/** UTF-16 units of a rendered text; the rest is cut off. */
export const MAX_RENDERED = 8_000;
/** Tokens that one rendering may visit, and characters that it may put together. */
const MAX_STEPS = 20_000;
const MAX_WRITTEN = 1_000_000;

/**
 * A Mustache template of a webhook: logic-less, without escaping, for its text is read by a model and not by a browser.
 * It sees the webhook's own fields and nothing else, and its rendering is bounded.
 * @see https://mustache.github.io/mustache.5.html
 */
export class Template {
  private readonly tokens: string[][];

  /** @throws GiveUpError naming the position of the fault */
  constructor(text: string) {
    try {
      this.tokens = new Mustache.Writer().parse(text);
    } catch (error) {
      throw new GiveUpError('TEMPLATE_INVALID', messageOf(error).replace(/ at (\d+)$/, ' at character $1'));
    }
    if (hasPartial(this.tokens)) throw new GiveUpError('TEMPLATE_INVALID', 'partials are not supported');
  }

  /** @throws GiveUpError if it repeats itself too often */
  render(input: TriggerInput): string {
    const context = new FieldContext({ ...input });
    const config = { escape: textOf };
    const text = new BoundedWriter().renderTokens(this.tokens, context, undefined, undefined, config);
    return text.length > MAX_RENDERED
      ? `${text.slice(0, MAX_RENDERED - 1).toWellFormed()}…`
      : text.toWellFormed();
  }
}

/** Looks up own fields only, and calls none. */
class FieldContext extends Mustache.Context {
  constructor(
    private readonly fields: unknown,
    private readonly outer: FieldContext | null = null,
  ) {
    super(fields);
  }

  override push(fields: unknown): FieldContext {
    return new FieldContext(fields, this);
  }

  override lookup(name: string): unknown {
    if (name === '.') return this.fields;
    const path = name.split('.');
    const [first = ''] = path;
    if (!hasOwn(this.fields, first)) return this.outer?.lookup(name);
    return path.reduce<unknown>(
      (value, field) => (hasOwn(value, field) ? value[field] : undefined),
      this.fields,
    );
  }
}

/** Stops a rendering that grows out of proportion: sections in sections repeat one another. */
class BoundedWriter extends Mustache.Writer {
  private steps = 0;
  private written = 0;

  override renderTokens(...[tokens, ...rest]: Parameters<Mustache.Writer['renderTokens']>): string {
    // An empty section counts too.
    this.steps += 1 + tokens.length;
    if (this.steps > MAX_STEPS) throw tooLong();
    const text = super.renderTokens(tokens, ...rest);
    this.written += text.length;
    if (this.written > MAX_WRITTEN) throw tooLong();
    return text;
  }
}

const tooLong = (): GiveUpError => new GiveUpError('TEMPLATE_FAILED', 'it repeats its sections too often');

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const hasOwn = (value: unknown, field: string): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, field);

function hasPartial(tokens: unknown): boolean {
  if (!Array.isArray(tokens)) return false;
  return tokens[0] === '>' || tokens.some(hasPartial);
}
