import { describe, expect, it } from 'vitest';
import { ServerSettings } from '../config/server.settings.js';
import { RootController } from './root.controller.js';

const told = (given: Partial<Pick<ServerSettings, 'nodeEnv' | 'role' | 'docsOpen' | 'metricsOpen'>>) =>
  Object.keys(new RootController(Object.assign(new ServerSettings(), given)).show());

describe('GET /', () => {
  it('tells where everything is that the process answers', () => {
    expect(told({})).toEqual(['name', 'health', 'metrics', 'webhook', 'admin', 'docs', 'playground']);
    expect(told({ role: 'worker' })).toEqual(['name', 'health', 'metrics']);
  });

  it('names in production nothing that is closed there', () => {
    expect(told({ nodeEnv: 'production' })).toEqual(['name', 'health', 'webhook', 'admin']);
    const open = { nodeEnv: 'production', docsOpen: true, metricsOpen: true } as const;
    expect(told(open)).toEqual(['name', 'health', 'metrics', 'webhook', 'admin', 'docs']);
  });
});
