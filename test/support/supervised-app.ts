import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { type ChildApp, startChildApp } from './child-app.js';

/** A supervisor's pause before it starts a new process. */
const RESTART_AFTER_MS = 500;

/** The product in a process of its own, restarted whenever it ends. */
export class SupervisedApp {
  /** The unrequested ends of its processes. */
  readonly deaths: string[] = [];
  private closed = false;

  private constructor(
    private readonly env: Environment,
    private readonly tools: string,
    private app: ChildApp,
  ) {
    void this.supervise();
  }

  /** @param tools see `startChildApp` */
  static async start(env: Environment, tools: string): Promise<SupervisedApp> {
    return new SupervisedApp(env, tools, await startChildApp(env, undefined, tools));
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.app.kill();
  }

  private async supervise(): Promise<void> {
    for (;;) {
      const how = await this.app.ended;
      if (this.closed) return;
      this.deaths.push(how);
      await pause(RESTART_AFTER_MS);
      this.app = await startChildApp(this.env, undefined, this.tools);
      if (this.closed) return await this.app.kill();
    }
  }
}
