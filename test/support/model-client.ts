import { CircuitRepository } from '../../src/agent/model/circuit.repository.js';
import type { ModelCaller } from '../../src/agent/model/model-caller.js';
import { ModelCatalog } from '../../src/agent/model/model-catalog.js';
import { ModelCircuits } from '../../src/agent/model/model-circuits.js';
import { ModelClient } from '../../src/agent/model/model-client.js';
import type { ModelSettings } from '../../src/config/model.settings.js';
import { StreamingSettings } from '../../src/config/streaming.settings.js';
import type { PrismaService } from '../../src/database/prisma.service.js';
import { Metrics } from '../../src/observability/metrics.js';
import type { Clock } from '../../src/runtime/clock.js';
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

/** Nobody watches. */
export const unseen = (): void => {};

/** Somebody who asks the configured models. */
export const aCaller: ModelCaller = { model: null, endUser: 'e'.repeat(64), cacheKey: 'c'.repeat(64) };
