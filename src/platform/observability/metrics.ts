import { Injectable, type OnModuleInit } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** How long the queries of a scrape may take, in milliseconds; past it the scrape goes without their values. */
const ASK_TIMEOUT_MS = 1_000;

/** The most sets of labels with values from elsewhere. */
const MAX_LABEL_SETS = 100;

/** Increments one counter, by 1 or by `by`. */
export type Count<Value extends string> = (value: Value, by?: number) => void;

/** One value with its labels. */
export interface Sample<Label extends string> {
  readonly of: Readonly<Record<Label, string>>;
  readonly value: number;
}

/**
 * The metrics of this process. A module creates its own metrics here when it is built, and updates them at the event;
 * no other part knows them. Labels are bounded by their declaration here, whatever arrives from outside. Names begin
 * with `turnpike_`, which is added. Each application has a registry of its own.
 */
@Injectable()
export class Metrics implements OnModuleInit {
  private readonly registry = new Registry();
  private readonly asked: (() => Promise<void>)[] = [];

  /** The content type of `text()`. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** Node.js's own metrics: memory, CPU, event loop, garbage collection. */
  onModuleInit(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A counter by a label with known values: all exist from the start, at 0, so that a rate sees the first event. */
  counter<const Value extends string>(
    name: string,
    help: string,
    label: string,
    values: readonly Value[],
  ): Count<Value> {
    const counter = new Counter({
      name: full(name),
      help,
      labelNames: [label],
      registers: [this.registry],
    });
    const children = new Map(values.map((value) => [value, counter.labels(value)]));
    for (const child of children.values()) child.inc(0);
    return (value, by = 1) => children.get(value)?.inc(by);
  }

  /** A counter by labels with values from elsewhere: past 100 sets of them, new ones count as `other`. */
  openCounter<const Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
  ): (values: Readonly<Record<Label, string>>) => void {
    const labelNames = [...labels];
    const counter = new Counter({ name: full(name), help, labelNames, registers: [this.registry] });
    const bounded = new BoundedLabels(labels);
    return (values) => counter.inc(bounded.boundLabels(values));
  }

  /** A gauge by labels; each update sets all of them, so that a missing one disappears. */
  gauges<const Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
  ): (samples: readonly Sample<Label>[]) => void {
    const labelNames = [...labels];
    const gauge = new Gauge({ name: full(name), help, labelNames, registers: [this.registry] });
    return (samples) => {
      gauge.reset();
      for (const { of, value } of samples) gauge.labels(of).set(value);
    };
  }

  /**
   * Calls `ask` before each scrape to refresh its values; it must be cheap, because any client may scrape, and not
   * reject.
   */
  beforeScrape(ask: () => Promise<void>): void {
    this.asked.push(ask);
  }

  /** All metrics in Prometheus' text format. Does not wait for long, whatever hangs. */
  async text(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ASK_TIMEOUT_MS);
    });
    await Promise.race([Promise.all(this.asked.map((ask) => ask())), timeUp]);
    clearTimeout(timer);
    return await this.registry.metrics();
  }
}

const full = (name: string): string => `turnpike_${name}`;

/** Bounds the number of label sets from outside: each one costs memory here and in Prometheus for ever. */
class BoundedLabels<Label extends string> {
  private readonly known = new Set<string>();

  constructor(private readonly labels: readonly Label[]) {}

  /** The values as they are, or `other` for each of them. */
  boundLabels(values: Readonly<Record<Label, string>>): Partial<Record<Label, string>> {
    const key = JSON.stringify(this.labels.map((label) => values[label]));
    if (this.known.has(key)) return values;
    if (this.known.size < MAX_LABEL_SETS) {
      this.known.add(key);
      return values;
    }
    const other: Partial<Record<Label, string>> = {};
    for (const label of this.labels) other[label] = 'other';
    return other;
  }
}
