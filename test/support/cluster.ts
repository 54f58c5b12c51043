// Nodes of a cluster in one process, on a network in memory, under a clock that the test moves.

import { type MemoryBus, MemoryNetwork } from '../../core/cluster/memory-bus.js';
import { ClusterNode, type ClusterNodeOptions } from '../../core/cluster/node.js';
import { TestClock } from './test-clock.js';

export interface TestNode {
  readonly node: ClusterNode;
  readonly bus: MemoryBus;
  /** What its observers were told. */
  readonly heard: string[];
  readonly errors: Error[];
}

export class TestCluster {
  readonly clock = new TestClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly nodes: TestNode[] = [];

  /** A node that takes part, and whom the others know. */
  async join(options: Partial<ClusterNodeOptions> = {}): Promise<TestNode> {
    const joined = this.make(options);
    await this.during(joined.node.open());
    return joined;
  }

  /** A node that nobody opened yet. */
  make(options: Partial<ClusterNodeOptions> = {}): TestNode {
    const bus = this.network.connect();
    const node = new ClusterNode(bus, { clock: this.clock, ...options });
    const heard: string[] = [];
    const errors: Error[] = [];
    node.observe({
      onMember: (member) => heard.push(`member ${this.nameOf(member.id)}`),
      onLeave: (member, reason) => heard.push(`leave ${this.nameOf(member.id)} ${reason}`),
      onDown: (error) => heard.push(`down ${error.message}`) > 0,
      onUp: (dropped) => heard.push(`up ${dropped}`),
      onError: (error) => errors.push(error) > 0,
    });
    const made = { node, bus, heard, errors };
    this.nodes.push(made);
    return made;
  }

  nameOf(id: string): string {
    return `${this.nodes.findIndex(({ node }) => node.id === id)}`;
  }

  /** Lets everything happen that can happen without time going by. */
  async settle(): Promise<void> {
    do {
      this.clock.endTurns();
      // Whoever awaits something goes on.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.clock.isTurnOpen);
  }

  /** Moves the time, but lets nobody sleep through it. */
  async advance(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 100) {
      this.clock.advance(Math.min(left, 100));
      await this.settle();
    }
  }

  /** The outcome of something that needs turns of the network. */
  async during<Value>(promise: Promise<Value>): Promise<Value> {
    await this.settle();
    return promise;
  }
}
