import { Injectable, type OnModuleInit } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { BoundedLabels } from './bounded-labels.js';

/** How long what is asked at a scrape may take, in milliseconds; past it the scrape goes without. */
const ASK_TIMEOUT_MS = 1_000;

/** Counts one thing, or `by` of it. */
export type Count<Value extends string> = (value: Value, by?: number) => void;

/** One value of what is told by labels. */
export interface Sample<Label extends string> {
  readonly of: Readonly<Record<Label, string>>;
  readonly value: number;
}

/**
 * What this process tells Prometheus. A room makes its own metrics here when it is built, and moves them when the thing
 * happens; nothing else knows them. Labels are bounded by what is asked for here, whatever arrives from outside. Names
 * begin with `turnpike_`, which is added. Each application has a registry of its own.
 */
@Injectable()
export class Metrics implements OnModuleInit {
  private readonly registry = new Registry();
  private readonly asked: (() => Promise<void>)[] = [];

  /** Of an answer of `text()`. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** What Node.js itself tells: memory, CPU, event loop, garbage collection. */
  onModuleInit(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A count by a label whose values are known: all are there from the start, at 0, so that a rate sees the first one. */
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

  /** A count by labels whose values come from elsewhere: past 100 sets of them, what is new is counted as `other`. */
  openCounter<const Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
  ): (values: Readonly<Record<Label, string>>) => void {
    const labelNames = [...labels];
    const counter = new Counter({ name: full(name), help, labelNames, registers: [this.registry] });
    const bounded = new BoundedLabels(labels);
    return (values) => counter.inc(bounded.of(values));
  }

  /** Values by labels; each time all of them, so that one that is not named is gone. */
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

  /** Has `ask` renew what it tells before each scrape; it must be cheap, for anybody may scrape, and not reject. */
  beforeScrape(ask: () => Promise<void>): void {
    this.asked.push(ask);
  }

  /** All of it in Prometheus' text format. Does not wait for long, whatever hangs. */
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
