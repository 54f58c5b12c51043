// What a source file reaches for, read from its syntax tree: the modules it imports and the global timers it uses.
import { parseSync } from '@swc/core';

export interface Import {
  specifier: string;
  /** Gone when compiled: nothing is loaded, so it makes no cycle. */
  typeOnly: boolean;
}

export interface SourceFacts {
  imports: Import[];
  timers: string[];
}

const timers = new Set(['setTimeout', 'setInterval', 'setImmediate']);

interface Node {
  type: string;
  [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

export function readSource(source: string, path: string): SourceFacts {
  const facts: SourceFacts = { imports: [], timers: [] };
  const program = parseSync(source, {
    syntax: 'typescript',
    decorators: true,
    tsx: path.endsWith('x'),
    target: 'es2023',
  });
  visit(program as unknown as Node, facts);
  return facts;
}

function visit(node: Node, facts: SourceFacts): void {
  const add = (source: unknown, typeOnly: boolean): void => {
    facts.imports.push({ specifier: (source as { value: string }).value, typeOnly });
  };
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      // `import { type A }` stays as `import {}` under verbatimModuleSyntax: only `import type` is gone.
      if (node.source) return add(node.source, node.typeOnly === true);
      break;
    case 'TsImportType':
      return add(node.argument, true);
    case 'TsTypeQuery':
      return;
    case 'CallExpression':
      if ((node.callee as Node).type === 'Import') {
        const [first] = node.arguments as { expression: Node }[];
        if (first?.expression.type === 'StringLiteral') add(first.expression, false);
      }
      break;
    case 'MemberExpression': {
      // `clock.setTimeout` is somebody's method; `globalThis.setTimeout` is the timer.
      const object = node.object as Node;
      const property = node.property as Node;
      if (object.type === 'Identifier' && object.value === 'globalThis') visit(property, facts);
      visit(object, facts);
      if (property.type === 'Computed') visit(property, facts);
      return;
    }
    case 'Identifier':
      if (timers.has(node.value as string)) facts.timers.push(node.value as string);
      return;
  }
  for (const [field, value] of Object.entries(node)) {
    // The name of a method or property only says how it is called.
    if (field === 'key' && isNode(value) && value.type === 'Identifier') continue;
    for (const child of Array.isArray(value) ? value : [value]) visitValue(child, facts);
  }
}

/** Arguments and the like are wrapped in objects that are no nodes themselves. */
function visitValue(value: unknown, facts: SourceFacts): void {
  if (isNode(value)) visit(value, facts);
  else if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) visitValue(child, facts);
  }
}
