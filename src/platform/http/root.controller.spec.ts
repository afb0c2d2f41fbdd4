import { describe, expect, it } from 'vitest';
import { ServerSettings } from './server.settings.js';
import { RootController } from './root.controller.js';

const listed = (given: Partial<Pick<ServerSettings, 'nodeEnv' | 'role' | 'docsOpen' | 'metricsOpen'>>) =>
  Object.keys(new RootController(Object.assign(new ServerSettings(), given)).show());

describe('GET /', () => {
  it('lists every path that the process answers', () => {
    expect(listed({})).toEqual(['name', 'health', 'metrics', 'webhook', 'admin', 'docs', 'playground']);
    expect(listed({ role: 'worker' })).toEqual(['name', 'health', 'metrics']);
  });

  it('lists in production no path that is closed there', () => {
    expect(listed({ nodeEnv: 'production' })).toEqual(['name', 'health', 'webhook', 'admin']);
    const open = { nodeEnv: 'production', docsOpen: true, metricsOpen: true } as const;
    expect(listed(open)).toEqual(['name', 'health', 'metrics', 'webhook', 'admin', 'docs']);
  });
});
