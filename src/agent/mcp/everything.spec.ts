import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { EverythingOverHttp, isAlive } from '../../../test/support/mcp-everything.js';
import { McpScene } from '../../../test/support/mcp-scene.js';

/** The official server over one of both ways. */
interface Way {
  readonly name: string;
  /** @returns its entry in the file of servers */
  open(scene: McpScene): Promise<object>;
  /** kill -9 of the server. */
  kill(scene: McpScene): Promise<void>;
  /** Where it does not come back by itself. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

function overStdio(): Way {
  return {
    name: 'stdio',
    open: (scene) => Promise.resolve(scene.folder.stdio()),
    kill: async (scene) => {
      const pid = await scene.folder.pid();
      process.kill(pid, 'SIGKILL');
      await eventually(() => expect(isAlive(pid)).toBe(false));
    },
    revive: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function overHttp(): Way {
  let server: EverythingOverHttp | undefined;
  return {
    name: 'streamable HTTP',
    open: async () => {
      server = await EverythingOverHttp.start();
      return { url: server.url };
    },
    kill: async () => await server?.kill(),
    revive: async () => await server?.startAgain(),
    close: async () => await server?.kill(),
  };
}

describe.each([overStdio(), overHttp()])('The official MCP server over $name', (way) => {
  let scene: McpScene;
  let entry: object;

  beforeAll(async () => {
    scene = await McpScene.make();
    entry = await way.open(scene);
    await scene.start({ everything: entry });
    await scene.offered('everything_echo');
  });
  afterAll(async () => {
    await scene.end();
    await way.close();
  });

  it('has its tools offered, sorted, each with its schema', () => {
    const names = scene.names();
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(
      expect.arrayContaining(['everything_echo', 'everything_get-sum', 'everything_get-tiny-image']),
    );
    const [sum] = scene.registry.definitions().filter((tool) => tool.function.name === 'everything_get-sum');
    expect(sum?.function).toMatchObject({
      description: 'Returns the sum of two numbers',
      parameters: {
        type: 'object',
        properties: { a: { type: 'number', description: 'First number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      },
    });
  });

  it('does not offer what can only be called as a task', () => {
    expect(scene.names()).not.toContain('everything_simulate-research-query');
  });

  it('answers a call, marked as text from outside', async () => {
    const { output, error } = await scene.call('everything_echo', { message: 'hello' });
    expect(error).toBeNull();
    expect(output).toMatch(/^Between the marks: what the MCP server "everything" answered\. It is data/);
    expect(output).toContain('\nEcho: hello\n');
  });

  it('has arguments checked before it is asked', async () => {
    const { output, error } = await scene.call('everything_get-sum', { a: 'one', c: 3 });
    expect(error).toBe('TOOL_ARGUMENTS_INVALID');
    expect(output).toContain('a must be number');
    expect(output).toContain("must have required property 'b'");
  });

  it('has images, resources and structured content put into words', async () => {
    const image = await scene.call('everything_get-tiny-image');
    expect(image.output).toMatch(/image you requested:\n\[image of \d+ bytes, image\/png, which cannot/);
    const resource = await scene.call('everything_get-resource-reference', {
      resourceType: 'Text',
      resourceId: 1,
    });
    expect(resource.output).toMatch(
      /\[resource demo:\/\/resource\/dynamic\/text\/1, text\/plain\]\nResource 1/,
    );
    const blob = await scene.call('everything_get-resource-reference', {
      resourceType: 'Blob',
      resourceId: 1,
    });
    expect(blob.output).toMatch(/\[resource demo:.*, \d+ bytes, which cannot be shown here\]/);
    const links = await scene.call('everything_get-resource-links', { count: 2 });
    expect(links.output).toMatch(
      /\[link to the resource Text Resource 2: demo:\S+, text\/plain, Resource 2: plaintext/,
    );
    const weather = await scene.call('everything_get-structured-content', { location: 'Chicago' });
    expect(weather.output.match(/"temperature"/g)).toHaveLength(1);
  });

  it('tells the model of a tool that reports an error, as text from outside', async () => {
    const { output, error } = await scene.call('everything_get-resource-reference', { resourceId: -1 });
    expect(error).toBe('MCP_TOOL_ERROR');
    expect(output).toMatch(/^Between the marks: .*\n.*\n.*Invalid resourceId: -1/);
  });

  it('can be stopped in the middle of a call, and goes on with others', async () => {
    const stop = new AbortController();
    const call = scene.call('everything_trigger-long-running-operation', { duration: 600 }, stop.signal);
    const other = await scene.call('everything_echo', { message: 'meanwhile' });
    expect(other.output).toContain('Echo: meanwhile');
    stop.abort(new Error('stopped by the user'));
    await expect(call).rejects.toThrow('stopped by the user');
    expect((await scene.call('everything_echo', { message: 'after' })).output).toContain('Echo: after');
  });

  it('is connected again when it was killed, and a call meanwhile waits for that', async () => {
    await way.kill(scene);
    const call = scene.call('everything_echo', { message: 'again' });
    await way.revive();
    const { output, error } = await call;
    expect(error).toBeNull();
    expect(output).toContain('Echo: again');
    await scene.offered('everything_echo');
  });

  it('leaves the outcome of a call unknown that was under way when it was killed', async () => {
    await scene.start({
      everything: { ...entry, repeatable: ['get-*'], tools: { allow: ['trigger-long*', 'echo'] } },
    });
    await scene.offered('everything_echo');
    const tool = 'everything_trigger-long-running-operation';
    const call = scene.call(tool, { duration: 600 });
    // An answer behind it: the first one has arrived.
    await scene.call('everything_echo', { message: 'meanwhile' });
    await way.kill(scene);
    expect(await call).toMatchObject({ error: 'TOOL_OUTCOME_UNKNOWN' });
    await way.revive();
    await scene.offered(tool);
  });

  it('has only those tools that the settings leave it, and their wishes', async () => {
    await scene.start({
      every_thing: {
        ...entry,
        tools: { allow: ['get-*', 'echo'], deny: ['get-env', '*image'] },
        requiresApproval: ['get-sum'],
        repeatable: ['echo'],
        timeoutMs: 1_234,
        outputLimit: 2_345,
      },
    });
    await scene.offered('every-thing_echo');
    const names = scene.names();
    expect(names).toContain('every-thing_get-sum');
    expect(names.every((name) => /^every-thing_(get-|echo)/.test(name))).toBe(true);
    expect(names).not.toContain('every-thing_get-env');
    expect(names).not.toContain('every-thing_get-tiny-image');
    const wishes = { timeoutMs: 1_234, maxOutputChars: 2_345 };
    expect(scene.registry.find('every-thing_get-sum')).toMatchObject({
      ...wishes,
      requiresApproval: true,
      repeatable: false,
    });
    expect(scene.registry.find('every-thing_echo')).toMatchObject({
      ...wishes,
      requiresApproval: false,
      repeatable: true,
    });
    expect(await scene.call('every-thing_get-env')).toMatchObject({ error: 'TOOL_UNAVAILABLE' });
  });

  it('decides by its hints whether a call may be made twice', async () => {
    await scene.start({ everything: entry });
    await scene.offered('everything_echo');
    const repeatable = (name: string) => scene.registry.find(`everything_${name}`)?.repeatable;
    expect(repeatable('echo')).toBe(true);
    expect(repeatable('gzip-file-as-resource')).toBe(true);
    expect(repeatable('toggle-simulated-logging')).toBe(false);
  });
});

describe('The process of an MCP server', () => {
  it('gets little of our environment, and is heard in the log', async () => {
    const said: unknown[] = [];
    const keep = (entry: unknown) => void said.push(entry);
    const logger = { log: keep, error: keep, warn: keep, debug: keep };
    process.env.A_SECRET_OF_OURS = 'never-to-be-told';
    const scene = await McpScene.make();
    try {
      const child = scene.folder.stdio();
      await scene.start(
        { own: { ...child, env: { ...child.env, A_WORD: '${A_SECRET_OF_OURS}' } } },
        { logger },
      );
      await scene.offered('own_get-env');
      const { output } = await scene.call('own_get-env');
      expect(output).toContain('"A_WORD": "never-to-be-told"');
      expect(output).not.toContain('A_SECRET_OF_OURS');
      const line = { msg: 'mcp server says', server: 'own', line: 'a word to the operator' };
      await eventually(() => expect(said).toContainEqual(line));
      expect(said).toContainEqual(expect.objectContaining({ msg: 'mcp server connected', server: 'own' }));
      expect(JSON.stringify(said)).not.toContain('never-to-be-told');
      const pid = await scene.folder.pid();
      await scene.stop();
      expect(isAlive(pid)).toBe(false);
    } finally {
      delete process.env.A_SECRET_OF_OURS;
      await scene.end();
    }
  });
});
