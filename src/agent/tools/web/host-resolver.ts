import { Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';

/** Asks the DNS itself, not the system: no hosts file, no search domains, no wait in the thread pool. */
@Injectable()
export class HostResolver {
  /**
   * Every address of the name, IPv4 first; empty without an address or an answer.
   * @throws the reason of `signal`
   */
  async addresses(name: string, signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    const resolver = this.resolver();
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      signal.throwIfAborted();
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** A new one for each question, so that it uses the current servers and is cancelled alone. */
  protected resolver(): Resolver {
    return new Resolver({ timeout: 3_000, tries: 2 });
  }
}
