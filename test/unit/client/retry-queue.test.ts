import { type RetryEntry, RetryQueue } from '../../../core/client/retry-queue.js';

function create(retries: number, window = 1) {
  const sent: number[] = [];
  const outcomes: string[] = [];
  const link = { size: window, window: () => link.size, transmit: (entry: RetryEntry) => sent.push(entry.packet.id!) };
  const queue = new RetryQueue(retries, link);
  const push = (...ids: number[]) => {
    for (const id of ids) {
      queue.entries.push({
        packet: { type: 2, nsp: '/', data: ['e'], id },
        messages: [],
        timeout: undefined,
        settle: (error, answer) => outcomes.push(`${id}: ${error ? error.message : answer.join()}`),
        tries: 0,
        pending: false,
      });
    }
    queue.drain();
  };
  const entry = (id: number) => queue.entries.find((each) => each.packet.id === id)!;
  const answer = (id: number) => queue.onOutcome(entry(id), null, ['ok']);
  const fail = (id: number) => queue.onOutcome(entry(id), new Error('lost'), []);
  const taken = () => sent.splice(0);
  return { link, queue, push, answer, fail, taken, outcomes };
}

describe('RetryQueue', () => {
  test('one at a time where repetitions would run twice', () => {
    const { push, answer, taken, outcomes } = create(3);
    push(1, 2, 3);
    expect(taken()).toEqual([1]);
    answer(1);
    expect(taken()).toEqual([2]);
    answer(2);
    answer(3);
    expect(taken()).toEqual([3]);
    expect(outcomes).toEqual(['1: ok', '2: ok', '3: ok']);
  });

  test('as many as the window allows, and answers in any order', () => {
    const { push, answer, taken, outcomes, queue } = create(3, 3);
    push(1, 2, 3, 4, 5);
    expect(taken()).toEqual([1, 2, 3]);
    answer(2);
    expect(taken()).toEqual([4]);
    answer(1);
    expect(taken()).toEqual([5]);
    for (const id of [5, 3, 4]) answer(id);
    expect(outcomes).toEqual(['2: ok', '1: ok', '5: ok', '3: ok', '4: ok']);
    expect(queue.entries).toEqual([]);
  });

  test('after the loss of the connection everything goes again, from the first on', () => {
    const { push, answer, fail, taken, link } = create(3, 3);
    push(1, 2, 3, 4);
    answer(2);
    taken();
    link.size = 0;
    for (const id of [1, 3, 4]) fail(id);
    expect(taken()).toEqual([]);
    link.size = 3;
    push();
    expect(taken()).toEqual([1, 3, 4]);
  });

  test('a window that shrinks holds back, and nothing is sent twice', () => {
    const { push, answer, taken, link } = create(3, 4);
    push(1, 2, 3, 4, 5);
    taken();
    link.size = 1;
    answer(1);
    expect(taken()).toEqual([]);
    for (const id of [2, 3, 4]) answer(id);
    expect(taken()).toEqual([5]);
  });

  test('a try that fails is repeated at once while there is a connection', () => {
    const { push, fail, taken, outcomes } = create(2);
    push(1);
    fail(1);
    fail(1);
    expect(taken()).toEqual([1, 1, 1]);
    expect(outcomes).toEqual([]);
    fail(1);
    expect(outcomes).toEqual(['1: lost']);
    expect(taken()).toEqual([]);
  });

  test('the next one goes when one is given up', () => {
    const { push, fail, taken, outcomes } = create(0);
    push(1, 2);
    fail(1);
    fail(2);
    expect(taken()).toEqual([1, 2]);
    expect(outcomes).toEqual(['1: lost', '2: lost']);
  });

  test('whoever is settled may emit again', () => {
    const { push, answer, taken, queue } = create(1);
    let again = true;
    push(1);
    const first = queue.entries[0] as { settle: RetryEntry['settle'] };
    first.settle = () => {
      if (again) push(2);
      again = false;
    };
    answer(1);
    expect(taken()).toEqual([1, 2]);
    answer(2);
    expect(queue.entries).toEqual([]);
  });
});
