import {
  type ASTNode,
  Environment,
  EvaluationError,
  ParseError,
  type ParseResult,
  TypeError as CelTypeError,
} from '@marcbachmann/cel-js';
import { GiveUpError, messageOf } from '../../platform/errors/errors.js';
import { hasMoreValues, type TriggerInput } from './trigger-input.js';

/** UTF-16 units of an expression. */
export const MAX_EXPRESSION = 2_000;
/**
 * Values of a body that an expression with a loop may see: a loop in which another value is searched is quadratic. Long
 * texts count as several.
 */
export const MAX_LOOPED_VALUES = 5_000;
const MAX_REASON = 200;

/** Functions that run their argument for each element of a list. */
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

const environment = new Environment({ limits: { maxAstNodes: 200, maxDepth: 20 } })
  .registerVariable('payload', 'dyn')
  .registerVariable('event', 'string')
  .registerVariable('source', 'string');

/** A CEL expression over a webhook. It ends in a time that its length and the body's bound. */
export class Expression {
  private readonly evaluate: ParseResult;
  private readonly loops: boolean;
  readonly type: string;

  /**
   * @param text of CEL without `matches`, whose time has no bound, and without a loop in a loop
   * @throws GiveUpError naming the position of the fault
   * @see https://github.com/google/cel-spec
   */
  constructor(text: string) {
    const { valid, type, error } = environment.check(text);
    if (!valid || type === undefined) throw invalid(error);
    this.evaluate = environment.parse(text);
    this.type = type;
    this.loops = assertBounded(this.evaluate.ast, null);
  }

  /** @throws GiveUpError if it does not apply to this webhook: for example, a field is missing */
  run(input: TriggerInput): unknown {
    if (this.loops && hasMoreValues(input.payload, MAX_LOOPED_VALUES))
      throw failed(`the body has more than ${MAX_LOOPED_VALUES} values, too many for a loop`);
    try {
      const value: unknown = this.evaluate({ ...input });
      return value;
    } catch (error) {
      throw failed(error instanceof EvaluationError ? error.summary : messageOf(error));
    }
  }
}

/** @returns whether there is a loop @throws GiveUpError for what has no bound in time */
function assertBounded(node: ASTNode, loop: string | null): boolean {
  const name = node.op === 'rcall' || node.op === 'call' ? node.args[0] : null;
  if (name === 'matches')
    throw unbounded(node, 'matches() is not supported: use contains(), startsWith() or endsWith()');
  const isLoop = name !== null && LOOPS.has(name);
  if (isLoop && loop !== null) throw unbounded(node, 'a loop in a loop is not supported');
  if (node.op === '+' && loop !== null) throw unbounded(node, '+ in a loop is not supported');
  // What map() makes is kept for each element.
  if (name !== null && (loop === 'map' || (loop !== null && name === 'split')))
    throw unbounded(node, `${name}() in a loop is not supported`);
  const inner = nodesIn(node.args).map((child) => assertBounded(child, isLoop ? name : loop));
  return isLoop || inner.includes(true);
}

function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return isNode(args) ? [args] : [];
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

function invalid(error: unknown): GiveUpError {
  if (!(error instanceof ParseError || error instanceof CelTypeError))
    return new GiveUpError('EXPRESSION_INVALID', messageOf(error).slice(0, MAX_REASON));
  return unbounded({ start: error.range?.start ?? 0 }, error.summary);
}

const unbounded = ({ start }: Pick<ASTNode, 'start'>, problem: string): GiveUpError =>
  new GiveUpError('EXPRESSION_INVALID', `at character ${start + 1}: ${problem}`);

const failed = (reason: string): GiveUpError => new GiveUpError('EXPRESSION_FAILED', lineOf(reason));

/** The first line, as PostgreSQL can store it. */
const lineOf = (reason: string): string =>
  reason.split('\n', 1).join().slice(0, MAX_REASON).replaceAll('\0', '').toWellFormed();
