import { CircuitRepository } from '../../src/agent/llm/circuit.repository.js';
import type { ModelCaller } from '../../src/agent/llm/model-caller.js';
import { ModelCatalog } from '../../src/agent/llm/model-catalog.js';
import { ModelCircuits } from '../../src/agent/llm/model-circuits.js';
import { ModelClient } from '../../src/agent/llm/model-client.js';
import type { ModelSettings } from '../../src/agent/llm/model.settings.js';
import { StreamingSettings } from '../../src/agent/llm/streaming.settings.js';
import type { PrismaService } from '../../src/platform/database/prisma.service.js';
import { Metrics } from '../../src/platform/observability/metrics.js';
import type { Clock } from '../../src/platform/runtime/clock.js';
import { NoJitter } from './steered.js';

/** One process's client. */
export function modelClient(
  settings: ModelSettings,
  prisma: PrismaService,
  clock: Clock,
  streaming = new StreamingSettings(),
): ModelClient {
  const circuits = new ModelCircuits(new CircuitRepository(prisma), clock);
  const catalog = new ModelCatalog(settings);
  return new ModelClient(catalog, circuits, settings, streaming, new NoJitter(), new Metrics());
}

/** Without a listener. */
export const unseen = (): void => {};

/** A caller that asks the configured models. */
export const aCaller: ModelCaller = { model: null, endUser: 'e'.repeat(64), cacheKey: 'c'.repeat(64) };
