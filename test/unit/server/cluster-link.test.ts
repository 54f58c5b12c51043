import { ClusterLink } from '../../../core/server/cluster-link.js';
import { TestCluster } from '../../support/cluster.js';

const bytes = (text: string) => Buffer.from(text);

function linkOf(id = 'local') {
  const reported: unknown[] = [];
  return { link: new ClusterLink(id, (error) => reported.push(error)), reported };
}

describe('without a node', () => {
  test('nobody else is there, and nobody answers', async () => {
    const { link } = linkOf();
    expect([link.id, link.members, link.isClustered]).toEqual(['local', [], false]);
    link.handle('x', () => bytes('answer'));
    expect(await link.request('x', bytes(''))).toEqual({ answers: new Map(), unable: [], missing: [] });
  });

  test('what is published reaches this process; a listener that throws is reported, and others still hear', () => {
    const { link, reported } = linkOf();
    const heard: string[] = [];
    link.subscribe('c', () => {
      throw new Error('broken');
    });
    const stop = link.subscribe('c', (payload, from) => heard.push(`${payload} from ${from}`));
    link.publish('c', bytes('a'));
    stop();
    link.publish('c', bytes('b'));
    expect(heard).toEqual(['a from local']);
    expect(reported.length).toBe(2);
  });
});

describe('with nodes', () => {
  async function create() {
    const cluster = new TestCluster();
    const { node: one } = cluster.make();
    const { node: two } = cluster.make();
    const links = [linkOf().link, linkOf().link] as const;
    await links[0].setNode(one);
    await links[1].setNode(two);
    return { cluster, one, two, links };
  }

  test('they are opened by the first registration, ask each other, and hear of each other', async () => {
    const { cluster, one, two, links } = await create();
    const seen: string[] = [];
    links[0].observe({ joined: (id) => seen.push(`+${id === two.id}`), left: (id) => seen.push(`-${id === two.id}`) });
    links[1].handle('double', (payload) => bytes(`${payload}${payload}`));
    await cluster.settle();
    expect([links[0].id, links[0].members, links[0].isClustered]).toEqual([one.id, [two.id], true]);
    const { answers } = await cluster.during(links[0].request('double', bytes('a')));
    expect(String(answers.get(two.id))).toBe('aa');
    await cluster.during(links[1].close());
    expect(seen).toEqual(['+true', '-true']);
  });

  test('a name is handled once, and again when it was taken back', async () => {
    const { links } = await create();
    const stop = links[0].handle('x', () => bytes(''));
    expect(() => links[0].handle('x', () => bytes(''))).toThrow('requests named "x" are handled already');
    stop();
    stop();
    expect(() => links[0].handle('x', () => bytes(''))).not.toThrow();
  });

  test('what is published reaches all who subscribe, in order, this node included', async () => {
    const { cluster, one, links } = await create();
    const heard: string[][] = [[], []];
    const stops = links.map((link, i) =>
      link.subscribe('c', (payload, from) => heard[i]!.push(`${payload} ${from === one.id}`)),
    );
    await cluster.settle();
    for (const text of ['a', 'b']) links[0].publish('c', bytes(text));
    await cluster.settle();
    stops[1]!();
    links[0].publish('c', bytes('c'));
    await cluster.settle();
    expect(heard).toEqual([
      ['a true', 'b true', 'c true'],
      ['a true', 'b true'],
    ]);
  });

  test('what is registered moves to another node', async () => {
    const { cluster, two, links } = await create();
    links[1].handle('who', () => bytes('two'));
    const heard: string[] = [];
    links[1].subscribe('c', (payload) => heard.push(`${payload}`));
    await cluster.settle();
    const { node: three } = cluster.make();
    await cluster.during(links[1].setNode(three));
    await cluster.settle();
    expect(links[0].members).not.toContain(two.id);
    links[0].publish('c', bytes('a'));
    const { answers } = await cluster.during(links[0].request('who', bytes(''), { to: three.id }));
    expect(String(answers.get(three.id))).toBe('two');
    expect(heard).toEqual(['a']);
  });
});
