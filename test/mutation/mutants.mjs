// Small ways to break a file: each mutant replaces one range of its text by another.
import { parse } from '@babel/parser';

/** @typedef {{ start: number, end: number, line: number, text: string, kind: string }} Mutant */

const comparisons = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
};
const arithmetic = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '^': '&',
  '<<': '>>',
  '>>': '<<',
  '>>>': '<<',
};
const logical = { '&&': '||', '||': '&&', '??': '&&' };
const assignments = { '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=', '|=': '&=', '&=': '|=', '??=': '=' };

/** What only the compiler sees, or what has no behaviour of its own. */
const skipped = /^(TS(?!NonNull|As|Satisfies|ParameterProperty)|Import|ExportAll|Decorator)/;

/** What `DEBUG` prints is for people, and no test reads it word by word. */
function isLogLine(node) {
  if (node.type === 'CallExpression') return node.callee.name === 'debug';
  return node.type === 'IfStatement' && node.test.object?.name === 'debug';
}

/**
 * All mutants of a TypeScript source, in order.
 *
 * @param {string} source
 * @returns {Mutant[]}
 */
export function mutantsOf(source) {
  const mutants = [];
  const add = (node, text, kind, start = node.start, end = node.end) => {
    if (source.slice(start, end) !== text) mutants.push({ start, end, line: node.loc.start.line, text, kind });
  };
  const textOf = (node) => source.slice(node.start, node.end);
  const test = (node) => {
    if (node == null || node.type === 'BooleanLiteral') return;
    add(node, 'true', 'condition');
    add(node, 'false', 'condition');
  };
  /** The operator between two operands. */
  const operator = (node, text, kind) => {
    const at = source.indexOf(node.operator, node.left.end);
    add(node, text, kind, at, at + node.operator.length);
  };
  const body = (block) => {
    if (block?.type === 'BlockStatement' && block.body.length > 0) add(block, '{}', 'block');
  };

  const visitors = {
    IfStatement(node) {
      test(node.test);
      body(node.consequent);
    },
    ConditionalExpression(node) {
      test(node.test);
    },
    WhileStatement(node) {
      add(node.test, 'false', 'condition');
    },
    DoWhileStatement(node) {
      add(node.test, 'false', 'condition');
    },
    ForStatement(node) {
      if (node.test) add(node.test, 'false', 'condition');
      body(node.body);
    },
    ForOfStatement(node) {
      body(node.body);
    },
    FunctionDeclaration(node) {
      body(node.body);
    },
    FunctionExpression(node) {
      body(node.body);
    },
    ArrowFunctionExpression(node) {
      if (node.body.type === 'BlockStatement') body(node.body);
      else if (!/^(Identifier|.*Literal)$/.test(node.body.type)) add(node.body, 'undefined', 'arrow');
    },
    ClassMethod(node) {
      body(node.body);
    },
    ClassPrivateMethod(node) {
      body(node.body);
    },
    ObjectMethod(node) {
      body(node.body);
    },
    BinaryExpression(node) {
      for (const other of comparisons[node.operator] ?? []) operator(node, other, 'comparison');
      const other = arithmetic[node.operator];
      const isText = [node.left, node.right].some(({ type }) => /^(StringLiteral|TemplateLiteral)$/.test(type));
      if (other !== undefined && !isText) operator(node, other, 'arithmetic');
    },
    LogicalExpression(node) {
      operator(node, logical[node.operator], 'logic');
    },
    AssignmentExpression(node) {
      const other = assignments[node.operator];
      if (other !== undefined) operator(node, other, 'assignment');
    },
    UpdateExpression(node) {
      const other = node.operator === '++' ? '--' : '++';
      add(node, node.prefix ? other + textOf(node.argument) : textOf(node.argument) + other, 'update');
    },
    UnaryExpression(node) {
      if (node.operator === '!') add(node, textOf(node.argument), 'negation');
      if (node.operator === '-' || node.operator === '~') add(node, textOf(node.argument), 'negation');
    },
    BooleanLiteral(node) {
      add(node, node.value ? 'false' : 'true', 'boolean');
    },
    StringLiteral(node, parent, key) {
      if (parent.type === 'ExpressionStatement' || (key === 'key' && !parent.computed)) return;
      add(node, node.value === '' ? "'mutated'" : "''", 'string');
    },
    TemplateLiteral(node) {
      add(node, '``', 'string');
    },
    ArrayExpression(node) {
      if (node.elements.length > 0) add(node, '[]', 'array');
    },
    ObjectExpression(node) {
      if (node.properties.length > 0) add(node, '({})', 'object');
    },
    OptionalMemberExpression(node) {
      if (node.optional) add(node, textOf(node).replace('?.', node.computed ? '' : '.'), 'optional');
    },
    CallExpression(node, parent) {
      if (parent.type === 'ExpressionStatement' && node.callee.type !== 'Super') add(node, 'undefined', 'call');
    },
  };

  const walk = (node, parent, key) => {
    if (skipped.test(node.type) || node.declare === true) return;
    if (isLogLine(node)) return;
    visitors[node.type]?.(node, parent, key);
    for (const [name, value] of Object.entries(node)) {
      if (/^(loc|start|end|extra|errors|comments|tokens|leadingComments|trailingComments|innerComments)$/.test(name))
        continue;
      if (name === 'source' && /^Export/.test(node.type)) continue;
      for (const child of Array.isArray(value) ? value : [value])
        if (typeof child?.type === 'string') walk(child, node, name);
    }
  };
  const plugins = ['typescript', 'decorators-legacy'];
  walk(parse(source, { sourceType: 'module', plugins }).program, { type: 'File' }, 'program');
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end || (a.text < b.text ? -1 : 1));
}
