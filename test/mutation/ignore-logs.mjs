import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** The words of a log line, or of an error's message, are no promise. */
const ignoreLogs = {
  shouldIgnore({ node }) {
    if (node.type === 'CallExpression' && isLogger(node.callee)) return 'the words of a log line';
    if (node.type === 'NewExpression' && (node.callee.name ?? '').endsWith('Error'))
      return 'the words of an error';
    return undefined;
  },
};

const isLogger = ({ type, object }) =>
  type === 'MemberExpression' && (object.name === 'logger' || object.property?.name === 'logger');

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'logs', ignoreLogs)];
