import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../../../test/support/prometheus.js';
import { Metrics } from './metrics.js';

const samplesOf = async (metrics: Metrics) => parseMetrics(await metrics.text());

describe('Metrics', () => {
  it('shows a counter’s known values from the start', async () => {
    const metrics = new Metrics();
    const count = metrics.counter('things_total', 'Things', 'outcome', ['good', 'bad']);
    count('good');
    count('good', 2);
    expect(await samplesOf(metrics)).toEqual([
      { name: 'turnpike_things_total', labels: { outcome: 'good' }, value: 3 },
      { name: 'turnpike_things_total', labels: { outcome: 'bad' }, value: 0 },
    ]);
  });

  it('keeps labels from outside to a hundred sets, and writes them so that they can be read back', async () => {
    const metrics = new Metrics();
    const count = metrics.openCounter('odd_total', 'Odd', ['kind']);
    count({ kind: 'a "quote"\n and \\' });
    for (let n = 0; n < 300; n += 1) count({ kind: `kind ${n}` });
    count({ kind: 'kind 0' });
    const samples = await samplesOf(metrics);
    expect(samples).toHaveLength(101);
    expect(samples.find(({ labels }) => labels['kind'] === 'kind 0')?.value).toBe(2);
    expect(samples.find(({ labels }) => labels['kind'] === 'other')?.value).toBe(201);
  });

  it('shows no unknown value, and drops one that is missing from an update', async () => {
    const metrics = new Metrics();
    const show = metrics.gauges('depth', 'Depth', ['lane', 'state']);
    expect(await samplesOf(metrics)).toEqual([]);
    show([
      { of: { lane: 'turns', state: 'due' }, value: 1 },
      { of: { lane: 'turns', state: 'later' }, value: 2 },
    ]);
    expect((await samplesOf(metrics)).map(({ value }) => value)).toEqual([1, 2]);
    show([{ of: { lane: 'deliveries', state: 'due' }, value: 3 }]);
    expect(await samplesOf(metrics)).toEqual([
      { name: 'turnpike_depth', labels: { lane: 'deliveries', state: 'due' }, value: 3 },
    ]);
  });

  it('refreshes values before each scrape, and omits those that do not answer', async () => {
    const metrics = new Metrics();
    const show = metrics.gauges('asked', 'Asked', []);
    let asked = 0;
    metrics.beforeScrape(() => {
      show([{ of: {}, value: (asked += 1) }]);
      return Promise.resolve();
    });
    metrics.beforeScrape(() => new Promise<void>(() => undefined));
    expect((await samplesOf(metrics)).map(({ value }) => value)).toEqual([1]);
    expect((await samplesOf(metrics)).map(({ value }) => value)).toEqual([2]);
  });
});
