import { Injectable, Logger } from '@nestjs/common';
import type { ModelTarget } from '../../config/model-target.js';
import { messageOf } from '../../errors/errors.js';
import { Clock } from '../../runtime/clock.js';
import { afterFailure, type Circuit, type CircuitFailure } from './circuit.js';
import { CircuitRepository, type StoredCircuit } from './circuit.repository.js';

/**
 * The right to ask a model; its outcome is told with it. `forced`: though its circuit is open; `unwatched`: whatever its
 * circuit is, and nothing is to be learned from it.
 */
export type Pass =
  | { readonly kind: 'unwatched' }
  | { readonly kind: 'closed'; readonly suspected: boolean }
  | { readonly kind: 'probe' }
  | { readonly kind: 'forced' }
  | { readonly kind: 'refused'; readonly circuit: Circuit };

/** How old what a process knows of the circuits may be: one small query in this time, and only where models are asked. */
export const CACHE_MS = 1_000;
/** How long a worker that tries an open circuit keeps the others from trying. */
const PROBE_MS = 60_000;

/**
 * Circuit breakers, one for each model of a provider, shared by all workers through the database. They spare time and
 * money and keep no promise, so whatever is wrong with them never fails a turn.
 */
@Injectable()
export class ModelCircuits {
  private readonly logger = new Logger(ModelCircuits.name);
  private circuits: ReadonlyMap<string, StoredCircuit> = new Map();
  /** Long ago: to be read before it is used. */
  private readAt = -Infinity;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly repository: CircuitRepository,
    private readonly clock: Clock,
  ) {}

  async admit(target: ModelTarget): Promise<Pass> {
    await this.refresh();
    const circuit = this.circuits.get(keyOf(target));
    if (!circuit) return { kind: 'closed', suspected: false };
    if (circuit.waitMs === null) return { kind: 'closed', suspected: true };
    const due = circuit.waitMs <= this.age();
    if (due && (await this.harmless(() => this.repository.claimProbe(target, PROBE_MS)))) {
      this.remember({ ...circuit, waitMs: PROBE_MS });
      return { kind: 'probe' };
    }
    return { kind: 'refused', circuit };
  }

  /** The model answered, be it that it refused this one request. */
  async succeeded(target: ModelTarget, pass: Pass): Promise<void> {
    if (pass.kind === 'unwatched') return;
    if (pass.kind === 'closed') {
      // Whether a circuit that opened meanwhile is in order again its probe will tell.
      if (pass.suspected) await this.harmless(() => this.repository.forget(target));
      return;
    }
    const closed = await this.harmless(() => this.repository.close(target));
    this.readAt = -Infinity;
    if (closed) this.logger.log({ msg: 'model circuit closed', ...named(target) });
  }

  async failed(target: ModelTarget, pass: Pass, failure: CircuitFailure): Promise<void> {
    // Forced: it is open already, and one more failure tells nothing new.
    if (pass.kind === 'unwatched' || pass.kind === 'forced') return;
    const isProbe = pass.kind === 'probe';
    const changed = await this.harmless(() =>
      this.repository.change(target, (before) =>
        isOpen(before) && !isProbe ? null : afterFailure(before, failure),
      ),
    );
    if (!changed?.after) return;
    this.remember(changed.after);
    if (isOpen(changed.before) || !isOpen(changed.after)) return;
    const { code, waitMs } = changed.after;
    this.logger.warn({ msg: 'model circuit opened', ...named(target), code, openMs: waitMs });
  }

  /** The call was broken off from this side, and says nothing about the model. */
  async abandoned(target: ModelTarget, pass: Pass): Promise<void> {
    if (pass.kind !== 'probe') return;
    await this.harmless(() => this.repository.giveBackProbe(target));
    this.readAt = -Infinity;
  }

  private async refresh(): Promise<void> {
    if (this.age() < CACHE_MS) return;
    this.reading ??= this.read().finally(() => (this.reading = null));
    await this.reading;
  }

  private async read(): Promise<void> {
    const all = await this.harmless(() => this.repository.all());
    this.circuits = new Map((all ?? []).map((circuit) => [keyOf(circuit), circuit]));
    this.readAt = this.clock.monotonicMs();
  }

  /** What this process did itself it need not read to know. */
  private remember(circuit: StoredCircuit): void {
    this.circuits = new Map([...this.circuits, [keyOf(circuit), circuit]]);
  }

  private age(): number {
    return this.clock.monotonicMs() - this.readAt;
  }

  private async harmless<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.logger.warn({ msg: 'model circuits not reachable', error: messageOf(error) });
      return null;
    }
  }
}

const isOpen = (circuit: Circuit | null): boolean => circuit !== null && circuit.waitMs !== null;
const keyOf = ({ provider, model }: ModelTarget): string => JSON.stringify([provider, model]);
const named = ({ provider, model }: ModelTarget) => ({ provider, model });
