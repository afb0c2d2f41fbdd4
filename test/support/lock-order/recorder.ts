import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Client, Pool } from 'pg';
import type { RecordedStatement, RecordedTransaction } from './crossings.js';
import { plain } from './statement-locks.js';

const ROOT = join(import.meta.dirname, '../../..');
const lanes = new Set(['turns', 'deliveries', 'summaries']);
const LOCKS = /\b(?:insert|update|delete|for (?:no key |key )?(?:update|share))\b/i;
/** Statements of a transaction that are recorded; a longer one repeats itself. */
const MAX_STATEMENTS = 400;

interface Query {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Set by Prisma's adapter. */
  readonly rowMode?: string;
}

interface Seen extends RecordedStatement {
  /** The given values, for comparison. */
  readonly values: string;
}

/**
 * Records the statements of this worker's transactions, each kind of transaction once: those of Prisma, and those that
 * product code gives to the pool. A spec's own connections are not recorded.
 */
export class LockRecorder {
  private readonly open = new WeakMap<Client, Seen[]>();
  private readonly seen = new Set<string>();
  private readonly relevant = new Map<string, boolean>();
  private readonly plainTexts = new Map<string, string>();
  private readonly file: string;

  constructor(
    folder: string,
    private readonly testFile: () => string,
  ) {
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, `${randomUUID()}.ndjson`);
  }

  /** Records all connections of this process from now on. @returns a function that stops recording */
  install(): () => void {
    const undo = [
      wrap(Client.prototype, (client, query) => {
        if (query.rowMode === 'array') this.ofPrisma(client, query);
      }),
      wrap(Pool.prototype, (_pool, query) => {
        if (query.rowMode !== 'array' && this.isRelevant(query.text) && isProduct(new Error('here').stack))
          this.ended([this.statementOf(query)]);
      }),
    ];
    return () => undo.toReversed().forEach((one) => one());
  }

  private ofPrisma(client: Client, query: Query): void {
    const statements = this.open.get(client);
    if (query.text === 'BEGIN') this.open.set(client, []);
    else if (query.text === 'COMMIT' || query.text === 'ROLLBACK') {
      this.open.delete(client);
      if (statements) this.ended(statements);
    } else if (this.isRelevant(query.text)) {
      if (!statements) this.ended([this.statementOf(query)]);
      else if (statements.length < MAX_STATEMENTS) statements.push(this.statementOf(query));
    }
  }

  private isRelevant(text: string): boolean {
    let known = this.relevant.get(text);
    if (known === undefined) this.relevant.set(text, (known = LOCKS.test(text)));
    return known;
  }

  private plainOf(text: string): string {
    let known = this.plainTexts.get(text);
    if (known === undefined) this.plainTexts.set(text, (known = plain(text)));
    return known;
  }

  private statementOf({ text, values }: Query): Seen {
    const known = this.plainOf(withoutNulls(text, values));
    const lane = known.includes('leases')
      ? values?.find((value) => typeof value === 'string' && lanes.has(value))
      : null;
    return { text: known, lane: typeof lane === 'string' ? lane : null, values: valuesOf(values) };
  }

  private ended(all: readonly Seen[]): void {
    const statements = all
      .filter(
        (one, index) => index === 0 || one.text !== all[index - 1]?.text || one.lane !== all[index - 1]?.lane,
      )
      .map(({ text, lane, values }): RecordedStatement => {
        const isAgain = all.some((other) => other.text === text && other.values !== values);
        return { text, lane, ...(isAgain && { again: true }) };
      });
    if (statements.length === 0) return;
    const key = JSON.stringify(statements);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const transaction: RecordedTransaction = { statements, seenIn: relative(ROOT, this.testFile()) };
    appendFileSync(this.file, `${JSON.stringify(transaction)}\n`);
  }
}

/** The records of all workers of a run. */
export function readRecords(folder: string): RecordedTransaction[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): RecordedTransaction => JSON.parse(line)),
  );
}

/** An INSERT of Prisma's without the columns that are NULL in all rows: they refer to nothing. */
function withoutNulls(text: string, values: readonly unknown[] = []): string {
  const [all, lead = '', list = ''] = /^(INSERT INTO "public"\."\w+" \()([^)]*)\) VALUES/.exec(text) ?? [];
  if (all === undefined) return text;
  const columns = list.split(',');
  if (values.length % columns.length !== 0) return text;
  const filled = columns.filter((_column, place) =>
    values.some((value, index) => index % columns.length === place && value !== null),
  );
  return `${lead}${filled.join(',')}${text.slice(lead.length + list.length)}`;
}

function valuesOf(values: readonly unknown[] = []): string {
  return JSON.stringify(values, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

function wrap<T extends Client | Pool>(prototype: T, see: (self: T, query: Query) => void): () => void {
  const query: unknown = Reflect.get(prototype, 'query');
  if (typeof query !== 'function') throw new Error('pg has no query');
  Reflect.set(prototype, 'query', function (this: T, ...args: unknown[]): unknown {
    const [first, values] = args;
    if (typeof first === 'string') see(this, { text: first, ...(Array.isArray(values) && { values }) });
    else if (isQuery(first)) see(this, first);
    return Reflect.apply(query, this, args);
  });
  return () => void Reflect.set(prototype, 'query', query);
}

function isQuery(value: unknown): value is Query {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string';
}

function isProduct(stack = ''): boolean {
  const [caller] = stack
    .split('\n')
    .filter((line) => line.includes(ROOT) && !line.includes('lock-order') && !line.includes('node_modules'));
  return caller !== undefined && caller.includes(join(ROOT, 'src')) && !/\.(?:spec|fixture)\.ts/.test(caller);
}
