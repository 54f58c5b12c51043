import fc from 'fast-check';
import { exceedsDepth } from '../../../../core/protocol/socketio/depth.js';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

it('counts levels, not brackets: whatever stands in strings', () => {
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.stringMatching(/^["\\[\]{}a]*$/),
      fc.integer(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^["\\[\]{}a]{0,4}$/), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 6 }), (each, maxDepth) => {
      expect(exceedsDepth(JSON.stringify(each), maxDepth)).toBe(depthOf(each) > maxDepth);
    }),
  );
});

it.each(['[[[[[[', '"[[[[[[', ']]]][[[', '\\"[[[['])('is bounded for what is not JSON: %s', (text) => {
  expect(typeof exceedsDepth(text, 2)).toBe('boolean');
});
