import { setTimeout as pause } from 'node:timers/promises';
import type { Environment } from '../../src/config/read-settings.js';
import { type ChildApp, startChildApp } from './child-app.js';

/** As a supervisor waits before it starts a process anew. */
const RESTART_AFTER_MS = 500;

/** The product in a process of its own, started anew whenever it ends. */
export class SupervisedApp {
  /** How its processes have ended, without having been asked to. */
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
