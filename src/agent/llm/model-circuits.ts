import { Injectable, Logger } from '@nestjs/common';
import type { ModelTarget } from './model-target.js';
import { messageOf } from '../../platform/errors/errors.js';
import { Clock } from '../../platform/runtime/clock.js';
import { circuitAfterFailure, type Circuit, type CircuitFailure } from './circuit.js';
import { CircuitRepository, type StoredCircuit } from './circuit.repository.js';

/**
 * The right to ask a model; its outcome is reported with it. `forced`: despite an open circuit; `unwatched`: whatever
 * the circuit's state, and without an effect on it.
 */
export type Pass =
  | { readonly kind: 'unwatched' }
  | { readonly kind: 'closed'; readonly suspected: boolean }
  | { readonly kind: 'probe' }
  | { readonly kind: 'forced' }
  | { readonly kind: 'refused'; readonly circuit: Circuit };

/**
 * The longest age of a process's copy of the circuits: one small query in this time, and only where models are asked.
 */
export const CACHE_MS = 1_000;
/** How long a worker that tries an open circuit keeps the others from trying. */
const PROBE_MS = 60_000;

/**
 * Circuit breakers, one for each model of a provider, shared by all workers through the database. They save time and
 * money and keep no promise, so a failure of theirs never fails a turn.
 */
@Injectable()
export class ModelCircuits {
  private readonly logger = new Logger(ModelCircuits.name);
  private circuits: ReadonlyMap<string, StoredCircuit> = new Map();
  /** Outdated: it must be read before it is used. */
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

  /** The model answered, even if it refused this one request. */
  async succeeded(target: ModelTarget, pass: Pass): Promise<void> {
    if (pass.kind === 'unwatched') return;
    if (pass.kind === 'closed') {
      // The probe decides whether a circuit that opened meanwhile has recovered.
      if (pass.suspected) await this.harmless(() => this.repository.forget(target));
      return;
    }
    const closed = await this.harmless(() => this.repository.close(target));
    this.readAt = -Infinity;
    if (closed) this.logger.log({ msg: 'model circuit closed', ...named(target) });
  }

  async failed(target: ModelTarget, pass: Pass, failure: CircuitFailure): Promise<void> {
    // Forced: it is open already, and one more failure adds nothing.
    if (pass.kind === 'unwatched' || pass.kind === 'forced') return;
    const isProbe = pass.kind === 'probe';
    const changed = await this.harmless(() =>
      this.repository.change(target, (before) =>
        isOpen(before) && !isProbe ? null : circuitAfterFailure(before, failure),
      ),
    );
    if (!changed?.after) return;
    this.remember(changed.after);
    if (isOpen(changed.before) || !isOpen(changed.after)) return;
    const { code, waitMs } = changed.after;
    this.logger.warn({ msg: 'model circuit opened', ...named(target), code, openMs: waitMs });
  }

  /** This side aborted the call, which says nothing about the model. */
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

  /** A process knows its own changes without reading them. */
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
